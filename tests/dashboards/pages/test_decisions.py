"""A ticket about isolation waits for the signature of who may release the room; a person cannot close it before."""

import pytest

from service_desk.alarms.model import Alarm
from service_desk.tickets import desk
from tests.dashboards.conftest import AIR, PASSWORD

PRESSURE = {"above": -2.5, "priority": "high", "title": "{room} is not isolating", "why": "Infectious air gets out"}

pytestmark = pytest.mark.dialects("sqlite")


@pytest.fixture
def lost(ward, hospital):
    """The number of the ticket of a room that lost its pressure and has it again."""
    number = ward.alarm(AIR, "differential_pressure", -0.4, **PRESSURE)
    ticket = ward.tickets()[0]
    with hospital.database.write() as session:
        session.get(Alarm, number).active = False
    return ticket


def sign(client, hospital, ticket, password=PASSWORD, decision="room released"):
    form = {"csrf": client.csrf, "decision": decision, "reason": "pressure back, room purged", "password": password}
    with hospital.database.read() as session:
        number = desk.by_number(session, ticket).id
    return client.post(f"/tickets/{number}/decide", data=form)


def test_the_ticket_says_who_decides_and_cannot_be_solved_before(signed_in, lost, hospital):
    biomed = signed_in("biomed")
    assert f">{lost}</a> waits for a decision" in biomed.get("/alarms").text
    page = biomed.get(f"/tickets/{lost}").text
    assert "it closes only after infection prevention or facilities has signed" in page
    assert "High because: Infectious air gets out." in page
    assert "Sign the decision" not in page
    with hospital.database.read() as session:
        number = desk.by_number(session, lost).id
    refused = biomed.post(f"/tickets/{number}/state", data={"csrf": biomed.csrf, "to": "solved"})
    assert "first signs what becomes of it" in refused.text
    assert "infection prevention or facilities" in sign(biomed, hospital, lost).text


def test_signed_with_the_password_it_can_be_closed(signed_in, lost, hospital):
    prevention = signed_in("infection_prevention")
    assert "Sign the decision" in prevention.get(f"/tickets/{lost}").text
    assert "not your password" in sign(prevention, hospital, lost, "guess").text
    assert sign(prevention, hospital, lost).status_code == 303
    page = prevention.get(f"/tickets/{lost}").text
    assert '<b class="b">Room released</b>: pressure back, room purged' in page
    assert "signed: room released" in page
    assert "waits for a decision" not in prevention.get("/alarms").text
    with hospital.database.write() as session:
        number = desk.by_number(session, lost).id
        assert desk.set_state(session, number, "solved", "biomed", hospital.clock.now()).state == "solved"


def test_it_is_good_to_look_at(page, server, lost, good_to_look_at):
    server.enter(page, "facilities")
    good_to_look_at(page, f"{server.url}/tickets/{lost}")
