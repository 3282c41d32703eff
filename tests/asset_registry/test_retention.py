"""Who keeps what how long; the store that is told so is in tests/collector/embedded/test_retention.py."""

from datetime import timedelta

import pytest

from asset_registry.known import Content, KnownAsset, KnownBinding, KnownDevice, KnownGateway, KnownPlace
from asset_registry.retention import Policy, Terms
from asset_registry.snapshot import Snapshot
from asset_registry.spans import spans_of_asset, spans_of_place
from collector.clock import ManualClock
from collector.ports import Span

NOW = ManualClock().now()
MONTH, START = timedelta(days=30), NOW - timedelta(days=100)


def place(place_id, kind, parent):
    return KnownPlace(place_id, kind, parent, str(place_id), "", None, "", {})


def asset(asset_id, number, category, *, home=None):
    words = ("", "", "", "", "", "", "")
    return KnownAsset(asset_id, number, "", category, *words, home is None, "", "", "", "", None, None, home, NOW)


def device(device_id, native_id):
    return KnownDevice(device_id, "linden", native_id, "", "", "", "", "", None, START, dismissed=False)


def registry(revision=1):
    """Fridge F at home in room 3: probe 1 until a month ago, then probe 2. Pump P with tag 3. Sensor 4 in room 3."""
    ago = NOW - MONTH
    return Snapshot(
        Content(
            "linden",
            revision,
            NOW,
            [place(1, "building", None), place(2, "floor", 1), place(3, "room", 2), place(4, "room", 2)],
            [asset(1, "F", "refrigerator", home=3), asset(2, "P", "pump")],
            [device(n, f"mqtt:{n}") for n in range(1, 6)],
            [KnownGateway(5, 4, 0.0, 0.0)],
            [
                KnownBinding(1, 1, 1, None, "sensor", START - MONTH, ago),
                KnownBinding(2, 2, 1, None, "sensor", ago, None),
                KnownBinding(3, 3, 2, None, "tag", START, None),
                KnownBinding(4, 4, None, 3, "sensor", START, ago),
                KnownBinding(5, 4, None, 4, "sensor", ago, None),
            ],
            [],
        )
    )


def kept(terms, device="mqtt:9", metric="temperature", snapshot=registry):
    """Days of points and of rollups; None for ever."""
    return tuple(span and span.days for span in Policy(terms, snapshot).keep(device, metric))


@pytest.mark.parametrize(
    "terms, device, metric, days",
    [
        (Terms(), "mqtt:9", "spo2", (None, None)),
        (Terms(days=30), "mqtt:9", "spo2", (30, None)),
        (Terms(days=30, rollup_days=365), "mqtt:9", "spo2", (30, 365)),
        (Terms(days=30, rollup_days=10), "mqtt:9", "spo2", (30, 30)),
        (Terms(days=365, families={"vital": 30}), "mqtt:9", "spo2", (30, None)),
        (Terms(days=30, families={"vital": 0}), "mqtt:9", "spo2", (None, None)),
        (Terms(days=30, families={"vital": 60}), "mqtt:9", "temperature", (30, None)),
        (Terms(days=30, classes={"refrigerator": 1095}), "mqtt:2", "temperature", (1095, None)),
        (Terms(days=30, classes={"refrigerator": 1095}), "mqtt:1", "temperature", (1095, None)),
        (Terms(days=30, classes={"refrigerator": 1095}), "mqtt:3", "temperature", (30, None)),
        (Terms(days=30, classes={"pump": 20}, families={"location": 90}), "mqtt:3", "rssi", (90, None)),
        (Terms(days=30, hold=("F",)), "mqtt:1", "temperature", (None, None)),
        (Terms(days=30, hold=("F",)), "mqtt:3", "temperature", (30, None)),
        (Terms(days=30, hold=("mqtt:3",)), "mqtt:3", "temperature", (None, None)),
    ],
)
def test_the_longest_of_family_and_category_holds_and_a_hold_beats_both(terms, device, metric, days):
    assert kept(terms, device, metric) == days


@pytest.mark.parametrize(
    "terms, snapshot",
    [
        (Terms(days=30, hold=("F", "no such asset")), registry),
        (Terms(days=30, hold=("F",)), lambda: registry(revision=-1)),
        (Terms(days=30, classes={"pump": 90}), lambda: registry(revision=-1)),
        (Terms(days=30, classes={"pump": 90}), None),
    ],
)
def test_in_doubt_nothing_is_forgotten(terms, snapshot):
    assert kept(terms, snapshot=snapshot) == (None, None)


def test_without_a_registry_families_count():
    assert kept(Terms(days=30, families={"vital": 7}), metric="spo2", snapshot=None) == (7, None)


def test_an_asset_whose_sensor_was_changed_has_both_each_for_its_time():
    assert spans_of_asset(registry(), 1, START, NOW) == (
        Span("mqtt:1", START, NOW - MONTH),
        Span("mqtt:2", NOW - MONTH, NOW),
    )
    assert spans_of_asset(registry(), 1, NOW - MONTH, NOW) == (Span("mqtt:2", NOW - MONTH, NOW),)
    assert spans_of_asset(registry(), 99, START, NOW) == ()


def test_a_room_has_its_sensors_while_they_were_there_and_what_stays_put():
    assert spans_of_place(registry(), 3, START, NOW) == (
        Span("mqtt:1", START, NOW - MONTH),
        Span("mqtt:2", NOW - MONTH, NOW),
        Span("mqtt:4", START, NOW - MONTH),
    )
    assert spans_of_place(registry(), 4, START, NOW) == (Span("mqtt:4", NOW - MONTH, NOW), Span("mqtt:5", START, NOW))


def test_a_building_has_what_its_rooms_have_and_what_moved_within_it_once():
    building = spans_of_place(registry(), 1, START, NOW)
    assert [span for span in building if span.device == "mqtt:4"] == [Span("mqtt:4", START, NOW)]
    assert {span.device for span in building} == {"mqtt:1", "mqtt:2", "mqtt:4", "mqtt:5"}
