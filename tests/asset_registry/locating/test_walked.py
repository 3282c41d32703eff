"""What is kept of a survey by walking, and which map is in use."""

import pytest

from asset_registry.audit import history
from asset_registry.errors import Invalid, Missing
from asset_registry.locating.walked import (
    Stood,
    add_point,
    keep_map,
    levels,
    map_content,
    maps_of,
    points_of,
    take_back,
    use_map,
)
from asset_registry.places import Place
from asset_registry.snapshot import SnapshotSource
from collector.reading import Reading


def heard(now, count=12, gateway="gw-1", dbm=-60.0):
    return [Reading("ble:17", "rssi", dbm, now, now, gateway) for _ in range(count)]


@pytest.fixture
def now(clock):
    return clock.now()


@pytest.fixture
def session(database):
    with database.write() as session:
        yield session


@pytest.fixture
def floor(session):
    row = Place(kind="floor", number="4", plan={"width": 20.0, "depth": 10.0})
    session.add(row)
    session.flush()
    return row.id


def test_a_point_keeps_what_was_heard_and_can_be_taken_back(session, floor, now):
    row = add_point(session, Stood(floor, 3.0, 4.0, "ble:17", now, heard(now)), "okafor", now)
    assert [point.id for point in points_of(session, floor)] == [row.id]
    assert row.heard[0] == (0.0, "gw-1", -60.0)
    take_back(session, floor, "okafor", now)
    session.flush()
    assert points_of(session) == []
    assert [each.action for each in history(session, "place", floor)][:2] == ["survey undone", "survey"]
    with pytest.raises(Missing, match="no point to take back"):
        take_back(session, floor, "okafor", now)


@pytest.mark.parametrize(
    "x, packets, why", [(3.0, 9, "only 9 packets"), (21.0, 12, "not on the floor"), (-1.0, 12, "not on the floor")]
)
def test_a_point_of_which_little_was_heard_or_off_the_floor_is_refused(session, floor, now, x, packets, why):
    with pytest.raises(Invalid, match=why):
        add_point(session, Stood(floor, x, 4.0, "ble:17", now, heard(now, packets)), "okafor", now)


def test_levels_are_means_of_power_the_loudest_first(now):
    found = levels([*heard(now, 1, dbm=-50.0), *heard(now, 1, dbm=-60.0), *heard(now, 3, "gw-2", -52.0)])
    assert [(each.gateway, each.packets, each.dbm) for each in found] == [("gw-2", 3, -52.0), ("gw-1", 2, -52.6)]


def test_one_map_is_in_use_and_the_snapshot_says_which(database, now, clock):
    with database.write() as session:
        first = keep_map(session, b"first", {"positions_left_out": {}}, 9, "okafor", now).id
        second = keep_map(session, b"second", {}, 12, "okafor", now).id
    source = SnapshotSource(database, "linden", clock)
    source.refresh()
    assert source.current.content.map is None, "a map is put into use by a person"
    for chosen in (first, second, None, first):
        with database.write() as session:
            use_map(session, chosen, "okafor", now)
        source.refresh()
        assert source.current.content.map == chosen
    with database.read() as session:
        assert [(row.id, row.in_use) for row in maps_of(session)] == [(second, False), (first, True)]
        assert map_content(session, first) == b"first"
    with database.write() as session, pytest.raises(Missing, match="no map 99"):
        use_map(session, 99, "okafor", now)
