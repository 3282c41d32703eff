"""A room: its sentence, its measures against their ranges with their day, its door, what is in it, live."""

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import AIR, PUMP_TAG, seen
from tests.dashboards.pages.test_floors import breathe


@pytest.fixture
def room(hospital):
    """The address of the isolation room."""
    return f"/rooms/{hospital.places['4.12']}"


def plain(text):
    return text.replace("\u00a0", " ")


def test_a_room_in_range_says_so(signed_in, hospital, room):
    breathe(hospital)
    page = plain(signed_in("clinician").get(room).text)
    assert "4.12 Isolation room is in range" in page
    assert "against ASHRAE 170-2008" in page
    assert '<text x="' in page, "the limits stand under their bars"


def test_a_door_held_open_is_the_cause(signed_in, hospital, room):
    breathe(hospital)
    hospital.measure(AIR, "door_open", False, ago_s=1800)
    hospital.measure(AIR, "door_open", True, ago_s=540)
    hospital.measure(AIR, "differential_pressure", -0.4)
    page = plain(signed_in("clinician").get(room).text)
    assert "4.12 is not isolating: its door has been open for 9 min" in page
    assert "−0.4 Pa to the corridor, must be at most −2.5." in page
    assert "Concerns the ward." in page
    assert "air flows in from the corridor" in page
    assert "Open since" in page
    assert "07:33 CET" in page


def test_the_day_behind_a_measure_has_gaps_and_a_colored_tail(signed_in, hospital, room):
    for hour in range(1, 20):
        if hour not in (6, 7, 8):
            hospital.measure(AIR, "temperature", 22.0, ago_s=3600 * hour)
    hospital.measure(AIR, "temperature", 26.0)
    page = signed_in("clinician").get(room).text
    spark = page[page.index('<svg class="spark"') :].partition("</svg>")[0]
    assert spark.count("M") > 2
    assert '<path class="medium" d="M' in spark


def test_what_is_not_heard_is_said(signed_in, hospital, room):
    hospital.measure(AIR, "temperature", 22.0, ago_s=4000)
    page = plain(signed_in("clinician").get(room).text)
    assert "4.12 Isolation room is not heard" in page
    assert 'class="stale"' in page
    assert "never heard" in page


def test_an_empty_room_is_no_dead_end(signed_in, hospital):
    page = signed_in("clinician").get(f"/rooms/{hospital.places['4.19']}").text
    assert "No sensor reports from here." in page
    assert "None was heard here." in page
    assert "None about this room." in page


def test_who_is_here_and_which_tickets(signed_in, hospital, ward, room):
    hospital.locate(PUMP_TAG, hospital.places["4.12"])
    ward.alarm(AIR, "temperature", 27.4, above=24.0, priority="medium", title="{room} is too warm")
    (number,) = ward.tickets()
    page = signed_in("clinician").get(room).text
    assert f'href="/assets/{hospital.assets["P-117"]}">Pump 117' in page
    assert page.count(number) >= 2, "beside, and as a button"
    assert ">Acknowledge<" in page
    assert ">Acknowledge<" not in signed_in("auditor").get(room).text


def test_a_vital_is_never_shown_in_a_room(signed_in, hospital, room):
    hospital.measure(AIR, "heart_rate", 71.0)
    assert "71" not in seen(signed_in("clinician").get(room).text.partition("<main")[2].partition("</main>")[0])


def test_a_bed_or_a_number_out_of_the_air_is_not_a_room(signed_in, hospital):
    assert signed_in("clinician").get(f"/rooms/{hospital.places['floor']}").status_code == 404
    assert signed_in("clinician").get("/rooms/987654").status_code == 404


def test_the_room_changes_while_one_looks(page, server, hospital, room):
    breathe(hospital)
    server.enter(page, "clinician").goto(server.url + room)
    expect(page.get_by_role("heading", level=1)).to_have_text("4.12 Isolation room is in range")
    hospital.measure(AIR, "differential_pressure", -0.4)
    expect(page.get_by_role("heading", level=1)).to_contain_text("4.12 is −0.4", timeout=8000)
    expect(page.locator(".meas.medium")).to_contain_text("out of range")


def test_acknowledge_here(page, server, ward, room):
    ward.alarm(AIR, "temperature", 27.4, above=24.0, priority="high", title="{room} is too warm")
    server.enter(page, "clinician").goto(server.url + room)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_the_room_is_good_to_look_at(page, server, hospital, ward, room, good_to_look_at):
    server.enter(page, "clinician")
    good_to_look_at(page, server.url + room)
    breathe(hospital)
    hospital.measure(AIR, "door_open", True, ago_s=540)
    hospital.locate(PUMP_TAG, hospital.places["4.12"])
    ward.alarm(AIR, "differential_pressure", -0.4, above=-2.5, priority="high", title="{room} is not isolating")
    ward.tickets()
    good_to_look_at(page, server.url + room)
