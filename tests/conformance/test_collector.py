"""Recorded BLE sightings through intake, spool and every store: what comes out is what was recorded."""

import contextlib
import threading
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from collector.clock import ManualClock
from collector.counters import Counters
from collector.latest import Latest
from collector.parts import part, parts
from collector.pipeline import Pipeline
from collector.ports import Selection
from collector.reading import Sighting
from collector.spool import Spool

DATA = Path(__file__).parents[3] / "shared" / "data" / "location"
WALKS = sorted(DATA.glob("tetam_walk_*.parquet"))
T0 = ManualClock().now()
ALL = Selection(start=T0 - timedelta(days=1), end=T0 + timedelta(days=1))
STOPPED = threading.Event()
STOPPED.set()


@pytest.fixture(scope="module")
def walks() -> pd.DataFrame:
    if not WALKS:
        pytest.skip(f"the example data is not here: {DATA}")
    columns = ["tag", "gateway", "t_s", "rssi_dbm"]
    recorded = pd.concat([pq.read_table(path, columns=columns).to_pandas() for path in WALKS])
    recorded["gateway"] = recorded.gateway.astype(str)
    recorded = recorded.sort_values("t_s", kind="stable", ignore_index=True)
    recorded["received"] = pd.Timestamp(T0) + pd.to_timedelta((recorded.t_s * 1000).astype(int), unit="ms")
    return recorded


@pytest.fixture(scope="module")
def spool(walks, tmp_path_factory):
    """All of the walks, written in the way of the product, in segments of 100 kB, and opened again."""
    clock = ManualClock()
    directory = tmp_path_factory.mktemp("spool")
    with contextlib.closing(Spool(directory, clock, segment_bytes=100_000)) as writing:
        pipeline = Pipeline(writing, clock, Latest(), Counters(clock))
        for start in range(0, len(walks), 100):
            some = walks.iloc[start : start + 100]
            items = [
                Sighting(row.tag, row.gateway, float(row.rssi_dbm), row.received.to_pydatetime())
                for row in some.itertuples()
            ]
            assert pipeline.offer(items)
            if start % 1000 == 0:
                pipeline.run(STOPPED)
        pipeline.run(STOPPED)
    with contextlib.closing(Spool(directory, clock, segment_bytes=100_000)) as opened:
        yield opened


def test_the_spool_gives_back_every_sighting_in_order_each_at_its_own_time(spool, walks):
    heard = [item for _, items in spool.read(0, len(walks) * 2) for item in items]
    assert [item.rssi_dbm for item in heard] == walks.rssi_dbm.tolist()
    last: dict[tuple[str, str], object] = {}
    for item in heard:
        series = (item.tag, item.gateway)
        assert series not in last or item.received > last[series]
        last[series] = item.received
    late = [item.received - moment for item, moment in zip(heard, walks.received, strict=True)]
    assert timedelta(0) <= min(late)
    assert max(late) < timedelta(milliseconds=100)


LOCAL = [found.name for found in parts(["collector.stores"]) if found.name != "store.influx"]  # that needs a server


@pytest.mark.parametrize("kind", LOCAL)
def test_a_store_that_reads_the_spool_has_every_sighting_and_the_means_that_pandas_finds(kind, spool, walks, tmp_path):
    found = part(kind, ["collector.stores"])
    store = found.module.open_store(found.config(), tmp_path)
    position = 0
    while records := spool.read(position, 2000):
        position = records[-1][0]
        store.write([item for _, items in records for item in items], position)
    assert store.position() == spool.head
    assert store.query(ALL).num_rows == len(walks)

    minutes = Selection(start=ALL.start, end=ALL.end, every=timedelta(minutes=1))
    means = store.query(minutes).to_pandas()
    expected = walks.groupby(["tag", "gateway", walks.received.dt.floor("min")], as_index=False).rssi_dbm.mean()
    assert means.number.tolist() == pytest.approx(expected.rssi_dbm.tolist(), abs=0.3)  # a tie may cross a minute
    assert len(means) == len(expected)
    store.close()
