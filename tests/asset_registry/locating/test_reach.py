"""Three rooms in a row, 6 m by 8 m each; the left and the right one have a gateway in their middle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.locating.ports import Spot, SpotsOf, spots_of
from asset_registry.locating.reach import points_in, reaches, share
from asset_registry.places import Place
from asset_registry.snapshot import SnapshotSource


def room(n, width=6.0):
    return [(n * 6.0, 0.0), (n * 6.0 + width, 0.0), (n * 6.0 + width, 8.0), (n * 6.0, 8.0)]


GATEWAYS = {"gw/0": Spot(10, 1, 3.0, 4.0), "gw/2": Spot(12, 1, 15.0, 4.0)}
ROOMS = {10: room(0), 11: room(1), 12: room(2)}


def total(ranges):
    return pytest.approx(sum(ranges.values()), abs=1e-9)


def test_a_gateway_answers_for_its_own_room_and_for_the_half_of_the_silent_one_that_is_nearer_to_it():
    own, silent = reaches(GATEWAYS, ROOMS)["gw/0"]
    assert total(own) == 1.0
    assert total(silent) == 0.5
    assert max(own) <= 5
    assert min(silent) >= 3


def test_where_every_room_has_a_gateway_none_is_silent():
    every = GATEWAYS | {"gw/1": Spot(11, 1, 9.0, 4.0)}
    assert [silent for _, silent in reaches(every, ROOMS).values()] == [{}, {}, {}]


def test_a_corridor_counts_for_less_than_a_room():
    _, silent = reaches(GATEWAYS, ROOMS, ways={11})["gw/0"]
    assert total(silent) == 0.075


def test_two_gateways_share_their_room():
    both = {"gw/0": GATEWAYS["gw/0"], "gw/0b": Spot(10, 1, 1.0, 1.0)}
    found = reaches(both, ROOMS)
    assert sum(sum(own.values()) for own, _ in found.values()) == pytest.approx(1.0)
    assert min(sum(own.values()) for own, _ in found.values()) > 0


def test_a_gateway_that_hangs_outside_of_its_room_is_still_its_own():
    own, _ = reaches({"gw": Spot(10, 1, -1.0, 4.0)}, ROOMS)["gw"]
    assert total(own) == 1.0


@given(st.floats(-110, -20))
def test_the_louder_the_likelier_it_is_here(dbm):
    own, silent = reaches(GATEWAYS, ROOMS)["gw/0"]
    assert 0 <= share(dbm, own, silent) <= share(dbm + 1, own, silent) <= 1
    assert share(dbm, own, {}) == 1


def test_loud_is_here_and_faint_is_next_door():
    own, silent = reaches(GATEWAYS, ROOMS)["gw/0"]
    assert share(-62, own, silent) > 0.9
    assert share(-85, own, silent) < 0.5


def test_points_of_any_outline_lie_inside_of_it_and_are_never_many():
    corner = [(0, 0), (10, 0), (10, 2), (2, 2), (2, 10), (0, 10)]
    assert all(x < 2 or y < 2 for x, y in points_in(corner))
    assert len(list(points_in([(0, 0), (1e9, 0), (1e9, 1e9), (0, 1e9)]))) <= 2500
    assert len(list(points_in([(0, 0), (0, 0), (0, 0)]))) == 1
    assert list(points_in([])) == []


@pytest.fixture
def drawn(hospital):
    """4.07 has a gateway, 4.12 and 4.19 have none."""
    hospital.gateway("gw/4-07", hospital.r407, 3.0, 4.0)
    return hospital


def test_the_map_knows_the_silent_rooms_of_the_plan(drawn):
    spot = spots_of(drawn.snapshot())["gw/4-07"]
    assert total(spot.own) == 1.0
    assert total(spot.silent) == 2.0


def test_a_gateway_at_a_bed_hears_for_its_room(drawn):
    with drawn.database.write() as session:
        bed = Place(kind="bed", parent_id=drawn.r412, number="1")
        session.add(bed)
        session.flush()
        bed_id = bed.id
    drawn.gateway("gw/bed", bed_id, 15.0, 4.0)
    spots = spots_of(drawn.snapshot())
    assert spots["gw/bed"].place_id == bed_id
    assert total(spots["gw/bed"].own) == 1.0
    assert sum(sum(spot.silent.values()) for spot in spots.values()) == pytest.approx(1.0)


def test_the_map_is_made_anew_only_when_a_place_or_a_gateway_changed(drawn):
    source = SnapshotSource(drawn.database, "linden", drawn.clock)
    source.refresh()
    spots = SpotsOf(source)
    first = spots()
    drawn.device("ble:stranger")
    assert source.refresh()
    assert spots() is first
    drawn.gateway("gw/4-19", drawn.r419, 32.0, 3.0)
    source.refresh()
    assert set(spots()) == {"gw/4-07", "gw/4-19"}
