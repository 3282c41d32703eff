"""Lines as readings: what Wardkeeper wrote comes back as it was, and whatever others write has a name."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.admission import Timeline
from collector.clock import ManualClock
from collector.influx.heard import MOST, Config, Lines, TooMuch
from collector.influx.lines import Merging
from collector.metrics import METRICS
from collector.points import ms_of, points_of
from collector.reading import Announcement, Quality, Reading, Sighting

NOW = ManualClock().now()
MS = ms_of(NOW)


def heard(*lines, ns=10**6, **config):
    return Lines("linden", Config(**config)).heard("\n".join(lines).encode(), ns, NOW)


def said(*lines, **more):
    return [(item.device, item.metric, item.value) for item in heard(*lines, **more).items]


# ---------------------------------------------------------------- our own

moments = st.integers(-(10**9), 10**5).map(lambda ms: NOW + timedelta(milliseconds=ms))
points = st.builds(
    Reading,
    device=st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text),
    metric=st.sampled_from([*(set(METRICS) - {"rssi"}), "cpu_usage_idle"]),
    value=st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=20)),
    at=moments,
    received=moments,
    gateway=st.sampled_from(["", "wardkeeper", "ble:hci 0,=\\%"]),
    quality=st.sampled_from(Quality),
)


def come_back(points):
    """As they come back: heard at least a millisecond after they were measured, so that resent ones keep their time."""
    tick = timedelta(milliseconds=1)
    return [replace(point, received=point.received + tick * (point.received == point.at)) for point in points]


@given(st.lists(points, max_size=5))
def test_what_store_influx_writes_comes_back_as_the_same_points(written):
    lines = Merging("linden", float("-inf")).lines(written, lambda ask: b"").good
    found = heard(*lines)
    assert found.wrong == []
    sighted = [item for item in found.items if isinstance(item, Sighting)]
    assert sighted == []
    assert found.items == come_back(written)


def test_a_sighting_comes_back_as_one_so_that_it_is_located():
    sighting = Sighting("ble:tag", "ble:hci0", -61.0, NOW)
    lines = Merging("linden", float("-inf")).lines(points_of([sighting]), lambda ask: b"").good
    assert heard(*lines).items == [sighting]


def test_a_line_of_another_site_is_wrong():
    [wrong] = heard("environment,site=cedar,device=d temperature=1").wrong
    assert wrong.why == "it is of the site cedar, and this is linden"


@pytest.mark.parametrize(
    "fields, value",
    [
        ("door_open=1i", True),
        ("door_open=0", False),
        ("co2=400i", 400.0),
        ('door_open="off"', "off"),
        ("co2=true", True),
    ],
)
def test_whoever_writes_our_form_by_hand_need_not_know_its_kinds(fields, value):
    [item] = heard(f"door,site=linden,device=d {fields} {MS}").items
    assert (item.value, type(item.value)) == (value, type(value))


@pytest.mark.parametrize("field", ['temperature_quality="SO-SO"', "temperature_delay_ms=99999999999999999999.0"])
def test_a_quality_or_delay_that_makes_no_sense_makes_the_line_wrong(field):
    [wrong] = heard(f"environment,site=linden,device=d temperature=1,{field} {MS}").wrong
    assert "make no sense" in wrong.why


def test_a_sender_whose_clock_is_wrong_is_not_believed_when_it_was_heard():
    [item] = heard(f"environment,site=linden,device=d temperature=1 {MS + 3_600_000}").items
    assert (item.received, item.at) == (NOW, NOW + timedelta(hours=1))  # the timeline makes it UNCERTAIN


@pytest.mark.parametrize("key", ["environment,site=linden,device=d", "air,device=d"])
def test_what_says_its_time_keeps_it_however_often_it_is_sent(key):
    lines = [f"{key} temperature={n} {MS - n}" for n in range(3)]
    timeline = Timeline()
    for _ in range(3):
        placed = timeline.place(heard(*lines).items, NOW, Counter())
        assert [ms_of(item.at) for item in placed] == [MS, MS - 1, MS - 2]
    untimed = timeline.place(heard(f"{key} temperature=1", f"{key} temperature=2").items, NOW, Counter())
    assert len({item.at for item in untimed}) == 2


# ---------------------------------------------------------------- anything else


def test_a_device_is_called_after_the_tag_that_says_so_and_what_else_tells_it_apart():
    assert said(
        "mem,host=ward-3 used_percent=41.5",
        "cpu,host=ward-3,cpu=cpu0 usage_idle=97i",
        "modbus,device=ahu-4,host=ward-3 temperature=21.5",
        "weather temperature=3",
        "weather,mast=2 temperature=4",
        "mem,host=ward-3,site=linden used_percent=41.5",
    ) == [
        ("lp:ward-3", "mem_used_percent", 41.5),
        ("lp:ward-3,cpu=cpu0", "cpu_usage_idle", 97.0),
        ("lp:ahu-4,host=ward-3", "temperature", 21.5),
        ("lp:weather", "temperature", 3.0),
        ("lp:weather,mast=2", "temperature", 4.0),
        ("lp:ward-3", "mem_used_percent", 41.5),
    ]


def test_which_tags_say_it_is_a_setting():
    assert said("modbus,name=ahu-4,host=h temperature=1", device_tags=["name"]) == [
        ("lp:ahu-4,host=h", "temperature", 1)
    ]


def test_a_field_that_has_the_name_of_a_metric_is_that_metric_in_its_kind():
    assert said('rack door_open=1i,humidity=40i,action="double",open=true,humidity_raw=3u') == [
        ("lp:rack", "door_open", True),
        ("lp:rack", "humidity", 40.0),
        ("lp:rack", "action", "double"),
        ("lp:rack", "rack_open", True),
        ("lp:rack", "rack_humidity_raw", 3.0),
    ]


def test_a_line_without_a_time_is_of_now_and_every_time_is_in_whole_milliseconds():
    first, second = heard("a co2=1", f"a co2=2 {MS * 10**6 + 999_999}", ns=1).items
    assert (first.at, first.received, second.at) == (NOW, NOW, NOW)
    assert heard("a co2=1 -1", ns=10**9).items[0].at == NOW - timedelta(milliseconds=MS + 1000)


# ---------------------------------------------------------------- Home Assistant


def entity(domain, name, measurement, fields):
    return f"{measurement},domain={domain},entity_id={name} {fields}"


def test_an_entity_of_home_assistant_is_a_device_with_its_name_and_its_metric():
    line = entity(
        "sensor",
        "or_2_air",
        "°C",
        'device_class_str="temperature",friendly_name_str="OR 2 air",state_class_str="measurement",value=21.4',
    )
    assert heard(line, line).items == [
        Announcement("lp:sensor.or_2_air", {"name": "OR 2 air"}, NOW),
        Reading("lp:sensor.or_2_air", "temperature", 21.4, NOW, NOW),
        Reading("lp:sensor.or_2_air", "temperature", 21.4, NOW, NOW),
    ]


@pytest.mark.parametrize(
    "measurement, fields, expected",
    [
        ("%", 'device_class_str="humidity",value=41', [("humidity", 41.0)]),
        ("°F", 'device_class_str="temperature",value=70', [("°F_value", 70.0)]),  # not °C: another metric
        ("°C", "value=21", [("°C_value", 21.0)]),
        ("sensor__carbon_dioxide", 'unit_of_measurement_str="ppm",value=600', [("co2", 600.0)]),
        ("\N{GREEK SMALL LETTER MU}g/m³", 'device_class_str="pm25",value=7', [("pm25", 7.0)]),
        ("sensor.x", 'state="idle",options_str="a"', [("sensor.x_state", "idle")]),
        ("sensor.x", 'friendly_mode_str="a"', []),
    ],
)
def test_a_sensor_is_the_metric_of_its_class_only_in_that_metrics_unit(measurement, fields, expected):
    found = said(entity("sensor", "x", measurement, fields))
    assert [(metric, value) for _, metric, value in found] == expected


def test_a_binary_sensor_is_true_or_false():
    line = entity("binary_sensor", "fridge", "binary_sensor.fridge", 'device_class_str="door",state="on",value=1')
    assert said(line) == [("lp:binary_sensor.fridge", "door_open", True)]


# ---------------------------------------------------------------- what is wrong


def test_bad_lines_are_named_with_where_and_the_good_ones_are_kept():
    found = heard("# first", "a co2=1", "ä b=t,c=", "a co2=2", "bad")
    assert [item.value for item in found.items] == [1.0, 2.0]
    assert (found.lines, found.good) == (4, 2)
    assert [(each.number, each.begins, each.line, each.why, each.offset) for each in found.wrong] == [
        (2, 16, "ä b=t,c=", "missing field value", 3),
        (4, 34, "bad", "missing fields", 3),
    ]


def test_bytes_that_are_no_text_spoil_their_own_line_only():
    found = Lines("linden").heard(b"a co2=1\na\xff co2=2\na co2=3", 1, NOW)
    assert [item.value for item in found.items] == [1.0, 3.0]
    assert [(each.begins, each.why) for each in found.wrong] == [(8, "not UTF-8")]


@pytest.mark.parametrize("line", ["a,host=" + "x" * 600 + " b=1", "a " + "x" * 600 + "=1", "a\0 b=1"])
def test_names_that_cannot_be_kept(line):
    [wrong] = heard(line).wrong
    assert wrong.why.startswith("a name ")


def test_too_much_at_once_is_refused_whole():
    assert len(heard(*["a co2=1"] * MOST).items) == MOST
    with pytest.raises(TooMuch):
        heard(*["a co2=1"] * (MOST + 1))
    with pytest.raises(TooMuch):
        heard(*["a co2=1,b=2,c=3"] * (MOST // 2))


def test_series_that_never_come_again_are_forgotten(monkeypatch):
    monkeypatch.setattr("collector.influx.heard._REMEMBERED", 2)
    lines = Lines("linden")
    lines.heard(b"a x=1\nb x=1\nc x=1\nd x=1\na x=1", 1, NOW)
    assert len(lines._series) <= 2
