"""A scanned label: what one thumb does, and takes back."""

from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import bump
from service_desk.tickets.model import Ticket
from tests.dashboards.conftest import PUMP_TAG


@pytest.fixture
def pump(hospital):
    return hospital.assets["P-117"]


def set_asset(hospital, asset_id, **fields):
    with hospital.database.write() as session:
        for name, value in fields.items():
            setattr(session.get(Asset, asset_id), name, value)
        bump(session)
    hospital.snapshots.refresh()


def tickets(hospital):
    with hospital.database.read() as session:
        return [(row.title, row.state) for row in session.scalars(select(Ticket).order_by(Ticket.id))]


def press(browser, pump, act, **fields):
    answer = browser.post(f"/assets/{pump}/{act}", data={"csrf": browser.csrf, "next": f"/a/{pump}", **fields})
    assert answer.status_code == 303, answer.text
    return browser.get(f"/a/{pump}").text


def test_a_label_opens_the_asset_after_signing_in(nobody, hospital, signed_in, pump):
    answer = nobody.get(f"/a/{pump}", headers={"Accept": "text/html"})
    assert answer.headers["location"] == f"/sign-in?next=%2Fa%2F{pump}"
    assert "Pump 117 can be taken" in signed_in("clinician").get(f"/a/{pump}").text
    set_asset(hospital, pump, holding="retired", merged_into=hospital.assets["P-119"])
    assert signed_in("clinician").get(f"/a/{pump}").headers["location"] == f"/a/{hospital.assets['P-119']}"


def test_broken_shows_the_next_one_and_is_taken_back(signed_in, hospital, pump):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    nurse = signed_in("clinician")
    page = press(nurse, pump, "broken", text="Keypad is dead")
    assert "reported broken" in page
    assert "Next one: <b>Pump 119</b>" in page
    assert tickets(hospital) == [("Pump 117 is broken", "new")]
    page = press(nurse, pump, "withdraw")
    assert "can be taken" in page
    assert tickets(hospital) == [("Pump 117 is broken", "solved")]


def test_a_patient_event_locks_it_and_shows_the_clock(signed_in, hospital, pump):
    hospital.context.holidays = frozenset({date(2026, 11, 26)})
    nurse = signed_in("clinician")
    page = press(nurse, pump, "sequester", text="Overinfusion")
    assert "Do not clean. Do not change settings." in page
    assert "Working day 0 of 10" in page
    assert "Wed 09 Dec 2026" in page
    assert not [word for word in ("Clean</button>", "It is soiled", "taking it") if word in page]
    assert tickets(hospital) == [("Pump 117 is sequestered after a patient event", "new")]
    assert nurse.post(f"/assets/{pump}/hygiene", data={"csrf": nurse.csrf, "to": "soiled"}).status_code == 409
    assert "in repair" in press(signed_in("biomed"), pump, "let-go", text="Read out")


def test_a_rental_goes_back(signed_in, hospital, pump):
    set_asset(hospital, pump, holding="rented", counterparty="MedRent", return_due=date(2026, 12, 1))
    nurse = signed_in("clinician")
    page = nurse.get(f"/a/{pump}").text
    assert "Return the rental" in page
    assert "MedRent until 1 Dec 2026" in page
    assert "Pump 117 is going back to MedRent" in press(nurse, pump, "return")
    assert tickets(hospital) == [("Fetch Pump 117: it goes back", "new")]
    assert "can be taken" in press(nurse, pump, "keep")
    assert tickets(hospital) == [("Fetch Pump 117: it goes back", "solved")]
    press(nurse, pump, "return")
    assert "is retired" in press(signed_in("biomed"), pump, "returned")


def test_one_is_asked_for_and_asked_for_no_more(signed_in, hospital, pump):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    nurse = signed_in("clinician")
    wish = {"csrf": nurse.csrf, "what": "infusion pump", "near": "4.13"}
    assert nurse.post("/bring", data=wish | {"near": "9.99"}).status_code == 422
    asked = nurse.post("/bring", data=wish).headers["location"]
    page = nurse.get(asked).text
    assert "Asked for: bring infusion pump to 4.13" in page
    number = asked.partition("=")[2]
    other = signed_in("biomed")
    assert other.post(f"/bring/{number}/undo", data={"csrf": other.csrf}).status_code == 404
    assert (
        "Taken back"
        in nurse.get(nurse.post(f"/bring/{number}/undo", data={"csrf": nurse.csrf}).headers["location"]).text
    )


def test_who_only_reads_presses_nothing(signed_in, pump):
    page = signed_in("auditor").get(f"/a/{pump}").text
    assert "<button" not in page.partition('id="thumb"')[2].partition('id="status"')[0]


def test_one_thumb_on_a_phone(page, server, hospital, pump, good_to_look_at):
    set_asset(hospital, pump, condition="sequestered", sequestered=hospital.clock.now())
    server.enter(page, "clinician")
    good_to_look_at(page, f"{server.url}/a/{pump}")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{server.url}/a/{hospital.assets['P-118']}")
    page.get_by_role("button", name="Clean").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pump 118 can be taken")
    page.get_by_role("button", name="I’m taking it").click()
    expect(page.get_by_role("button", name="Undo: give it back")).to_be_visible()
