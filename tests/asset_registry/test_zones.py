"""Which zones a room lies in."""

from asset_registry.known import Content, KnownPlace
from asset_registry.snapshot import Snapshot
from asset_registry.zones import Zone


def room(number, x, **more):
    plan = {"polygon": [[x, 0], [x + 4, 0], [x + 4, 4], [x, 4]]}
    return KnownPlace(int(number), "room", 1, number, "", None, "", plan, **more)


def snapshot(clock, *zones):
    floor = KnownPlace(1, "floor", None, "4", "", 4, "", {"zones": list(zones)})
    bed = KnownPlace(99, "bed", 12, "a", "", None, "", {})
    places = [floor, room("12", 0), room("13", 4), room("18", 8), bed]
    return Snapshot(Content("linden", 1, clock.now(), places, [], [], [], [], []))


def test_a_room_lies_in_the_zones_that_name_it_and_a_bed_in_those_of_its_room(clock):
    now = snapshot(
        clock,
        {"kind": "hvac", "name": "South", "rooms": ["12", "13"], "polygon": None},
        {"kind": "restricted", "name": "Drugs", "rooms": ["12"]},
    )
    assert now.zones_of(12) == now.zones_of(99) == (Zone("hvac", "South"), Zone("restricted", "Drugs"))
    assert now.zones_of(13) == (Zone("hvac", "South"),)
    assert now.zones_of(18) == now.zones_of(1) == now.zones_of(4711) == ()


def test_an_outline_takes_in_the_rooms_whose_middle_lies_in_it(clock):
    outline = [[3, -1], [9, -1], [9, 5], [3, 5]]
    now = snapshot(clock, {"kind": "exit", "name": "Door", "rooms": [], "polygon": outline})
    assert [place for place in (12, 13, 18) if now.zones_of(place)] == [13]
