"""Numbers and plurals of first lines; addresses that keep a page's filters; numbers that never break."""

import pytest
from starlette.requests import Request

from dashboards.sentences import address, many, spelled, start, whole


@pytest.mark.parametrize("count, word", [(0, "no"), (1, "one"), (7, "seven"), (10, "ten"), (11, "11"), (1210, "1,210")])
def test_small_numbers_are_words(count, word):
    assert spelled(count) == word


def test_plurals():
    assert (many(1, "alarm"), many(2, "alarm"), many(2, "person", "people")) == (
        "one alarm",
        "two alarms",
        "two people",
    )


def test_a_sentence_starts_large_and_keeps_its_names():
    assert start("one input is down: LAB") == "One input is down: LAB"


def request_for(query):
    return Request({"type": "http", "path": "/alarms", "query_string": query, "headers": [], "server": ("x", 80)})


def test_an_address_keeps_what_it_is_not_told_to_change():
    request = request_for(b"priority=high&q=a%26b")
    assert address(request, floor=3) == "/alarms?priority=high&q=a%26b&floor=3"
    assert address(request, priority=None) == "/alarms?q=a%26b"
    assert address(request, priority=None, q="") == "/alarms"


@pytest.mark.parametrize(
    "text, kept",
    [
        ("Fridge F-07 is warm", "F-07"),
        ("see W-2296", "W-2296"),
        ("Gateway 4-06 is silent", "4-06"),
        ("normal (2–8\u00a0°C) for", "2–8\u00a0°C"),
    ],
)
def test_numbers_never_break(text, kept):
    assert f'<span class="num">{kept}</span>' in whole(text)


def test_markup_in_a_title_stays_text():
    assert whole("<b>F-07</b>") == '&lt;b&gt;<span class="num">F-07</span>&lt;/b&gt;'
