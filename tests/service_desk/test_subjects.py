"""Whom a reading is about: the zones of its place, how often it talks."""

from datetime import timedelta
from types import SimpleNamespace

from asset_registry.known import Content, KnownDevice, KnownPlace
from asset_registry.snapshot import Snapshot
from collector.clock import ManualClock
from collector.latest import Latest
from collector.reading import Reading
from service_desk.subjects import Subjects


def test_a_subject_is_in_the_zones_of_its_room_by_name_and_by_kind():
    now = ManualClock().now()
    zones = [
        {"kind": "restricted", "name": "Drugs", "rooms": ["4.18"]},
        {"kind": "restricted", "name": "Cold", "rooms": ["4.18"]},
        {"kind": "exit", "name": "Door", "rooms": ["4.01"]},
    ]
    floor = KnownPlace(1, "floor", None, "4", "Level 4", 4, "", {"zones": zones})
    room = KnownPlace(2, "room", 1, "4.18", "", None, "", {})
    snapshot = Snapshot(Content("linden", 1, now, [floor, room], [], [], [], [], []))
    subjects = Subjects(SimpleNamespace(current=snapshot), Latest())
    assert subjects.of("place:2", now).zones == ("Drugs", "Cold", "restricted")
    assert subjects.of("place:1", now).zones == ()


def test_how_often_a_device_talks_is_what_it_announced_else_what_was_heard_and_how_surely_is_known_too():
    now = ManualClock().now()
    said = KnownDevice(1, "linden", "mqtt:a", "", "", "", "", "", 600.0, now, dismissed=False)
    snapshot = Snapshot(Content("linden", 1, now, [], [], [said], [], [], []))
    latest = Latest()
    subjects = Subjects(SimpleNamespace(current=snapshot), latest)
    for word in range(10):
        moment = now + timedelta(seconds=60 * word)
        latest.update([Reading(device, "temperature", 5.0, moment, moment) for device in ("mqtt:a", "mqtt:b")])
        assert (subjects.of("mqtt:b", now).every_s, subjects.of("mqtt:b", now).pace) == (
            (None, "") if word < 9 else (60.0, "even")
        )
    known = subjects.of("mqtt:a", now)
    assert (known.every_s, known.pace) == (600.0, "announced")
