"""The overview: what needs a person, each with its next step, then how the day went."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from collector.reading import Reading
from dashboards.history import levels
from dashboards.pages.overview import MOST
from tests.dashboards.conftest import AIR, OXIMETER

FRIDGE = {"above": 8.0, "below": 2.0, "priority": "high", "incident": "The room {room} is warm"}


def test_a_quiet_house_says_so_and_what_comes_here(signed_in):
    page = signed_in("biomed").get("/").text
    assert "Nothing needs a person now" in page
    assert "come here by themselves" in page


def test_the_first_line_counts_and_the_rows_have_their_next_step(signed_in, ward):
    ward.alarm(AIR, "temperature", 27.4, **FRIDGE)
    ward.alarm(OXIMETER, "battery", 12.0, below=20.0, priority="low", title="{asset} needs mains")
    ward.tickets()
    page = signed_in("biomed").get("/").text
    assert "Two things need a person, one of them high" in page
    assert page.index("The room 4.12 is warm") < page.index("Pump 119 needs mains")
    assert page.count(">Acknowledge<") == 2
    assert page.count("btn go ") == 1, "one filled button: the most urgent next step"
    assert "27.4" in page


def test_an_auditor_reads_but_has_no_button(signed_in, ward):
    ward.alarm(AIR, "temperature", 27.4, **FRIDGE)
    page = signed_in("auditor").get("/").text
    assert "The room 4.12 is warm" in page
    assert ">Acknowledge<" not in page


def test_at_most_seven_and_the_rest_is_named(signed_in, ward):
    for index in range(MOST + 2):
        ward.alarm(f"mqtt:tasmota/unknown-{index}", "temperature", 30.0, above=25.0)
    page = signed_in("biomed").get("/").text
    assert page.count('class="row"') == MOST
    assert "2 more: all alarms" in page


def test_an_input_that_is_down_stands_first(signed_in, hospital):
    at = hospital.clock.now() - timedelta(minutes=14)
    hospital.hear(Reading("link:main", "link_up", False, at, at))
    page = signed_in("it_agent").get("/").text
    assert "The input main is down" in page
    assert "14\u00a0min" in page


def test_who_only_asks_for_help_is_sent_to_the_form(signed_in):
    answer = signed_in("requester").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/new")


@pytest.mark.parametrize(
    "changes, last, drawn",
    [
        ([], 3, [(0.0, 3)]),
        ([(0.5, 1)], 1, [(0.0, 0), (0.5, 1)]),
        ([(0.75, -1), (0.25, 1)], 0, [(0.0, 0), (0.25, 1), (0.75, 0)]),
    ],
)
def test_levels_are_counted_back_from_now(hospital, changes, last, drawn):
    now = hospital.clock.now()
    first = now - timedelta(hours=24)
    events = [(first + (now - first) * part, step) for part, step in changes]
    assert levels(events, first, now, last) == drawn


def test_acknowledge_on_the_overview(page, server, ward):
    ward.alarm(AIR, "temperature", 27.4, **FRIDGE)
    ward.tickets()
    server.enter(page, "biomed")
    row = page.get_by_role("listitem").filter(has_text="The room 4.12 is warm")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Biomed Person")
    expect(row.get_by_role("link", name="Open ticket")).to_be_visible()
    expect(page.get_by_role("status").last).to_have_text("Acknowledged: The room 4.12 is warm")


def test_a_new_alarm_waits_behind_a_pill_and_the_counts_move_at_once(page, server, ward):
    ward.alarm(OXIMETER, "battery", 12.0, below=20.0, priority="low")
    server.enter(page, "biomed")
    expect(page.locator("#lamp")).to_contain_text("Live")
    ward.alarm(AIR, "temperature", 27.4, **FRIDGE)
    expect(page.locator("[data-count=high]")).to_contain_text("1")
    pill = page.get_by_role("button", name="1 new")
    expect(pill).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(1)
    pill.click()
    expect(page.locator("[data-row]")).to_have_count(2)
    expect(page.locator("[data-row]").first).to_contain_text("The room 4.12 is warm")


def test_the_banner_comes_when_the_server_goes(page, server):
    server.enter(page, "biomed")
    expect(page.locator("#lamp")).to_contain_text("Live")
    server._server.should_exit = True
    expect(page.get_by_role("alert")).to_contain_text("Connection lost", timeout=3000)
    expect(page.locator("#lamp")).to_have_text(re.compile("Lost"))


def test_the_banner_comes_when_the_server_falls_silent_and_goes_when_it_speaks(page, server, hospital):
    server.enter(page, "biomed")
    expect(page.locator("#lamp")).to_contain_text("Live")
    hospital.context.live_every_s = 3600
    expect(page.get_by_role("alert")).to_contain_text("Connection lost", timeout=3500)
    expect(page.get_by_role("alert")).to_be_hidden(timeout=10_000)  # a new connection is greeted


def test_slash_goes_to_the_search_and_esc_leaves_it(page, server):
    server.enter(page, "biomed")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Find")).to_be_focused()
    page.keyboard.type("pump")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox", name="Find")).not_to_be_focused()


def test_the_overview_is_good_to_look_at(page, server, ward, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/")
    ward.alarm(AIR, "temperature", 27.4, **FRIDGE)
    ward.tickets()
    good_to_look_at(page, f"{server.url}/")
