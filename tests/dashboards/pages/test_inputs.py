"""The inputs: every link with its figures, what was not understood and why, and what to do about it."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from collector.counters import bad_frame
from collector.histogram import Durations
from collector.ports import DeadLetters
from collector.reading import Reading
from dashboards.context import CursorState, Inside, SpoolState
from dashboards.link_view import Dropped, Input, advice


@dataclass(frozen=True)
class Link:
    """A link as the collector shows it."""

    name: str
    state: str
    since: datetime
    error: str = ""
    kind: str = "mqtt"
    address: str = "broker.example:1883"
    last_frame: datetime | None = None
    frames_per_minute: int = 0
    hint: str = ""
    parts: tuple = ()


@pytest.fixture
def inside(hospital):
    """Say what runs: `inside(links=[…])`."""

    def say(**parts):
        known = {name: (lambda value=value: value) for name, value in parts.items()}
        hospital.context.inside = replace(hospital.context.inside or Inside(), **known)

    return say


def test_no_input_says_how_to_add_one(signed_in):
    page = signed_in("it_agent").get("/inputs").text
    assert "Nothing is connected" in page
    assert "wardkeeper check" in page


def test_a_link_that_is_up_with_its_figures(signed_in, hospital, inside):
    inside(links=[Link("main", "up", hospital.clock.now() - timedelta(hours=3))])
    hospital.context.counters.heard("main", 4210, 9120)
    page = signed_in("it_agent").get("/inputs").text
    assert "One input up, 9,120 readings a minute" in page
    assert "4,210" in page
    assert "broker.example:1883" in page


def test_a_link_that_is_down_says_why_and_what_to_do(signed_in, hospital, inside):
    at = hospital.clock.now() - timedelta(minutes=14)
    inside(links=[Link("main", "up", at), Link("lab", "down", at, "broker.example:1883: connection refused")])
    page = signed_in("it_agent").get("/inputs").text
    assert "One input is down: lab" in page
    assert "connection refused" in page
    assert "Wardkeeper tries again by itself" in page
    assert page.index(">lab</a></h2>") < page.index(">main</a></h2>")


def test_what_the_link_itself_says_to_do_is_said_instead_of_the_usual(signed_in, hospital, inside):
    told = Link("beds", "down", hospital.clock.now(), "/dev/ttyUSB0: Permission denied", "serial", hint="Join dialout")
    inside(links=[told])
    page = signed_in("it_agent").get("/inputs").text
    assert "Join dialout" in page
    assert "tries again by itself" not in page


def test_a_link_that_is_well_says_quietly_what_went_wrong_before(signed_in, hospital, inside):
    since = hospital.clock.now() - timedelta(hours=3)
    inside(links=[Link("main", "up", since, "the broker was restarted")])
    page = signed_in("it_agent").get("/inputs").text
    assert re.search(r"Over for <time[^>]*>3\s?h</time>: the broker was restarted", page)
    assert "One input up" in page
    inside(links=[Link("main", "up", since - timedelta(days=1), "the broker was restarted")])
    assert "restarted" not in signed_in("it_agent").get("/inputs").text


def test_what_is_open_and_was_never_heard_is_not_said_to_work(signed_in, hospital, inside):
    now = hospital.clock.now()
    parts = [Link("bed-1", "up", now, last_frame=now), Link("bed-2", "up", now)]
    inside(links=[Link("beds", "up", now, kind="serial", parts=parts, last_frame=now)])
    page = signed_in("it_agent").get("/inputs").text
    assert page.count("up, nothing yet") == 1
    assert "none yet" in page


def hear(counters, frames, readings, bad, lost):
    if frames:
        counters.heard("main", frames, readings)
    for _ in range(bad):
        counters.bad(bad_frame("main", "t", b"", "not JSON", at=counters._clock.now()))
    if lost:
        counters.lost("main", lost)


@pytest.mark.parametrize(
    "minutes,figures,told",
    [
        (14, (0, 0, 0, 0), None),
        (16, (0, 0, 0, 0), "up for 16\u00a0min and has heard nothing yet"),
        (1, (20, 0, 0, 0), "Nothing of it is understood"),
        (1, (20, 20, 3, 0), "15 of 100 frames are not understood"),
        (1, (30, 20, 3, 0), None),
        (1, (19, 0, 19, 0), None),
        (1, (5, 5, 0, 7), "7 readings were lost for want of room"),
    ],
)
def test_figures_that_tell_of_a_mistake_say_which(signed_in, hospital, inside, minutes, figures, told):
    """Figures: frames, readings, frames not understood, readings lost."""
    inside(links=[Link("main", "up", hospital.clock.now() - timedelta(minutes=minutes))])
    hear(hospital.context.counters, *figures)
    page = signed_in("it_agent").get("/inputs").text
    assert told in page if told else 'class="todo"' not in page


TOOK = Durations((0.005, 0.25), (98, 2, 0), 0.6)
LETTERS = Path("/var/lib/wardkeeper/stores/copy/refused.jsonl")
NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    "rate,minutes,told",
    [
        (12.4, 120, "3,034 messages since its start, about 12 a minute now"),
        (0.0, 1, "3,034 messages since its start: a client"),
        (0.0, 120, ""),
    ],
)
def test_what_the_broker_threw_away_is_told_while_it_does_and_for_an_hour(rate, minutes, told):
    dropped = Dropped(rate, 3034.0, NOW - timedelta(minutes=minutes))
    words = "".join(each.text for each in advice(Input("main", "up", NOW, dropped=dropped), NOW))
    assert told in words
    assert bool(words) == bool(told)


def test_what_the_broker_threw_away_stands_at_its_link(signed_in, hospital, inside):
    inside(links=[Link("main", "up", hospital.clock.now())])
    hospital.measure("link:main", "broker_dropped", 7.0)
    assert "max_queued_messages 0" in signed_in("it_agent").get("/inputs").text


def ports_of(hospital, count, down=()):
    """A serial link with `count` ports, some of them unplugged."""
    now = hospital.clock.now()
    return Link(
        "beds",
        "up",
        now,
        kind="serial",
        parts=tuple(
            Link(f"bed-{n:02}", "down", now, "unplugged", hint="Plug it in")
            if n in down
            else Link(f"bed-{n:02}", "up", now, last_frame=now, frames_per_minute=100)
            for n in range(count)
        ),
    )


def test_ports_of_a_link_each_have_their_state_and_what_to_do(signed_in, hospital, inside):
    inside(links=[ports_of(hospital, 3, down=(1,))])
    page = signed_in("it_agent").get("/inputs").text
    assert "One port is down: beds/bed-01" in page
    assert page.index("bed-01<") < page.index("bed-00<"), "what needs a person stands first"
    assert "Plug it in" in page
    assert 'class="more"' not in page


def test_a_port_that_is_up_and_hears_only_noise_needs_a_person_too(signed_in, hospital, inside):
    now = hospital.clock.now()
    noisy = Link("bed-07", "up", now, hint="Only noise: check baud")
    link = replace(ports_of(hospital, 20), hint="bed-07: Only noise: check baud")
    inside(links=[replace(link, parts=(*link.parts[:7], noisy, *link.parts[8:]))])
    page = signed_in("it_agent").get("/inputs").text
    assert "One port needs a look: beds/bed-07" in page
    assert page.index("bed-07<") < page.index('class="more"') < page.index("bed-00<")
    assert page.count("Only noise: check baud") == 1, "what its port says is not said again for the link"


def test_of_many_ports_that_are_down_the_first_are_named(signed_in, hospital, inside):
    inside(links=[ports_of(hospital, 9, down=range(5))])
    page = signed_in("it_agent").get("/inputs").text
    assert "Five ports are down: beds/bed-00, beds/bed-01, beds/bed-02 and 2 more" in page


def test_of_many_ports_only_those_that_need_a_person_are_spread_out(page, server, hospital, inside):
    inside(links=[ports_of(hospital, 64, down=(3, 17))])
    server.enter(page, "it_agent")
    page.goto(f"{server.url}/inputs")
    expect(page.locator("h1")).to_have_text("Two ports are down: beds/bed-03, beds/bed-17")
    expect(page.locator("main tbody tr:visible")).to_have_count(2)
    page.get_by_text("62 others up, 6,200 frames a minute").click()
    expect(page.locator("main tbody tr:visible")).to_have_count(64)


def test_an_opened_list_stays_open_and_its_figures_still_move(page, server, hospital, inside):
    inside(links=[ports_of(hospital, 20)])
    server.enter(page, "it_agent")
    page.goto(f"{server.url}/inputs")
    page.get_by_text("20 up").click()
    row = page.locator("[id='link:beds/bed-05']")
    expect(row).to_contain_text("100")
    inside(
        links=[
            replace(each, parts=tuple(replace(p, frames_per_minute=4321) for p in each.parts))
            for each in [ports_of(hospital, 20)]
        ]
    )
    expect(row).to_contain_text("4,321", timeout=8000)
    expect(row).to_be_visible()


def test_a_link_has_an_address_of_its_own(page, server, hospital, inside):
    inside(links=[Link(f"ward {n}", "up", hospital.clock.now()) for n in range(30)])
    server.enter(page, "it_agent")
    page.goto(f"{server.url}/inputs#link:ward%2025")
    expect(page.locator("main li:target h2")).to_have_text("ward 25")
    expect(page.locator("main li:target")).to_be_in_viewport()


def test_ports_of_another_machine_stand_under_their_link(signed_in, hospital):
    at = hospital.clock.now()
    hospital.hear(Reading("link:edge", "link_up", True, at, at), Reading("link:edge/ttyS0", "link_up", False, at, at))
    page = signed_in("it_agent").get("/inputs").text
    assert "One port is down: edge/ttyS0" in page
    assert "It runs on another machine" in page


def test_a_link_of_another_machine_is_known_by_its_readings(signed_in, hospital):
    at = hospital.clock.now() - timedelta(minutes=2)
    hospital.hear(Reading("link:edge", "link_up", False, at, at))
    assert "One input is down: edge" in signed_in("it_agent").get("/inputs").text


def test_bad_frames_are_told_with_topic_reason_and_offset_and_no_markup_gets_through(signed_in, hospital):
    counters = hospital.context.counters
    counters.heard("main", 2)
    bad = bad_frame(
        "main", "zigbee2mqtt/<script>", b'{"temp', "not JSON: <b>end</b>", at=hospital.clock.now(), offset=6
    )
    counters.bad(bad)
    counters.unknown("main", "x" * 60_000)
    page = signed_in("it_agent").get("/inputs").text
    assert "zigbee2mqtt/&lt;script&gt;" in page
    assert "byte 6" in page
    assert f"hash {bad.digest}" in page, "what could not be read could not be masked: none of its bytes"
    assert "7b2274656d70" not in page
    assert "<b>end</b>" not in page
    assert "x" * 200 in page
    assert "x" * 201 not in page


@pytest.mark.parametrize("role", ["clinician", "requester", "vendor"])
def test_it_is_for_those_who_run_it(signed_in, role):
    assert signed_in(role).get("/inputs").status_code == 403


def test_figures_move_by_themselves(page, server, hospital, inside):
    inside(links=[Link("main", "up", hospital.clock.now())])
    hospital.context.counters.heard("main", 1, 1)
    server.enter(page, "it_agent")
    page.goto(f"{server.url}/inputs")
    hospital.context.counters.heard("main", 41, 1)
    expect(page.locator("#links")).to_contain_text("42", timeout=8000)


def test_inputs_and_collector_are_good_to_look_at(page, server, hospital, inside, good_to_look_at):
    server.enter(page, "it_agent")
    good_to_look_at(page, f"{server.url}/collector")
    now = hospital.clock.now()
    inside(
        links=[Link("main", "up", now), Link("lab", "down", now, "refused"), ports_of(hospital, 20, down=(1, 2))],
        cursors=[
            CursorState("store", 8100, 23, 12.4, TOOK, store=True),
            CursorState("copy", 8123, 0, 0.0, TOOK, True, DeadLetters(3, "field type conflict: " + "x" * 80, LETTERS)),
            CursorState("alarms", 8123, 0, 0.0),
        ],
        services=[Link("spool", "running", now)],
        spool=SpoolState(
            8123, 9_700_000_000, 0.91, ("a record was changed on disk and skipped",), 10_737_418_240, 50_000, TOOK
        ),
    )
    hospital.context.counters.heard("main", 4210, 9120)
    hospital.context.counters.bad(
        bad_frame("main", "zigbee2mqtt/" + "OR-2" * 40, bytes(500), "not JSON: end", at=now, offset=6)
    )
    hospital.context.counters.unknown("main", "y" * 300)
    hospital.context.counters.inc("items_dropped", 1234, why="sighting, spool nearly full")
    good_to_look_at(page, f"{server.url}/inputs")
    good_to_look_at(page, f"{server.url}/collector")
