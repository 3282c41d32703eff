"""The collector in words: how fast, how full, who is behind, what was refused or left out, and what to do."""

from dataclasses import replace
from pathlib import Path

import pytest

from collector.histogram import Durations
from collector.ports import DeadLetters
from collector.supervisor import Status
from dashboards.context import CursorState, Inside, SpoolState
from dashboards.pages.collector import within

pytestmark = pytest.mark.dialects("sqlite")

TOOK = Durations((0.005, 0.25, 300.0), (98, 1, 1, 0), 0.6)


@pytest.fixture
def look(signed_in, hospital):
    """The page while this runs: `look(cursors=[…])`."""

    def page(**parts):
        running = {"services": [Status("spool", "running", hospital.clock.now())], **parts}
        known = {name: (lambda value=value: value) for name, value in running.items()}
        hospital.context.inside = replace(Inside(), **known)
        return signed_in("it_agent").get("/collector").text

    return page


def test_who_is_behind_by_how_much_and_what_to_do(look):
    page = look(
        cursors=[CursorState("store", 8100, 23, 12.4, store=True), CursorState("alarms", 8123, 0, 0.0)],
        spool=SpoolState(8123, 64_000_000, 0.02, ()),
    )
    assert "One reader is behind: store" in page
    assert "23 records" in page
    assert "wardkeeper doctor store" in page
    assert "64.0\u00a0MB" in page


def test_what_fell_over_comes_before_everything_else(look, hospital):
    page = look(
        services=[Status("alarms", "waiting", hospital.clock.now(), 1, "disk full")],
        cursors=[CursorState("alarms", 1, 2, 30.0)],
    )
    assert "One part does not run: alarms" in page
    assert "disk full" in page


def test_a_spool_that_fills_up_says_what_happens_and_what_to_do(look):
    page = look(spool=SpoolState(8123, 7_500_000_000, 0.7499, (), 10_000_000_000))
    assert "The spool is 75 % full" in page
    assert "spool.quota_mb" in page
    assert "Of its 10.0\u00a0GB" in page


def test_how_long_it_takes_until_a_message_is_on_disk(look):
    page = look(spool=SpoolState(1, 1, 0.0, (), 0, 0, TOOK))
    assert "under 5\u00a0ms" in page
    assert "under 250\u00a0ms" in page


def test_what_a_store_refused_is_said_with_the_place_of_its_dead_letters(look):
    letters = DeadLetters(3, "field type conflict", Path("/data/stores/copy/refused.jsonl"))
    page = look(cursors=[CursorState("copy", 9, 0, 0.0, TOOK, True, letters)])
    assert "Three points refused, kept in /data/stores/copy/refused.jsonl" in page


def test_what_was_left_out_with_why_and_what_to_do(look, hospital):
    hospital.context.counters.inc("items_dropped", 1234, why="redelivered")
    hospital.context.counters.inc("items_dropped", 2, why="not finite")
    page = look()
    assert page.index("Redelivered") < page.index("Not finite"), "most first"
    assert "Nothing to do: a broker sent again" in page


def test_durations_in_words():
    assert within(None, 0.5) == ""
    assert within(Durations((1.0,), (0, 0), 0.0), 0.5) == ""
    assert within(TOOK, 1.0) == "under 5\u00a0min"
    assert within(Durations((60.0,), (0, 1), 99.0), 0.5) == "over 1\u00a0min"
    assert within(Durations((2.5,), (1, 0), 2.0), 0.5) == "under 2.5\u00a0s"
