"""One asset: whether it can be taken, its four parts, where it was, and what each role may do to it."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.locating.ports import Fix
from asset_registry.places import Place
from collector.reading import OWN_GATEWAY
from service_desk.tickets.model import Ticket
from tests.dashboards.conftest import OXIMETER, PUMP_TAG, seen


@pytest.fixture
def pump(hospital):
    """The address of pump 117."""
    return f"/assets/{hospital.assets['P-117']}"


def plain(text):
    return text.replace("\u00a0", " ")


def test_one_that_can_be_taken(signed_in, hospital, pump):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    page = plain(signed_in("clinician").get(pump).text)
    assert "Pump 117 can be taken in 4.19" in page
    assert "equipment store, sure, seen" in page
    assert "taking it" in page


def test_what_left_the_building_says_by_which_exit_and_when_and_that_it_came_back(signed_in, hospital, pump):
    went = f"asset:{hospital.assets['P-117']}"
    hospital.hear(hospital.reading(went, "left_by", "South exit", 2 * 3600, OWN_GATEWAY))
    hospital.measure(PUMP_TAG, "room", "")
    browser = signed_in("biomed")
    page = plain(browser.get(pump).text)
    assert "Pump 117 left the building by the south exit" in page
    assert "2 h ago" in page
    assert "still outside" in page
    found = plain(browser.get("/find?q=P-117").text)
    assert "Pump 117 left the building by the south exit" in found
    assert "It left <time" in found
    assert "taking it" not in found
    assert "perhaps Pump 119" in plain(browser.get("/find?q=pump").text), "what is outside comes last"
    told = browser.get(f"/api/v1{pump}/context").json()
    assert told["left"]["by"] == "South exit"
    hospital.hear(hospital.reading(went, "left_by", "", 3600, OWN_GATEWAY))
    page = plain(browser.get(pump).text)
    assert "Left by the south exit at" in page
    assert "still outside" not in page
    assert browser.get(f"/api/v1{pump}/context").json()["left"] is None
    assert "left the building" not in browser.get("/find?q=P-117").text


def test_one_that_cannot_says_why_first(signed_in, hospital):
    page = signed_in("clinician").get(f"/assets/{hospital.assets['P-118']}").text
    assert "Pump 118 is soiled" in page
    assert "It is clean" in page
    assert "It is clean" not in signed_in("facilities").get(f"/assets/{hospital.assets['P-118']}").text


def test_what_stays_put_is_where_it_stays(signed_in, hospital):
    assert "where it stays" in signed_in("biomed").get(f"/assets/{hospital.assets['F-07']}").text


def test_no_vital_of_its_devices_is_told_here(signed_in, hospital):
    hospital.measure(OXIMETER, "spo2", 97.0)
    assert "97" not in seen(
        signed_in("clinician").get(f"/assets/{hospital.assets['P-119']}").text.partition("<main")[2]
    )


def located_at(hospital, number, **more):
    """What the location engine says of pump 117, in full."""
    hospital.locate(PUMP_TAG, hospital.places[number])
    now = hospital.clock.now()
    fix = Fix(PUMP_TAG, hospital.places[number], "mqtt:espresense/4-12", 0.95, now, now, **more)
    hospital.context.fix = {PUMP_TAG: fix}.get


def test_where_it_is_on_the_plan_how_near_and_by_whom_heard(signed_in, hospital, pump):
    heard = (("mqtt:espresense/4-12", -62.4), ("elsewhere", -80.0))
    located_at(hospital, "4.13", x_m=8.4, y_m=2.5, evidence=heard, radius_m=2.6)
    page = plain(signed_in("clinician").get(pump).text)
    card = page[page.index('id="fixed"') :]
    assert "In 4.13, sure; in most cases within 3 m of the dot." in card
    assert "4-12 at −62 dBm</a>, elsewhere at −80 dBm" in card
    assert "not for automation" in card
    assert '<circle class="near" cx="8.4" cy="2.5" r="2.6"/>' in card
    floor = plain(
        signed_in("clinician").get(f"/floors/{hospital.places['floor']}?asset={hospital.assets['P-117']}").text
    )
    assert '<circle class="near" cx="8.4" cy="2.5" r="2.6"/>' in floor
    assert "within 3 m of the dot" in floor


def test_no_point_is_drawn_that_the_readings_do_not_bear_out(signed_in, hospital, pump):
    located_at(hospital, "4.13", x_m=8.4, y_m=2.5, radius_m=2.6)
    hospital.clock.advance(60)
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    assert 'id="fixed"' not in signed_in("clinician").get(pump).text
    located_at(hospital, "4.13")
    assert 'id="fixed"' not in signed_in("clinician").get(pump).text, "the nearest gateway knows no point"


def test_where_it_was(signed_in, hospital, pump):
    for hours, number in ((5, "4.13"), (3, "4.18"), (0, "4.19")):
        room = str(hospital.places[number])
        for minute in range(60):
            at = hours * 3600 + 60 * minute
            hospital.hear(hospital.reading(PUMP_TAG, "room", room, at, "wardkeeper"))
    page = signed_in("biomed").get(pump).text
    lanes = page[page.index('id="where"') :]
    names = ["4.19 Equipment store", "4.18 Medication room", "4.13 Patient room"]
    assert [lanes.index(name) for name in names] == sorted(lanes.index(name) for name in names)
    assert "Unknown" in lanes, "an hour without a word"


def test_claim_and_release_are_told_in_the_parts(signed_in, pump):
    browser = signed_in("clinician")
    browser.post(f"{pump}/claim", data={"next": pump, "csrf": browser.csrf})
    page = browser.get(pump).text
    assert "Pump 117 is claimed by Clinician Person to 07:57" in page
    assert "since" in page[page.index('id="status"') :].partition("</section>")[0]
    browser.post(f"{pump}/release", data={"next": pump, "csrf": browser.csrf})
    assert "can be taken" in browser.get(pump).text


def test_broken_stops_it_from_being_taken_and_opens_a_request(signed_in, hospital, pump):
    browser = signed_in("clinician")
    answer = browser.post(f"{pump}/broken", data={"text": "Keypad is dead", "next": pump, "csrf": browser.csrf})
    assert answer.status_code == 303
    page = browser.get(pump).text
    assert "Pump 117 is reported broken" in page
    with hospital.database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert (ticket.title, ticket.kind, ticket.asset_id) == (
            "Pump 117 is broken",
            "request",
            hospital.assets["P-117"],
        )
    assert ticket.number in page
    again = browser.post(f"{pump}/broken", data={"text": "Still", "next": pump, "csrf": browser.csrf})
    assert again.status_code == 409


def test_what_stands_at_a_bed_stands_in_its_room(signed_in, hospital):
    with hospital.database.write() as session:
        bed = Place(kind="bed", number="1", name="Bed 1", parent_id=hospital.places["4.13"])
        session.add(bed)
        session.flush()
        asset = session.get(Asset, hospital.assets["P-118"])
        asset.home_id, asset.mobile, asset.use = bed.id, False, "in_use"
        bump(session)
    hospital.snapshots.refresh()
    page = signed_in("biomed").get(f"/assets/{hospital.assets['P-118']}").text
    assert "Pump 118 works in 4.13" in page
    assert f'<a href="/rooms/{hospital.places["4.13"]}">4.13</a>' in page
    assert ", bed 1</dd>" in page


def test_biomed_puts_it_in_order_again(signed_in, pump):
    nurse, biomed = signed_in("clinician"), signed_in("biomed")
    nurse.post(f"{pump}/broken", data={"next": pump, "csrf": nurse.csrf})
    assert nurse.post(f"{pump}/repaired", data={"next": pump, "csrf": nurse.csrf}).status_code == 403
    biomed.post(f"{pump}/repaired", data={"next": pump, "csrf": biomed.csrf})
    assert "can be taken" in biomed.get(pump).text


@pytest.mark.parametrize("what", ["claim", "release", "broken", "repaired", "hygiene"])
def test_who_only_reads_changes_nothing(signed_in, pump, what):
    browser = signed_in("auditor")
    assert browser.post(f"{pump}/{what}", data={"csrf": browser.csrf, "to": "clean"}).status_code == 403


# ---------------------------------------------------------------- in a browser


def test_cleaned_and_taken(page, server, hospital):
    server.enter(page, "clinician").goto(f"{server.url}/assets/{hospital.assets['P-118']}")
    page.get_by_role("button", name="It is clean").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pump 118 can be taken")
    page.get_by_role("button", name="I’m taking it").click()
    expect(page.get_by_role("region", name="Status")).to_contain_text("Claimed")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Status")).to_contain_text("Idle")


def test_reported_broken_on_a_phone(page, server, pump):
    page.set_viewport_size({"width": 360, "height": 740})
    server.enter(page, "clinician").goto(server.url + pump)
    page.get_by_text("Report broken").click()
    box = page.get_by_label("What is wrong?").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.get_by_label("What is wrong?").fill("Keypad is dead")
    page.get_by_role("button", name="Report it broken").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("reported broken")
    expect(page.locator("#tickets")).to_contain_text("Pump 117 is broken")


def test_the_asset_is_good_to_look_at(page, server, hospital, ward, pump, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, server.url + pump)
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    ward.alarm(PUMP_TAG, "battery", 12.0, below=20.0, priority="medium", title="{asset} needs mains")
    ward.tickets()
    good_to_look_at(page, server.url + pump)
