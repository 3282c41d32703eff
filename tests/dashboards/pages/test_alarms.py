"""The alarm list: by incident, filters in the address, acknowledge in one click, shelve for a time."""

import csv
import io
from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select

from service_desk.alarms.model import Alarm
from tests.dashboards.conftest import AIR, OXIMETER

WARM = {"above": 8.0, "below": 2.0, "priority": "high", "incident": "The room {room} is warm"}
LOW = {"below": 20.0, "priority": "low", "title": "{asset} needs mains"}


def alarm_row(hospital, number):
    with hospital.database.read() as session:
        return session.get(Alarm, number)


def test_none_stands(signed_in):
    page = signed_in("biomed").get("/alarms").text
    assert "No alarm stands" in page


def test_alarms_of_one_cause_are_one_row_with_their_values_against_their_limits(signed_in, ward):
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    ward.alarm(AIR, "co2", 1400.0, above=1000.0, priority="high")
    ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    page = signed_in("biomed").get("/alarms").text
    assert "Three alarms, two incidents; one of high priority, two unanswered" in page
    assert page.count('class="inc"') == 2
    assert "27.4\u00a0°C" in page
    assert "2–8\u00a0°C" in page
    assert "at most 1,000\u00a0ppm" in page
    assert page.count('<svg class="bullet') == 3


def test_many_alarms_of_one_cause_are_told_above_the_list(signed_in, ward):
    for metric, value in (("temperature", 30.0), ("humidity", 80.0), ("co2", 3000.0), ("pm25", 90.0), ("noise", 99.0)):
        ward.alarm(AIR, metric, value, above=25.0, incident="Air handler 3 is down")
    page = signed_in("biomed").get("/alarms").text
    assert "5 of 5 alarms have one cause: Air handler 3 is down." in page


def test_filters_stand_in_the_address(signed_in, ward):
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    client = signed_in("biomed")
    page = client.get("/alarms?priority=low").text
    assert "Pump 119 needs mains" in page
    assert page.count('class="inc"') == 1
    nothing = client.get("/alarms?priority=medium").text
    assert "Nothing here with these filters." in nothing
    assert client.get("/alarms?show=rubbish").status_code == 422


def test_a_floor_filter_keeps_what_is_on_that_floor(signed_in, ward, hospital):
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    client = signed_in("biomed")
    floor = hospital.places["floor"]
    assert client.get(f"/alarms?floor={floor}").text.count('class="inc"') == 1
    assert client.get(f"/alarms?floor={floor + 1000}").text.count('class="inc"') == 0


def test_csv_has_one_line_an_alarm_and_no_formula(signed_in, ward):
    ward.alarm(AIR, "temperature", 27.4, **{**WARM, "incident": "=1+1"})
    answer = signed_in("biomed").get("/alarms.csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert (lines[0]["metric"], lines[0]["value"], lines[0]["unit"]) == ("temperature", "27.4", "°C")
    assert lines[0]["incident"] == "'=1+1"


def test_acknowledge_without_script(signed_in, ward, hospital):
    number = ward.alarm(AIR, "temperature", 27.4, **WARM)
    client = signed_in("biomed")
    answer = client.post(
        f"/incidents/{alarm_row(hospital, number).incident_id}/acknowledge",
        data={"csrf": client.csrf, "next": "/alarms?show=unanswered"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms?show=unanswered")
    assert alarm_row(hospital, number).acknowledged_by == "biomed"


def test_the_way_back_is_never_off_this_site(signed_in, ward):
    number = ward.alarm(AIR, "temperature", 27.4, **WARM)
    client = signed_in("biomed")
    answer = client.post(f"/alarms/{number}/acknowledge", data={"csrf": client.csrf, "next": "https://evil.example/"})
    assert answer.headers["location"] == "/"


def test_only_who_works_here_may_answer_and_only_from_our_pages(signed_in, ward, hospital):
    number = ward.alarm(AIR, "temperature", 27.4, **WARM)
    for role, expected in (("auditor", 403), ("requester", 403), ("vendor", 403)):
        client = signed_in(role)
        assert client.post(f"/alarms/{number}/acknowledge", data={"csrf": client.csrf}).status_code == expected
    assert signed_in("biomed").post(f"/alarms/{number}/acknowledge", data={"csrf": "wrong"}).status_code == 403
    assert not alarm_row(hospital, number).acknowledged


def test_shelve_for_a_time_and_end_it(signed_in, ward, hospital):
    number = ward.alarm(AIR, "temperature", 27.4, **WARM)
    client = signed_in("facilities")
    client.post(f"/alarms/{number}/shelve", data={"csrf": client.csrf, "minutes": 60, "why": "noise"})
    assert (
        "Say why it is shelved"
        in client.post(f"/alarms/{number}/shelve", data={"csrf": client.csrf, "minutes": 60}).text
    )
    assert alarm_row(hospital, number).shelved_until == hospital.clock.now() + timedelta(hours=1)
    assert "No alarm stands" in client.get("/alarms").text
    assert "shelved until 08:42 CET" in client.get("/alarms?show=shelved").text
    client.post(f"/alarms/{number}/shelve", data={"csrf": client.csrf, "minutes": 0})
    assert alarm_row(hospital, number).shelved_until is None
    assert client.post(f"/alarms/{number}/shelve", data={"csrf": client.csrf, "minutes": 9999}).status_code == 422


def test_an_alarm_that_is_not_there_says_so(signed_in):
    client = signed_in("biomed")
    answer = client.post("/alarms/77/acknowledge", data={"csrf": client.csrf})
    assert answer.status_code in (404, 409)
    assert "There is no alarm 77." in answer.text


def test_acknowledge_with_one_click_and_with_a_key(page, server, ward, hospital):
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    server.enter(page, "biomed")
    page.goto(f"{server.url}/alarms")
    warm = page.get_by_role("region", name="The room 4.12 is warm")
    warm.get_by_role("button", name="Acknowledge").click()
    expect(warm).to_contain_text("Biomed Person")
    expect(page.get_by_role("heading", level=1)).to_contain_text("one unanswered")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_contain_text("none unanswered")
    expect(page.locator(".inc").first).to_contain_text("The room 4.12 is warm")  # nothing jumped
    with hospital.database.read() as session:
        assert all(session.scalars(select(Alarm.acknowledged)))


def test_shelve_from_the_row(page, server, ward):
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    server.enter(page, "biomed")
    page.goto(f"{server.url}/alarms")
    page.get_by_label("Shelve The room 4.12 is warm").click()
    page.get_by_label("Shelve Temperature, 4.12").select_option("1 h")
    page.get_by_label("Why", exact=True).fill("being repaired")
    page.get_by_role("button", name="Shelve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No alarm stands")
    page.get_by_role("link", name="1 Shelved").click()
    expect(page).to_have_url(f"{server.url}/alarms?show=shelved")
    expect(page.locator(".inc")).to_contain_text("Shelved until 08:42 CET")


def test_a_filter_is_an_address_that_can_be_sent(page, server, ward):
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    server.enter(page, "biomed")
    page.goto(f"{server.url}/alarms")
    page.get_by_role("link", name="1 Low", exact=True).click()
    expect(page).to_have_url(f"{server.url}/alarms?priority=low")
    expect(page.locator(".inc")).to_have_count(1)
    page.go_back()
    expect(page.locator(".inc")).to_have_count(2)


def test_a_refusal_is_told_and_nothing_is_lost(page, server, ward, hospital):
    number = ward.alarm(AIR, "temperature", 27.4, **WARM)
    server.enter(page, "biomed")
    page.goto(f"{server.url}/alarms")
    page.eval_on_selector_all("main [name=csrf]", "fields => fields.forEach(f => { f.value = 'stale' })")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#said")).to_contain_text("Load the page again")
    assert not alarm_row(hospital, number).acknowledged


def test_the_alarm_list_is_good_to_look_at(page, server, ward, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/alarms")
    ward.alarm(AIR, "temperature", 27.4, **WARM)
    ward.alarm(AIR, "co2", 1400.0, above=1000.0, priority="high")
    ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    good_to_look_at(page, f"{server.url}/alarms")
