"""A survey by walking: in a browser as wide as a phone, then a map of it, made by the real command and put into use."""

import csv
import io
import json
import math

import pytest
from playwright.sync_api import expect

from asset_registry.audit import bump
from asset_registry.bindings import Device, Gateway
from asset_registry.locating.route import spots
from asset_registry.locating.walked import Stood, add_point, maps_of, points_of
from asset_registry.places import Place
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Sighting
from tests.dashboards.conftest import PUMP_TAG
from wardkeeper.located.making import MapMaking

pytestmark = pytest.mark.dialects("sqlite")
"""What is asked of the database is in test_walked.py."""


@pytest.fixture
def house(hospital):
    """A gateway in each of the four rooms."""
    with hospital.database.write() as session:
        for n, number in enumerate(("4.13", "4.18", "4.19")):
            device = Device(site="linden", native_id=f"gw-{number}", name=f"Node {number}", kind="gateway")
            device.first_seen = hospital.clock.now()
            session.add(device)
            session.flush()
            session.add(Gateway(device_id=device.id, place_id=hospital.places[number], x_m=9.0 + 6 * n, y_m=3.0))
        bump(session)
    hospital.snapshots.refresh()
    return hospital


def sightings(hospital, x, y, seconds=16):
    """What the gateways hear of the tag at a point: path loss, 8 dB for each wall, a packet a second."""
    known = hospital.snapshots.current
    found = []
    for second in range(seconds):
        hospital.clock.advance(1)
        for device_id, gateway in known.gateways.items():
            walls = abs(int(gateway.x_m // 6) - int(x // 6))
            level = -55 - 24 * math.log10(math.dist((x, y), (gateway.x_m, gateway.y_m)) + 1) - 8 * walls
            wobble = (second * 7 % 5) - 2
            name = known.devices[device_id].native_id
            found.append(Sighting(PUMP_TAG, name, round(level + wobble), hospital.clock.now()))
    hospital._position += 1
    hospital.store.write(found, hospital._position)


def walk(hospital, floor):
    """Every point of the floor."""
    with hospital.database.write() as session:
        for spot in spots(hospital.snapshots.current.rooms_on(floor), []):
            begun = hospital.clock.now()
            sightings(hospital, spot.x, spot.y)
            hospital.clock.advance(1)
            heard = _heard(hospital, begun)
            stood = Stood(floor, spot.x, spot.y, PUMP_TAG, begun, heard)
            add_point(session, stood, "facilities", hospital.clock.now())


def _heard(hospital, begun):
    return readings_of(hospital.store.query(Selection(begun, hospital.clock.now(), devices=(PUMP_TAG,))))


def test_one_thumb_walks_two_points_and_takes_one_back(page, server, house):
    floor = house.places["floor"]
    sightings(house, 2, 2)
    house.clock.advance(1)
    page.set_viewport_size({"width": 360, "height": 740})
    server.enter(page, "facilities").goto(f"{server.url}/floors/{floor}/survey")
    expect(page.locator("#board")).to_have_attribute("data-ready", "")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nobody has walked this floor: eight points")
    page.get_by_role("button", name="I am here").click()
    expect(page.locator("#told")).to_have_text("Choose your tag first.")
    page.locator("#tag").select_option(PUMP_TAG)
    assert "tag=ble%3AiBeacon%3A117" in page.url

    for count in (1, 2):
        page.get_by_role("button", name="I am here").click()
        expect(page.locator("#told")).to_contain_text("Stand still")
        sightings(house, 3, 1.7)
        expect(page.locator("#answer")).to_contain_text(f"{count} of 8 points walked")
        expect(page.locator("#levels li")).to_have_count(4)
    with house.database.read() as session:
        first, second = points_of(session, floor)
    assert (first.tag, len(first.heard)) == (PUMP_TAG, 64)
    assert (first.x_m, first.y_m) != (second.x_m, second.y_m), "the next point was proposed"
    page.get_by_role("button", name="Take the last point back").click()
    expect(page.locator("#answer")).to_contain_text("1 of 8 points walked")
    page.locator("#board").click(position={"x": 200, "y": 100})
    expect(page.locator("#told")).to_contain_text("You stand there?")


def test_the_survey_is_good_to_look_at(page, server, house, good_to_look_at):
    floor = house.places["floor"]
    sightings(house, 2, 2)
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/floors/{floor}/survey")


def test_a_map_is_made_by_the_command_scored_and_put_into_use(signed_in, house, tmp_path):
    floor = house.places["floor"]
    house.context.maps = MapMaking(house.database, house.snapshots, house.clock, tmp_path)
    browser = signed_in("it_agent")
    url, form = f"/floors/{floor}/survey", {"csrf": browser.csrf, "next": "/floors"}
    assert browser.post(f"{url}/map", data=form).status_code == 422
    walk(house, floor)
    assert browser.post(f"{url}/map", data=form).status_code == 303
    house.context.maps.wait(60)
    assert house.context.maps.trouble == ""
    with house.database.read() as session:
        (made,) = maps_of(session)
    assert (made.points, made.who, made.in_use) == (8, "it_agent", False)
    assert made.scores["positions_left_out"]["tags"] == made.scores["plan_alone"]["tags"] == 8
    page = browser.get(url).text
    assert "of its answers are the right room" in page
    assert "Each point located by a map that never saw it" in page

    assert browser.post(f"{url}/maps/{made.id}/use", data=form).status_code == 303
    assert house.snapshots.current.content.map == made.id
    assert browser.post(f"{url}/maps/0/use", data=form).status_code == 303
    assert house.snapshots.current.content.map is None
    assert browser.post(f"{url}/maps/999/use", data=form).status_code == 404


def test_what_was_walked_comes_out_as_the_command_takes_it(signed_in, house):
    walk(house, house.places["floor"])
    browser = signed_in("facilities")
    rows = list(csv.DictReader(io.StringIO(browser.get("/survey.csv").text)))
    assert len(rows) == 8 * 64
    assert list(rows[0]) == ["t_s", "gateway", "rssi_dbm", "x_m", "y_m", "tag", "floor", "room"]
    assert {(row["floor"], row["room"]) for row in rows} == {("4", f"4.{n}") for n in (12, 13, 18, 19)}
    assert float(rows[0]["rssi_dbm"]) < -50
    hung = json.loads(browser.get("/survey/gateways.json").text)
    assert {each["gateway"] for each in hung} == {row["gateway"] for row in rows}
    assert {each["room"] for each in browser.get("/survey/rooms.json").json()} == {row["room"] for row in rows}


def test_a_map_that_cannot_be_made_says_why_and_changes_nothing(house, tmp_path):
    walk(house, house.places["floor"])
    with house.database.write() as session:
        for point in points_of(session):
            point.x_m, point.y_m = 3.0, 3.0
    making = MapMaking(house.database, house.snapshots, house.clock, tmp_path)
    making.begin("facilities")
    making.wait(60)
    assert "the survey has 1 points" in making.trouble
    with house.database.read() as session:
        assert maps_of(session) == []


def test_nobody_is_let_in_who_does_not_survey(signed_in, house):
    assert signed_in("clinician").get(f"/floors/{house.places['floor']}/survey").status_code == 403


def test_a_floor_without_a_plan_leads_to_the_drawing_page(signed_in, house):
    with house.database.write() as session:
        above = session.get_one(Place, house.places["floor"]).parent_id
        row = Place(kind="floor", parent_id=above, number="5", name="Level 5", level=5)
        session.add(row)
        bump(session)
        session.flush()
        number = row.id
    house.snapshots.refresh()
    assert f"/floors/{number}/draw" in signed_in("facilities").get(f"/floors/{number}/survey").text
