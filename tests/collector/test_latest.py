"""The newest reading of everything."""

from datetime import timedelta

from msgspec.structs import replace

from collector.clock import ManualClock
from collector.latest import Latest
from collector.points import table_of
from collector.reading import OWN_GATEWAY, Announcement, Quality, Reading, Sighting

T0 = ManualClock().now()


def reading(value, at=0, metric="temperature", device="d", quality=Quality.GOOD, gateway="", received=None):
    heard = at if received is None else received
    return Reading(device, metric, value, T0 + timedelta(seconds=at), T0 + timedelta(seconds=heard), gateway, quality)


def test_the_newest_by_its_own_time_stands_whatever_its_quality():
    latest = Latest()
    latest.update([reading(2.0, at=2), reading(1.0, at=1, received=3), reading(9.0, at=9, quality=Quality.BAD)])
    assert latest.get("d", "temperature") == reading(9.0, at=9, quality=Quality.BAD)
    assert latest.get("d", "humidity") is None
    assert latest.get("nobody", "humidity") is None


def test_what_a_wrong_clock_said_gives_way_when_it_was_set_back():
    latest, year = Latest(), 365 * 86_400
    latest.update([reading(1.0, at=year)])
    latest.update([reading(2.0, at=0)])
    assert latest.get("d", "temperature") == reading(2.0, at=0)
    assert latest.seen("d") == T0


def test_what_an_edge_forwards_long_after_it_heard_it_replaces_nothing():
    latest = Latest()
    latest.update([reading(1.0, at=3600)])
    latest.update([replace(reading(2.0), retained=True)])
    assert latest.get("d", "temperature").value == 1.0
    assert latest.seen("d") == T0 + timedelta(hours=1)


def test_of_two_with_one_time_the_later_heard_stands():
    latest = Latest()
    latest.update([reading(1.0), reading(2.0, received=1)])
    assert latest.get("d", "temperature").value == 2.0


def test_of_gives_one_device_and_what_it_gives_does_not_change_later():
    latest = Latest()
    latest.update([reading(1.0), reading(True, metric="door_open"), reading(5.0, device="e")])
    before = latest.of("d")
    latest.update([reading(2.0, at=1)])
    assert {metric: r.value for metric, r in before.items()} == {"temperature": 1.0, "door_open": True}
    assert latest.devices() == ["d", "e"]


def test_changes_come_once_newest_last_and_only_what_is_new():
    latest = Latest()
    latest.update([reading(1.0), reading(2.0, device="e"), reading(3.0, at=1)])
    version, changed = latest.changed_since(0)
    assert [(r.device, r.value) for r in changed] == [("e", 2.0), ("d", 3.0)]
    assert latest.changed_since(version) == (version, [])
    latest.update([reading(0.0, at=-1)])
    assert latest.changed_since(version) == (version, [])
    latest.update([reading(4.0, at=4)])
    assert [r.value for r in latest.changed_since(version)[1]] == [4.0]


def test_a_device_is_seen_when_it_speaks_and_a_tag_when_a_gateway_hears_it():
    latest = Latest()
    latest.update([reading(1.0, at=1, received=5), Sighting("ble:t", "gw", -70, T0), Announcement("x", {}, T0)])
    assert latest.seen("d") == T0 + timedelta(seconds=5)
    assert latest.seen("ble:t") == T0
    assert latest.seen("x") is None


def test_a_retained_state_a_will_and_what_was_derived_are_no_sign_of_life():
    latest = Latest()
    latest.update(
        [
            replace(reading(1.0, quality=Quality.UNCERTAIN), retained=True),
            reading(False, metric="available"),
            reading("12", metric="room", gateway=OWN_GATEWAY),
        ]
    )
    assert latest.seen("d") is None
    assert set(latest.of("d")) == {"temperature", "available", "room"}
    latest.update([reading(True, metric="available", at=1)])
    assert latest.seen("d") == T0 + timedelta(seconds=1)


def test_a_device_with_a_fast_clock_is_not_silent():
    latest = Latest()
    latest.update([reading(1.0, at=5, quality=Quality.UNCERTAIN)])
    assert latest.seen("d") == T0 + timedelta(seconds=5)


def test_a_late_message_does_not_turn_seen_back():
    latest = Latest()
    latest.update([reading(1.0, at=9), reading(1.0, at=3)])
    assert latest.seen("d") == T0 + timedelta(seconds=9)


def test_tags_without_number_are_forgotten_the_least_recent_first_and_devices_never():
    latest = Latest(tags=10)
    latest.update([reading(1.0)])
    latest.update(Sighting(f"ble:{n}", "gw", -70, T0 + timedelta(seconds=n)) for n in range(100))
    assert latest.seen("d") == T0
    assert latest.seen("ble:99") is not None
    assert 5 <= sum(latest.seen(f"ble:{n}") is not None for n in range(100)) <= 10


def test_it_starts_from_what_the_store_knows():
    latest = Latest()
    latest.prime(table_of([reading(1.0, at=1), Sighting("ble:t", "gw", -70, T0)]))
    assert latest.get("d", "temperature") == reading(1.0, at=1)
    assert latest.seen("ble:t") == T0
    assert latest.of("ble:t") == {}
    assert [r.value for r in latest.changed_since(0)[1]] == [1.0]


def test_a_state_holds_from_when_it_changed_and_not_from_when_it_was_said_again():
    latest = Latest()
    latest.update([reading(True, at=1, metric="door_open"), reading(True, at=9, metric="door_open")])
    assert latest.since("d", "door_open") == T0 + timedelta(seconds=1)
    latest.update([reading(False, at=20, metric="door_open"), reading(20.5, at=21)])
    assert latest.since("d", "door_open") == T0 + timedelta(seconds=20)
    assert latest.since("d", "temperature") is None


def test_how_often_a_device_talks_is_learned_from_its_words_not_from_its_readings():
    latest = Latest()
    for word in range(10):
        assert latest.interval("d") is None
        burst = [reading(1.0, at=word * 30 + part / 10, metric=f"m{part}") for part in range(5)]
        latest.update(burst)
    assert latest.interval("d") == timedelta(seconds=30)
    assert latest.interval("nobody") is None


def test_a_stream_without_a_pause_is_a_word_a_second():
    latest = Latest()
    for third in range(40):
        latest.update([reading(1.0, at=third / 3)])
    assert latest.interval("d") == timedelta(seconds=1)


def test_it_learns_a_new_pace_and_a_wrong_clock_teaches_nothing():
    latest, heard = Latest(), 0
    for every in [30] * 10 + [600] * 9:
        heard += every
        latest.update([reading(1.0, at=heard)])
    assert latest.interval("d") == timedelta(seconds=600)
    for word in range(4):
        latest.update([reading(1.0, at=600 * word)])
    assert latest.interval("d") == timedelta(seconds=600)


def test_what_is_retained_and_what_a_store_knows_teach_nothing():
    latest = Latest()
    latest.prime(table_of([reading(1.0, at=-9_000)]))
    for minute in range(9):
        latest.update([reading(1.0, at=60 * minute), replace(reading(2.0, at=60 * minute + 20), retained=True)])
    assert latest.interval("d") == timedelta(seconds=60)
