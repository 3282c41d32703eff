"""Linden General as data: exact counts, no loose ends, the same for the same seed."""

from collections import Counter

from asset_registry.assets import CONDITION, HOLDING, HYGIENE, USE
from asset_registry.roles import ROLES
from wardkeeper.demo.inventory import LOT, OLD_PUMPS
from wardkeeper.demo.thing import gtin
from wardkeeper.demo.world import ARCHIVE, PORTAL_CODES, SERIAL_LINK, build_world


def test_it_has_the_counts_that_are_promised(world):
    assert len(world.rooms) == 150
    assert len(world.assets) == 800
    assert len(world.gateways) == 80
    assert len({room.level for room in world.rooms}) == 4


def test_what_moves_has_a_tag_and_what_stays_has_none(world):
    tagged = {talker.asset for talker in world.talkers("tag")}
    assert tagged == {thing.number for thing in world.assets if thing.mobile}
    assert 500 < len(tagged) < 600


def test_infusion_pumps_are_by_far_the_most(world):
    counts = Counter(thing.category for thing in world.assets).most_common(2)
    assert counts[0] == ("infusion pump", 200)
    assert counts[1][1] <= 110


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
        assert {thing.home, thing.stands, *thing.serves} <= world.room.keys(), thing
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
    assert sum(thing.use == "idle" and thing.hygiene == "clean" and thing.condition == "ok" for thing in pumps) > 20


def test_the_things_of_the_stories_stand_where_they_happen(world):
    assert world.asset["F-07"].stands == "4.18"
    assert world.asset["P-117"].stands == "4.15"
    assert world.asset["P-117"].use == "in_use"
    assert world.asset["AHU-3"].serves == ("4.01", "4.02", "4.03", "4.04", "4.05")
    kinds = {talker.kind for talker in world.devices if talker.room == "4.12"}
    assert kinds >= {"door contact", "room pressure", "room climate", "light"}
    assert {talker.kind for talker in world.devices if talker.asset == "F-07"} == {"cold probe", "plug"}


def test_gateways_stand_in_their_rooms(world):
    for spot in world.gateways:
        assert world.room[spot.room].contains(spot.x, spot.y)


def test_a_recall_will_find_28_pumps_of_one_lot_wherever_they_are(world):
    lot = [thing for thing in world.assets if thing.lot]
    assert len(lot) == 28
    assert {(thing.category, thing.model, thing.lot) for thing in lot} == {("infusion pump", OLD_PUMPS, LOT)}
    assert all(f"(10){LOT}(21){thing.serial}" == thing.udi_pi for thing in lot)
    assert len({thing.stands for thing in lot}) > 10
    assert {thing.use for thing in lot} == {"idle", "in_use"}
    assert any(thing.model == OLD_PUMPS and not thing.lot for thing in world.assets), "others of the model are fine"


def test_some_maintenance_is_overdue_and_a_generator_is_soon_to_be_tested(world):
    overdue = [thing for thing in world.assets if thing.check_in_days is not None and thing.check_in_days < 0]
    assert 10 < len(overdue) < 60
    assert world.asset["DI-1"] in overdue
    assert world.asset["G-1"].check_in_days == 2
    assert world.room[world.asset["G-1"].home].room_type == "generator_room"


def test_the_image_archive_that_will_fail_and_the_rooms_with_a_qr_code_are_there(world):
    archive = world.asset[ARCHIVE.asset]
    assert (archive.category, world.room[archive.home].room_type) == ("image archive", "server_room")
    assert {world.room[number].room_type for number in PORTAL_CODES} == {"patient_room"}


def test_oximeters_stand_at_beds_and_talk_on_serial_ports(world):
    spoken = {talker.asset: talker for talker in world.devices if talker.dialect == "serial"}
    assert 4 <= len(spoken) <= 6
    for number, talker in spoken.items():
        thing = world.asset[number]
        assert (thing.home, thing.bed) in world.beds
        assert talker.native_id == f"serial:{SERIAL_LINK}/bed-{thing.home.replace('.', '-')}"
    assert "4.07" in {room for room, _ in world.beds}
    assert {talker.maker for talker in spoken.values()} == {"Nonin", "Masimo"}


def test_people_have_known_roles_and_one_is_admin(world):
    assert {role for staff in world.people for role in staff.roles} <= set(ROLES)
    assert [staff.login for staff in world.people if "admin" in staff.roles] == ["admin"]


def test_device_identifiers_carry_a_right_check_digit():
    """GS1 General Specifications, section 7.9.1: 9520 0000 1000 3 weighs to a multiple of ten."""
    digits = gtin(1000)
    assert digits.startswith("0952")
    assert len(digits) == 14
    assert sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(digits)) % 10 == 0
