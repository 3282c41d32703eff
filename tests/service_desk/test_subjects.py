"""Whom a reading is about: the zones of its place."""

from types import SimpleNamespace

from asset_registry.known import Content, KnownPlace
from asset_registry.snapshot import Snapshot
from collector.clock import ManualClock
from collector.latest import Latest
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
