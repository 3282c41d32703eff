import threading
import time
from datetime import timedelta

import pytest

from asset_registry.audit import bump
from asset_registry.bindings import Binding
from asset_registry.db import Database
from asset_registry.places import Place
from asset_registry.snapshot import SnapshotSource
from collector.clock import SystemClock, monotonic
from collector.errors import Unreachable


def bind(hospital, device, since, until=None, **target):
    with hospital.database.write() as session:
        role = "tag" if "asset_id" in target else "sensor"
        session.add(Binding(device_id=device, role=role, since=since, until=until, **target))
        bump(session)


def test_tag_17_was_on_pump_a_until_tuesday(hospital):
    pump_a, pump_b = hospital.asset("A"), hospital.asset("B")
    tag, tuesday = hospital.device("ble:17"), hospital.now()
    bind(hospital, tag, tuesday - timedelta(days=30), tuesday, asset_id=pump_a)
    bind(hospital, tag, tuesday, asset_id=pump_b)
    snapshot = hospital.snapshot()
    assert snapshot.asset_of("ble:17", tuesday - timedelta(milliseconds=1)).id == pump_a
    assert snapshot.asset_of("ble:17", tuesday).id == pump_b
    assert snapshot.asset_of("ble:17").id == pump_b
    assert snapshot.asset_of("ble:17", tuesday - timedelta(days=31)) is None
    assert [device.id for device in snapshot.devices_of_asset(pump_b)] == [tag]
    assert snapshot.devices_of_asset(pump_a) == []
    assert [device.id for device in snapshot.devices_of_asset(pump_a, tuesday - timedelta(days=1))] == [tag]
    assert [binding.until for binding in snapshot.past_bindings_of_asset(pump_a)] == [tuesday]


def test_a_device_is_where_it_is_bound_to_be(hospital):
    sensor, probe, tag = hospital.device("mqtt:air"), hospital.device("mqtt:probe"), hospital.device("ble:17")
    hospital.gateway("mqtt:espresense/4-07", hospital.r407, 2, 3)
    hour_ago = hospital.now() - timedelta(hours=1)
    bind(hospital, sensor, hour_ago, place_id=hospital.r407)
    bind(hospital, probe, hour_ago, asset_id=hospital.fridge)
    bind(hospital, tag, hour_ago, asset_id=hospital.pump)
    source = SnapshotSource(hospital.database, "linden", hospital.clock)
    source.refresh()
    assert source.place_of("mqtt:air", hospital.now()).number == "4.07"
    assert source.place_of("mqtt:air", hour_ago - timedelta(seconds=1)) is None
    assert source.place_of("mqtt:probe", hospital.now()).number == "4.12", "the home of a fridge"
    assert source.place_of("ble:17", hospital.now()) is None, "where a pump is only a fix can tell"
    assert source.place_of("mqtt:espresense/4-07", hospital.now()).number == "4.07"
    assert source.place_of("mqtt:never-seen", hospital.now()) is None
    assert source.current.unclaimed == []


def test_a_place_knows_its_way_up(hospital):
    snapshot = hospital.snapshot()
    assert [place.number for place in snapshot.path(hospital.r412)] == ["linden", "A", "4", "4.12"]
    assert snapshot.floor_of(hospital.r412).number == "4"
    assert [room.number for room in snapshot.rooms_on(hospital.floor)] == ["4.07", "4.12", "4.19"]
    assert [floor.level for floor in snapshot.floors] == [4, 5]
    assert snapshot.room("4.12").id == hospital.r412
    assert snapshot.path(9999) == []


def test_a_snapshot_follows_the_revision_and_never_changes(hospital):
    source = SnapshotSource(hospital.database, "linden", hospital.clock)
    assert source.refresh()
    old = source.current
    assert not source.refresh(), "nothing changed"
    with hospital.database.write() as session:
        session.get(Place, hospital.r412).name = "Isolation"
        bump(session)
    assert source.refresh()
    assert source.current.places[hospital.r412].name == "Isolation"
    assert old.places[hospital.r412].name == ""


def test_a_thread_keeps_it_current(hospital):
    source = SnapshotSource(hospital.database, "linden", SystemClock())
    stop, before = threading.Event(), source.current
    thread = threading.Thread(target=source.follow, args=(stop, 0.01))
    thread.start()
    until = monotonic() + 10
    while source.current is before and monotonic() < until:
        stop.wait(0.01)
    stop.set()
    thread.join()
    assert source.current.room("4.12") is not None


def test_an_edge_starts_without_its_database(hospital, tmp_path):
    cache = tmp_path / "kept" / "snapshot"
    SnapshotSource(hospital.database, "linden", hospital.clock, cache).refresh()
    away = Database(f"sqlite:///{tmp_path}/no/such/folder/wardkeeper.db")
    source = SnapshotSource(away, "linden", hospital.clock, cache)
    assert source.current.room("4.12").id == hospital.r412
    with pytest.raises(Unreachable, match="as of revision 1"):
        source.refresh()
    assert source.current.room("4.12").id == hospital.r412
    assert SnapshotSource(away, "another site", hospital.clock, cache).current.rooms == []


def test_a_damaged_cache_is_said_and_made_anew(hospital, tmp_path):
    cache = tmp_path / "snapshot"
    cache.write_bytes(b"\x93half a file")
    source = SnapshotSource(hospital.database, "linden", hospital.clock, cache)
    assert "cannot be read" in source.trouble
    assert source.refresh()
    assert SnapshotSource(hospital.database, "linden", hospital.clock, cache).current.room("4.12") is not None


def test_the_cache_is_all_of_the_registry_and_written_once_a_minute(hospital, tmp_path):
    cache = tmp_path / "snapshot"
    source = SnapshotSource(hospital.database, "linden", hospital.clock, cache)
    source.refresh()
    hospital.asset("B")
    assert source.refresh()
    assert SnapshotSource(hospital.database, "linden", hospital.clock, cache).current.asset("B") is None
    hospital.clock.advance(60)
    assert not source.refresh()
    assert SnapshotSource(hospital.database, "linden", hospital.clock, cache).current.asset("B") is not None


def test_a_disk_that_takes_nothing_is_said_and_stops_nothing(hospital, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    source = SnapshotSource(hospital.database, "linden", hospital.clock, tmp_path / "file" / "snapshot")
    assert source.refresh()
    assert source.current.room("4.12") is not None
    assert "cannot be kept" in source.trouble


def test_a_lookup_is_cheap_enough_for_100k_a_second(hospital):
    now = hospital.now()
    for number in range(20):
        bind(hospital, hospital.device(f"mqtt:{number}"), now, place_id=hospital.r407)
    snapshot = hospital.snapshot()
    names = [f"mqtt:{number}" for number in range(20)] * 500
    best = min(_seconds(snapshot, names, now) for _ in range(5))
    assert best < len(names) / 100_000


def _seconds(snapshot, names, now):
    start = time.thread_time()
    for name in names:
        snapshot.place_of(name, now)
    return time.thread_time() - start
