"""What ticket systems were not told: said plainly, and settled by a person."""

import pytest
from sqlalchemy import select

from service_desk.incidents.model import Incident, Outbox
from service_desk.remote.model import RemoteTicket

pytestmark = pytest.mark.dialects("sqlite")
PUMP = "ble:pump-117"


@pytest.fixture
def incident(hospital):
    now = hospital.clock.now()
    with hospital.database.write() as session:
        incident = Incident(key="1:pump:1", title="Pump 117 needs mains", priority="medium", opened=now)
        session.add(incident)
        session.flush()
        common = {"incident_id": incident.id, "what": "opened", "at": now, "created": now, "due": now, "attempts": 1}
        session.add_all(
            [
                Outbox(key="a", sink="jira", error="No answer came", **common),
                Outbox(key="b", sink="rt", refused="rt.example says 422: no such queue", **common),
                RemoteTicket(
                    incident_id=incident.id, sink="jira", key="wk-01", trying="create", tried=now, unconfirmed=True
                ),
            ]
        )
        return incident.id


def rows(hospital, table):
    with hospital.database.read() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_all_is_well(signed_in, hospital):
    assert "Every ticket system was told everything" in signed_in("it_agent").get("/outbox").text


def test_a_person_is_told_what_to_look_for_and_says_that_it_is_there(signed_in, hospital, incident):
    client = signed_in("it_agent")
    said = client.get("/outbox").text
    assert "One ticket may or may not be there" in said
    assert "wk-01" in said
    assert "no such queue" in said
    (ticket,) = rows(hospital, RemoteTicket)
    client.post(f"/outbox/{ticket.id}/there", data={"csrf": client.csrf, "ticket": "FAC-7"})
    (ticket,) = rows(hospital, RemoteTicket)
    assert (ticket.number, ticket.unconfirmed, ticket.trying, ticket.told) == ("FAC-7", False, "", ["create"])
    assert "One message was refused" in client.get("/outbox").text


def test_or_that_it_is_not_and_it_is_sent_again(signed_in, hospital, incident):
    client = signed_in("biomed")
    (ticket,) = rows(hospital, RemoteTicket)
    client.post(f"/outbox/{ticket.id}/not-there", data={"csrf": client.csrf})
    (ticket,) = rows(hospital, RemoteTicket)
    assert (ticket.number, ticket.unconfirmed, ticket.trying, ticket.told) == ("", False, "", [])
    answer = client.post(f"/outbox/{ticket.id}/not-there", data={"csrf": client.csrf})
    assert answer.status_code == 404, "somebody has said so already"


def test_what_was_refused_is_sent_again(signed_in, hospital, incident):
    client = signed_in("it_agent")
    letter = next(row for row in rows(hospital, Outbox) if row.refused)
    client.post(f"/outbox/{letter.id}/again", data={"csrf": client.csrf})
    assert not [row for row in rows(hospital, Outbox) if row.refused]


def test_an_auditor_looks_only(signed_in, hospital, incident):
    said = signed_in("auditor").get("/outbox").text
    assert "wk-01" in said
    assert "It is not: send it again" not in said


def test_a_ticket_says_where_else_it_is(signed_in, hospital, ward):
    ward.alarm(PUMP, "battery", 12.0, below=30)
    (number,) = ward.tickets()
    with hospital.database.write() as session:
        incident = session.scalars(select(Incident)).one()
        session.add(
            RemoteTicket(
                incident_id=incident.id,
                sink="rt",
                key="wk-02",
                number="4711",
                url="https://rt.example/4711",
                state="open",
                assignee="okafor",
                checked=hospital.clock.now(),
            )
        )
    said = signed_in("biomed").get(f"/tickets/{number}").text
    assert '<a href="https://rt.example/4711" rel="noreferrer">4711</a>, open, okafor has it' in said


def test_good_to_look_at(page, server, hospital, incident, good_to_look_at):
    server.enter(page, "it_agent")
    good_to_look_at(page, f"{server.url}/outbox")
