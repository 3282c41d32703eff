"""Whoever looks into a spool sees what is there, and changes nothing, also while it is written."""

import contextlib
from datetime import timedelta

import pytest

from collector.clock import ManualClock
from collector.errors import ConfigError
from collector.inspection import inspect, items_at, lines_of
from collector.reading import Announcement, DeliveryKey, Reading, Sighting
from collector.segment import Record, scan
from collector.spool import Spool

T0 = ManualClock().now()
READING = Reading("mqtt:a/b", "temperature", 21.5, T0, T0)
SIGHTING = Sighting("ble:1", "g", -60.0, T0 + timedelta(seconds=2))
ANNOUNCEMENT = Announcement("mqtt:a/b", {"name": "Pump"}, T0)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def spool(tmp_path, clock):
    """Two segments, still open: records 1 to 3 and 4."""
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=300)) as opened:
        opened.register("alarms")
        opened.append([([READING, SIGHTING], DeliveryKey("ward", "1", 7, b"x")), ([ANNOUNCEMENT], None)])
        clock.advance(5)
        opened.append([([READING], DeliveryKey("ward", "1", 8, b"x"))])
        opened.append([([READING], None)])
        opened.append([([READING], DeliveryKey("ward", "1", 8, b"y"))])
        yield opened


def files(spool):
    return {path.name: path.read_bytes() for path in spool.directory.iterdir()}


def flip(path, offset):
    blob = bytearray(path.read_bytes())
    blob[offset] ^= 1
    path.write_bytes(blob)


def test_segments_records_items_messages_and_times_while_it_is_open(spool):
    before = files(spool)
    found = inspect(spool.directory)
    one, two = found.segments
    assert (one.name, one.first, one.last, one.records) == ("00000000000000000001.spool", 1, 3, 3)
    assert one.items == {"readings": 3, "sightings": 1, "announcements": 1}
    assert one.messages == 2
    assert one.written == (T0 + timedelta(seconds=2), T0 + timedelta(seconds=5))
    assert one.received == (T0, T0 + timedelta(seconds=2))
    assert (two.first, two.last, two.size) == (4, 4, (spool.directory / two.name).stat().st_size)
    assert (found.head, found.unfinished, found.damaged) == (4, 0, False)
    assert found.remembered == {"ward, session 1": 2}
    assert files(spool) == before


def test_what_was_damaged_is_named_and_what_is_around_it_is_counted(spool):
    path = spool.directory / "00000000000000000001.spool"
    second = next(found for found in scan(path) if isinstance(found, Record) and found.position == 2)
    flip(path, second.end - 1)
    found = inspect(spool.directory)
    assert found.damaged
    assert [str(damage) for damage in found.segments[0].damage] == [
        f"{path.name}, bytes {second.start} to {second.end}: record 2 was changed"
    ]
    assert (found.segments[0].records, found.head) == (2, 4)


def test_a_record_that_is_just_being_written_is_no_damage(spool):
    path = spool.directory / "00000000000000000004.spool"
    with path.open("ab") as file:
        file.write(b"\xf0WK1 and so")
    found = inspect(spool.directory)
    assert (found.unfinished, found.damaged, found.head) == (11, False, 4)


def test_readers_are_where_they_were_when_it_was_written_down_last(spool, clock):
    assert inspect(spool.directory).cursors is None
    spool.advance("alarms", 2)
    told = inspect(spool.directory).cursors
    assert (told.positions, told.at) == ({"alarms": 2}, clock.now())
    clock.advance(9)
    spool.advance("alarms", 3)
    assert inspect(spool.directory).cursors.positions == {"alarms": 2}
    clock.advance(1)
    spool.advance("alarms", 3)
    assert inspect(spool.directory).cursors.positions == {"alarms": 3}
    spool.advance("alarms", 4)
    spool.close()
    assert inspect(spool.directory).cursors.positions == {"alarms": 4}


def test_the_items_of_one_record_are_lines_of_json_with_the_names_of_their_fields(spool):
    first, second, third = lines_of(items_at(spool.directory, 1))
    assert first.startswith(b'{"device":"mqtt:a/b","metric":"temperature","value":21.5,"at":"2026-11-24T06:42:00Z"')
    assert b'"tag":"ble:1","gateway":"g","rssi_dbm":-60.0' in second
    assert b'"facts":{"name":"Pump"}' in third
    with pytest.raises(ConfigError, match="there is no record 5"):
        items_at(spool.directory, 5)


def test_what_is_no_spool_is_said_to_be_none(tmp_path):
    with pytest.raises(ConfigError, match="there is no spool here"):
        inspect(tmp_path)
