"""A store of Wardkeeper 0.1.0 is upgraded in place; one of a later Wardkeeper is left as it is."""

from datetime import timedelta

import duckdb
import pytest

from collector.clock import ManualClock
from collector.errors import ConfigError
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Quality, Reading
from collector.stores.duckdb import Config, open_store
from collector.upkeep import ForEver

T0 = ManualClock().now()
ALL = Selection(T0 - timedelta(days=9), T0 + timedelta(days=1))

VERSION_1 = """
CREATE TABLE series (sid INTEGER PRIMARY KEY, device VARCHAR, metric VARCHAR, gateway VARCHAR);
CREATE TABLE point
    (t TIMESTAMP_MS, sid INTEGER, v DOUBLE, s VARCHAR, kind UTINYINT, quality UTINYINT, received TIMESTAMP_MS);
CREATE TABLE latest (sid INTEGER PRIMARY KEY,
    t TIMESTAMP_MS, v DOUBLE, s VARCHAR, kind UTINYINT, quality UTINYINT, received TIMESTAMP_MS);
CREATE TABLE consumed (position BIGINT);
INSERT INTO consumed VALUES (42);
INSERT INTO series VALUES (1, 'd', 'temperature', ''), (2, 'd', 'door_open', ''), (3, 'ble:t', 'room', 'wardkeeper');
INSERT INTO point VALUES
    ('2026-11-20 10:00:00.001', 1, 20.5, NULL, 0, 0, '2026-11-20 10:00:00.501'),
    ('2026-11-24 06:00:00', 1, 21.5, NULL, 0, 2, '2026-11-24 06:00:00'),
    ('2026-11-24 06:00:00', 2, 1, NULL, 2, 0, '2026-11-24 06:00:00'),
    ('2026-11-24 06:00:00', 3, NULL, '4.12', 1, 1, '2026-11-24 06:00:00');
INSERT INTO latest FROM point WHERE t > '2026-11-21';
"""
"""As version 1 made it."""


def test_version_1_is_upgraded_in_place_and_goes_on(tmp_path):
    with duckdb.connect(str(tmp_path / "points.duckdb")) as old:
        statements = VERSION_1.replace(
            "INSERT INTO latest FROM", "INSERT INTO latest SELECT sid, t, * EXCLUDE (t, sid) FROM"
        )
        old.execute(statements)
    six = T0.replace(hour=6, minute=0)
    early = six - timedelta(days=4) + timedelta(hours=4, milliseconds=1)
    expected = [
        Reading("ble:t", "room", "4.12", six, six, "wardkeeper", Quality.UNCERTAIN),
        Reading("d", "door_open", True, six, six),
        Reading("d", "temperature", 20.5, early, early + timedelta(milliseconds=500)),
        Reading("d", "temperature", 21.5, six, six, quality=Quality.BAD),
    ]
    for _ in range(2):
        store = open_store(Config(), tmp_path)
        assert store.position() == 42
        assert readings_of(store.query(ALL)) == expected
        assert readings_of(store.latest()) == [expected[0], expected[1], expected[3]]
        store.tend(T0, ForEver())
        assert readings_of(store.query(ALL)) == expected
        store.close()
    store = open_store(Config(), tmp_path)
    store.write([Reading("d", "temperature", 9.0, six, six)], 43)
    assert readings_of(store.latest())[2].value == 9.0
    store.close()


def test_a_later_format_is_refused_and_not_touched(tmp_path):
    open_store(Config(), tmp_path).close()
    path = tmp_path / "points.duckdb"
    with duckdb.connect(str(path)) as later:
        later.execute("UPDATE format SET version = 99")
    whole = path.read_bytes()
    for _ in range(2):
        with pytest.raises(
            ConfigError, match=r"points\.duckdb has format 99, this Wardkeeper knows up to 2: start the"
        ):
            open_store(Config(), tmp_path)
    assert path.read_bytes() == whole
