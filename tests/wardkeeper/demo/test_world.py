"""Linden General as data: exact counts, no loose ends, the same for the same seed."""

from collections import Counter

from asset_registry.assets import CONDITION, HOLDING, HYGIENE, USE
from asset_registry.people import ROLES
from wardkeeper.demo.inventory import gtin
from wardkeeper.demo.world import build_world


def test_it_has_the_counts_that_are_promised(world):
    assert len(world.rooms) == 60
    assert len(world.assets) == 300
    assert len(world.gateways) == 30
    assert len(world.talkers("tag")) == 300
    assert len({room.level for room in world.rooms}) == 3


def test_infusion_pumps_are_by_far_the_most(world):
    counts = Counter(thing.category for thing in world.assets).most_common(2)
    assert counts[0] == ("infusion pump", 120)
    assert counts[1][1] <= 40


def test_the_same_seed_gives_the_same_hospital_and_another_another(world):
    assert build_world(1) == world
    assert build_world(2) != world
    assert build_world(2).places == world.places


def test_numbers_serials_and_devices_are_unique(world):
    for names in (
        [thing.number for thing in world.assets],
        [thing.name for thing in world.assets],
        [talker.native_id for talker in world.devices],
        [spot.slug for spot in world.gateways],
        [staff.login for staff in world.people],
    ):
        assert len(names) == len(set(names))


def test_everything_that_is_named_exists(world):
    for thing in world.assets:
        assert {thing.home, thing.stands, *thing.serves} <= world.room.keys()
    for talker in world.devices:
        assert bool(talker.room) != bool(talker.asset)
        assert talker.room in world.room or talker.asset in world.asset


def test_states_are_of_the_vocabulary_and_various(world):
    for thing in world.assets:
        assert thing.use in USE
        assert thing.hygiene in HYGIENE
        assert thing.condition in CONDITION
        assert thing.holding in HOLDING
    pumps = [thing for thing in world.assets if thing.category == "infusion pump"]
    assert {thing.condition for thing in pumps} >= {"ok", "in_repair", "quarantined"}
    assert {thing.hygiene for thing in pumps} >= {"clean", "soiled", "reprocessing"}
    recalled = {thing.model for thing in pumps if thing.condition == "quarantined"}
    assert recalled == {"Volumat 2"}
    assert sum(thing.use == "idle" and thing.hygiene == "clean" and thing.condition == "ok" for thing in pumps) > 20


def test_the_things_of_the_stories_stand_where_they_happen(world):
    assert world.asset["F-07"].stands == "4.18"
    assert world.asset["P-117"].stands == "4.15"
    assert world.asset["P-117"].use == "in_use"
    assert world.asset["AHU-3"].serves == ("4.01", "4.02", "4.03", "4.04", "4.05")
    kinds = {talker.kind for talker in world.devices if talker.room == "4.12"}
    assert kinds >= {"door contact", "room pressure", "room climate", "light"}
    assert {talker.kind for talker in world.devices if talker.asset == "F-07"} == {"cold probe", "plug", "tag"}


def test_gateways_stand_in_their_rooms(world):
    for spot in world.gateways:
        assert world.room[spot.room].contains(spot.x, spot.y)


def test_people_have_known_roles_and_one_is_admin(world):
    assert {role for staff in world.people for role in staff.roles} <= set(ROLES)
    assert [staff.login for staff in world.people if "admin" in staff.roles] == ["admin"]


def test_device_identifiers_carry_a_right_check_digit():
    """GS1 General Specifications, section 7.9.1: 9520 0000 1000 3 weighs to a multiple of ten."""
    digits = gtin(1000)
    assert digits.startswith("0952")
    assert len(digits) == 14
    assert sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(digits)) % 10 == 0
