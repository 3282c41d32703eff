"""Tickets: the queue, a request, and one ticket with its conversation, its next step and its frozen evidence."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from dashboards.pages.tickets import next_step
from service_desk.alarms.model import Alarm
from service_desk.incidents.model import Incident
from service_desk.tickets import desk
from service_desk.tickets.model import Ticket
from tests.dashboards.conftest import AIR, OXIMETER

WARM = {"above": 8.0, "below": 2.0, "priority": "high", "incident": "The room {room} is warm"}


@pytest.fixture
def warm(ward):
    """The number of a ticket that opened itself."""
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    return ward.tickets()[0]


@pytest.fixture
def request_for(hospital):
    """Opens a request: `request_for("Bed 4 does not lower")`."""

    def open_it(title, priority="medium", ago=timedelta()):
        with hospital.database.write() as session:
            return desk.create_request(
                session, desk.Wish(title, priority), "", "clinician", hospital.clock.now() - ago
            ).number

    return open_it


def ticket_of(hospital, number):
    with hospital.database.read() as session:
        return session.scalars(select(Ticket).where(Ticket.number == number)).one()


def test_an_empty_queue_says_how_tickets_come(signed_in):
    page = signed_in("it_agent").get("/tickets").text
    assert "No ticket is open" in page
    assert "An alarm opens one by itself" in page


def test_the_queue_counts_who_has_nobody_and_what_is_late(signed_in, warm, request_for):
    request_for("Bed 4 does not lower", ago=timedelta(days=2))
    client = signed_in("it_agent")
    page = client.get("/tickets").text
    assert "Two open tickets, two without a person; one late" in page
    assert page.index("The room 4.12 is warm") < page.index("Bed 4 does not lower")
    assert "Bed 4 does not lower" not in client.get("/tickets?priority=high").text
    assert "The room 4.12 is warm" not in client.get("/tickets?show=late").text
    assert "Bed 4 does not lower" in client.get("/tickets?q=lower").text
    newest = client.get("/tickets?sort=due").text
    assert newest.index("Bed 4 does not lower") < newest.index("The room 4.12 is warm")
    assert "No ticket is like that." in client.get("/tickets?show=mine").text


def test_evidence_is_drawn_and_told(signed_in, warm):
    page = signed_in("biomed").get(f"/tickets/{warm}").text
    assert "Evidence, frozen 07:42:00 CET" in page
    assert "above 8.0\u00a0°C from 07:33" in page
    assert page.count('<circle class="pt high"') >= 8
    assert "Temperature from 06:42 to 07:42:00: between 5.0\u00a0°C and 27.4\u00a0°C" in page
    for block in ("Where", "The room then", "Nearest spare", "Versions", "Last tickets", "Who was told"):
        assert f"<h3>{block}</h3>" in page
    assert "4.12 Isolation room" in page


def test_evidence_stays_frozen_and_what_came_after_is_thinner(signed_in, warm, hospital):
    client = signed_in("biomed")
    assert 'class="after"' not in client.get(f"/tickets/{warm}").text
    hospital.clock.advance(1200)
    hospital.measure(AIR, "temperature", 29.0)
    page = client.get(f"/tickets/{warm}").text
    assert 'class="after"' in page
    assert "since then" in page
    assert "between 5.0\u00a0°C and 27.4\u00a0°C" in page


def test_a_door_is_drawn_as_a_lane(signed_in, ward):
    ward.alarm(AIR, "door_open", value=True, equals=True, priority="high", title="Door of {room} open")
    page = signed_in("biomed").get(f"/tickets/{ward.tickets()[0]}").text
    assert "open since 07:33" in page


def test_a_request_has_no_evidence_and_says_why(signed_in, request_for):
    page = signed_in("biomed").get(f"/tickets/{request_for('Bed 4 does not lower')}").text
    assert "A person opened this." in page


@pytest.mark.parametrize("ref", ["W-9999", "4711", "nonsense", "9" * 40])
def test_a_ticket_that_is_not_there(signed_in, ref):
    answer = signed_in("biomed").get(f"/tickets/{ref}")
    assert answer.status_code == 404
    assert "Go to the overview" in answer.text


def test_take_answers_the_alarm_and_the_promise(signed_in, warm, hospital):
    client = signed_in("biomed")
    found = ticket_of(hospital, warm)
    client.post(f"/tickets/{found.id}/take", data={"csrf": client.csrf})
    found = ticket_of(hospital, warm)
    assert (found.assignee_id, found.state) == (hospital.people["biomed"], "open")
    assert found.answered == hospital.clock.now()
    with hospital.database.read() as session:
        assert all(session.scalars(select(Alarm.acknowledged)))


@pytest.mark.parametrize(
    "state, assignee, expected",
    [
        ("new", None, "take"),
        ("open", 1, "solve"),
        ("open", 2, ""),
        ("waiting", 1, "solve"),
        ("solved", 1, "close"),
        ("closed", 1, ""),
    ],
)
def test_one_next_step(state, assignee, expected):
    assert next_step(Ticket(state=state, assignee_id=assignee), None, 1) == expected


def test_a_closed_ticket_cannot_be_written_to(signed_in, request_for, hospital):
    found = ticket_of(hospital, request_for("Bed 4 does not lower"))
    client = signed_in("it_agent")
    for state in ("solved", "closed"):
        client.post(f"/tickets/{found.id}/state", data={"csrf": client.csrf, "to": state})
    answer = client.post(f"/tickets/{found.id}/comment", data={"csrf": client.csrf, "text": "hello"})
    assert answer.status_code == 409
    assert "closed; open a new request" in answer.text
    page = client.get(f"/tickets/{found.number}").text
    assert "this ticket is history" in page
    assert "/comment" not in page


def test_who_only_asks_can_send_a_request_and_gets_its_number(signed_in, hospital):
    client = signed_in("requester")
    assert client.get("/tickets").status_code == 403
    answer = client.post("/tickets/new", data={"csrf": client.csrf, "title": "Light flickers", "about": "4.13"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/tickets/new?sent=W-")
    thanks = client.get(answer.headers["location"]).text
    assert "Sent: W-" in thanks
    found = ticket_of(hospital, answer.headers["location"].partition("=")[2])
    assert (found.kind, found.place_id) == ("request", hospital.places["4.13"])


@pytest.mark.parametrize(
    "wrong",
    [{"title": "  "}, {"title": "x" * 300}, {"title": "x", "about": "no such room"}, {"title": "x", "priority": "now"}],
)
def test_a_request_that_says_too_little_is_refused_with_the_reason(signed_in, wrong):
    client = signed_in("clinician")
    answer = client.post("/tickets/new", data={"csrf": client.csrf, **wrong})
    assert answer.status_code in (409, 422)
    assert "data-detail" in answer.text


def test_take_write_and_solve(page, server, warm):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/tickets")
    page.get_by_role("link", name="The room 4.12 is warm").click()
    expect(page).to_have_url(f"{server.url}/tickets/{warm}")
    page.get_by_role("button", name="Acknowledge and take it").click()
    talk = page.locator("#talk")
    expect(talk).to_contain_text("Biomed Person took it")
    expect(talk).to_contain_text("Biomed Person acknowledged")
    reply = page.get_by_label("Write to everybody on this ticket")
    reply.fill("On my way. Use nothing from F-07.")
    page.get_by_role("button", name="Send").click()
    expect(talk).to_contain_text("On my way. Use nothing from F-07.")
    expect(reply).to_have_value("")
    page.get_by_role("button", name="Solve").click()
    expect(page.locator("#why")).to_contain_text("now solved")
    expect(page.get_by_role("button", name="Close")).to_be_visible()


def test_what_another_writes_comes_by_itself_and_what_i_write_stays(page, server, warm, hospital):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/tickets/{warm}")
    expect(page.locator("#lamp")).to_contain_text("Live")
    page.get_by_label("Write to everybody on this ticket").fill("half a sentence")
    hospital.clock.advance(1)
    with hospital.database.write() as session:
        desk.comment(session, ticket_of(hospital, warm).id, "facilities", "The fan is back.", hospital.clock.now())
    expect(page.locator("#talk")).to_contain_text("The fan is back.")
    expect(page.get_by_label("Write to everybody on this ticket")).to_have_value("half a sentence")


def test_assign_to_another(page, server, warm):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/tickets/{warm}")
    page.locator("#next summary").click()
    page.get_by_label("Person", exact=True).select_option(label="Facilities Person, facilities")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#why")).to_contain_text("with Facilities Person")


def test_a_request_works_without_script(browser, server, hospital):
    with browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        server.enter(page, "clinician")
        page.goto(f"{server.url}/tickets/new")
        page.get_by_label("What is it, in a few words?").fill("Bed 4 does not lower")
        page.get_by_label("Where, or which asset?").fill("4.13")
        page.get_by_text("It can wait some days").click()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Bed 4 does not lower")
        page.get_by_role("button", name="Take it").click()
        expect(page.locator("#talk")).to_contain_text("Clinician Person took it")


def test_tickets_are_good_to_look_at(page, server, ward, request_for, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/tickets")
    ward.alarm(OXIMETER, "battery", 12.0, below=20.0, priority="low")
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    numbers = ward.tickets()
    request_for("New badge reader for the pharmacy door, please, the old one needs three tries every time", "high")
    good_to_look_at(page, f"{server.url}/tickets")
    good_to_look_at(page, f"{server.url}/tickets/{numbers[1]}")
    good_to_look_at(page, f"{server.url}/tickets/new")


def test_the_first_ticket_of_an_empty_queue_comes_by_itself_and_the_last_goes(page, server, ward, hospital):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/tickets")
    expect(page.get_by_text("An alarm opens one by itself")).to_be_visible()
    hospital.clock.advance(1)
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    number = ward.tickets()[0]
    expect(page.get_by_role("link", name="The room 4.12 is warm")).to_be_visible()
    hospital.clock.advance(1)
    with hospital.database.write() as session:
        desk.set_state(session, desk.by_number(session, number).id, "solved", "facilities", hospital.clock.now())
    expect(page.get_by_text("An alarm opens one by itself")).to_be_visible()


def test_an_alarm_that_does_not_belong_here_is_taken_apart_and_put_back(signed_in, ward, hospital):
    client = signed_in("biomed")
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    other = ward.alarm(AIR, "co2", 1400.0, above=1000.0)
    (number,) = dict.fromkeys(ward.tickets())
    assert "2 alarms, one cause" in client.get(f"/tickets/{number}").text
    hospital.clock.advance(1)
    form = {"csrf": client.csrf, "why": "another fan"}
    assert client.post(f"/alarms/{other}/apart", data=form).status_code == 303
    (own,) = ward.tickets()
    assert "Undo" in client.get(f"/tickets/{own}").text
    with hospital.database.read() as session:
        home = session.scalars(select(Incident.id).order_by(Incident.id)).first()
    hospital.clock.advance(1)
    assert client.post(f"/alarms/{other}/belongs", data=form | {"incident": home}).status_code == 303
    ward.tickets()
    assert "2 alarms, one cause" in client.get(f"/tickets/{number}").text
    assert f"saw that it belongs to {number}" in client.get(f"/tickets/{own}").text
