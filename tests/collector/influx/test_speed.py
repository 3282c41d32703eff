"""How fast points are made into lines and written. `pytest -s` shows the figures; only the ratio holds elsewhere."""

import time
from datetime import timedelta

import pytest
from influxdb_client import Point, WritePrecision

from collector.clock import ManualClock
from collector.influx.lines import Merging
from collector.metrics import family_of
from collector.reading import Reading, Sighting

T0 = ManualClock().now()
METRICS = ("temperature", "humidity", "co2", "air_pressure")


def points(count, start=0):
    """As a hospital sends them: a thousand devices that say four things a message, a message a second."""
    return [
        Reading(f"mqtt:zigbee2mqtt/room-{n // 4 % 1000}/air", METRICS[n % 4], 20 + n % 97 / 10, at, at)
        for n in range(start, start + count)
        for at in (T0 + timedelta(seconds=n // 4000, milliseconds=n // 4 % 1000),)
    ]


def rate(work, items):
    started = time.perf_counter()
    work(items)
    return len(items) / (time.perf_counter() - started)


def with_the_client(batch):
    for one in batch:
        Point(family_of(one.metric)).tag("site", "linden").tag("device", one.device).field(one.metric, one.value).time(
            one.at, WritePrecision.MS
        ).to_line_protocol()


def test_lines_are_made_several_times_as_fast_as_influxdb_clients_points():
    encoder, own, theirs = Merging("linden", float("-inf")), [], []
    for start in range(0, 200_000, 40_000):  # in turns, so that whatever else runs here slows both
        own.append(rate(lambda items: encoder.lines(items, lambda ask: b""), points(40_000, start)))
        theirs.append(rate(with_the_client, points(10_000, start)))
    best, ratio = max(own), max(own) / max(theirs)
    print(f"\nlines: {best:,.0f}/s, influxdb-client's Point: {max(theirs):,.0f}/s, {ratio:.1f} times")
    assert ratio > 3


@pytest.mark.long
@pytest.mark.parametrize("spoken", ["influxdb1", "victoriametrics"])
def test_writing_to_a_real_server(spoken, request, store_at):
    server = request.getfixturevalue({"influxdb1": "influxd", "victoriametrics": "victoria_metrics"}[spoken])()
    bucket = server.database() if spoken == "influxdb1" else "none"
    store = store_at(server.url, spoken, bucket=bucket)
    batches = [points(5000, start) for start in range(0, 500_000, 5000)]
    store.write(batches[0], 1)

    def write(batch):
        for position, part in enumerate(batches[1:], 2):
            store.write(part, position)

    figure = rate(write, range(5000 * (len(batches) - 1)))
    heard = [Sighting(f"ble:{n % 300}", f"g{n % 30}", -60, T0 + timedelta(seconds=n)) for n in range(50_000)]
    sightings = rate(lambda items: store.write(items, 999), heard)
    print(f"\n{spoken}: {figure:,.0f} points/s in batches of 5,000; sightings {sightings:,.0f}/s in one of 50,000")
    assert figure > 20_000
