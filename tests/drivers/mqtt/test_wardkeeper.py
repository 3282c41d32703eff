"""Wardkeeper's own messages: the document's examples in, items out; and what an edge encodes is what is decoded."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.reading import Announcement, Frame, Quality, Reading, Sighting
from drivers.mqtt.wardkeeper import Wardkeeper, encode

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
EARLIER = HEARD - timedelta(hours=1)
TOPIC = "wardkeeper/edge-4/readings"
BENCH = '{"device":"mqtt:bench/bed-0017","metric":"temperature","value":21.37,"at":"2026-11-24T06:00:00.123Z"}'

moments = st.datetimes(
    datetime(2016, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    HEARD.replace(tzinfo=None) + timedelta(minutes=5),
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
texts = st.text(st.characters(exclude_categories=["Cs"]))
names = texts.filter(bool)
values = {float: st.floats(allow_nan=False, allow_infinity=False), bool: st.booleans(), str: texts}


@st.composite
def readings(draw):
    metric = draw(st.sampled_from(sorted(METRICS)))
    quality, retained = draw(st.sampled_from(Quality)), draw(st.booleans())
    return Reading(
        draw(names),
        metric,
        draw(values[METRICS[metric].kind]),
        draw(moments),
        draw(moments),
        draw(texts),
        Quality.UNCERTAIN if retained and quality is Quality.GOOD else quality,
        retained,
    )


sightings = st.builds(Sighting, names, names, values[float], moments, st.none() | st.integers(-(2**63), 2**64 - 1))
announcements = st.builds(Announcement, names, st.dictionaries(texts, texts), moments)


@given(st.lists(readings() | sightings | announcements))
def test_what_is_encoded_is_decoded(items):
    assert Wardkeeper().decode(Frame("link", TOPIC, encode(items), HEARD)) == items


@given(st.binary() | st.recursive(st.none() | st.floats(), st.lists).map(repr).map(str.encode))
def test_bytes_that_are_something_else_are_a_bad_frame_or_say_nothing(trouble_at, payload):
    assert 0 <= trouble_at(Wardkeeper(), Frame("link", TOPIC, payload, HEARD)) <= len(payload)


def test_its_topics(heard):
    assert heard.claimed("wardkeeper/script/readings")
    assert heard.claimed("wardkeeper/script/readings/fridge/7")
    assert not heard.claimed("wardkeeper/script/available")
    assert heard.claimed("site/b/script/readings", base_topic="site/b")


def test_a_reading_with_a_time_of_its_own(heard):
    (one,) = heard(TOPIC, BENCH).items
    at = datetime(2026, 11, 24, 6, 0, 0, 123000, tzinfo=UTC)
    assert one == Reading("mqtt:bench/bed-0017", "temperature", 21.37, at, HEARD)


def test_without_times_it_counts_from_when_it_is_heard(heard):
    (one,) = heard(TOPIC, {"device": "mqtt:door", "metric": "door_open", "value": True}).items
    assert one == Reading("mqtt:door", "door_open", True, HEARD, HEARD)


def test_what_an_edge_forwards_keeps_its_past(heard):
    payload = {"device": "ble:a", "metric": "battery", "value": 87, "received": "2026-11-24T05:42:00Z", "gateway": "g"}
    (one,) = heard(TOPIC, [payload | {"quality": "BAD"}]).items
    assert one == Reading("ble:a", "battery", 87, EARLIER, EARLIER, "g", Quality.BAD)


def test_sightings_and_announcements(heard):
    seen = {"tag": "ble:pump", "gateway": "mqtt:hall", "rssi_dbm": -70, "motion": 5}
    told = {"device": "ble:pump", "facts": {"model": "P1"}, "received": "2026-11-24T06:42:00+01:00"}
    assert heard(TOPIC, [seen, told]).items == [
        Sighting("ble:pump", "mqtt:hall", -70, HEARD, 5),
        Announcement("ble:pump", {"model": "P1"}, EARLIER),
    ]


def test_what_was_kept_is_state_not_news(heard):
    plain = {"device": "a", "metric": "co2", "value": 600}
    (kept,) = heard(TOPIC, plain, retained=True).items
    (timed,) = heard(TOPIC, BENCH, retained=True).items
    (forwarded,) = heard(TOPIC, plain | {"retained": True}).items
    assert (kept.quality, kept.retained) == (forwarded.quality, forwarded.retained) == (Quality.UNCERTAIN, True)
    assert (timed.quality, timed.retained) == (Quality.GOOD, False)
    assert heard(TOPIC, {"tag": "t", "gateway": "g", "rssi_dbm": -70}, retained=True).items == []


def test_times_that_no_clock_can_mean_count_as_not_given(heard):
    payload = {"device": "a", "metric": "co2", "value": 600, "at": "1970-01-01T00:00:09Z"}
    (unset,) = heard(TOPIC, payload).items
    (ahead,) = heard(TOPIC, payload | {"received": "2026-11-24T06:47:01Z"}).items
    (odd,) = heard(TOPIC, payload | {"at": "2026-11-24T05:42:00.000999+00:00"}).items
    assert unset.at == unset.received == ahead.at == ahead.received == HEARD
    assert odd.at == EARLIER


@pytest.mark.parametrize("payload", ["", "[]", {"device": "a", "metric": "invented tomorrow", "value": 1}])
def test_what_says_nothing(heard, payload):
    assert heard(TOPIC, payload).items == []


@pytest.mark.parametrize(
    "payload, why",
    [
        ("21.5", "Expected `object | array`"),
        ("{", "truncated"),
        (b'{"device": "\xff"}', "not UTF-8"),
        ("[" * 100_000, "nested|Expected"),
        ({"device": "a", "metric": "co2"}, "needs a device, and as value a float"),
        ({"device": "a", "metric": "co2", "value": "600"}, "as value a float"),
        ({"device": "a", "metric": "door_open", "value": 1}, "as value a bool"),
        ({"metric": "co2", "value": 1}, "needs a device"),
        ('{"device": "a", "metric": "co2", "value": 1e999}', "out of range"),
        ('{"device": "a", "metric": "co2", "value": NaN}', "malformed"),
        ({"device": "a", "metric": "co2", "value": 1, "quality": "Jane Doe"}, "quality is one of GOOD, UNCERTAIN, BAD"),
        ({"device": "a", "metric": "co2", "value": 1, "at": "2026-11-24T12:00:00"}, "timezone"),
        ({"device": "a", "metric": "co2", "value": 1, "at": 1763985600}, "Expected `datetime"),
        ({"device": "a", "metric": "co2", "value": 1, "at": "9999-12-31T23:59:59-02:00"}, "beyond the year 9999"),
        ({"tag": "t", "gateway": "g"}, "needs tag, gateway and rssi_dbm"),
        ({"device": "a"}, "Expected a reading"),
        ({"facts": {}}, "Expected a reading"),
    ],
)
def test_a_bad_frame_says_why_and_nothing_of_what_it_said(heard, payload, why):
    with pytest.raises(BadFrame, match=why) as trouble:
        heard(TOPIC, payload)
    assert "Jane" not in str(trouble.value)


@pytest.mark.parametrize(
    "bad, why",
    [
        ({"device": "a", "metric": "co2", "value": "600"}, r"as value a float \(object 2 of 3\)"),
        ({"device": 7}, r"Expected `str`.*object 2 of 3"),
        (17, "Expected `object`"),
    ],
)
def test_one_bad_object_of_many_takes_no_other_with_it(heard, bad, why):
    good = {"device": "a", "metric": "co2", "value": 600}
    with pytest.raises(BadFrame, match=why) as trouble:
        heard(TOPIC, [good, bad, good | {"value": 700}])
    assert [one.value for one in trouble.value.said] == [600, 700]
