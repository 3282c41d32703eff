"""What every store promises. A store is a file in collector/stores: it is picked up here by being there.

A store that cannot promise something says so in `LIMITS`, and the test says what it does instead.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.errors import Refused
from collector.parts import part, parts
from collector.points import SCHEMA, moment_of, ms_of, readings_of, table_of
from collector.ports import Selection, Span, Store
from collector.reading import Announcement, Item, Quality, Reading, Sighting

T0 = ManualClock().now()
REMOTE = ("influxdb1", "victoriametrics")
"""Dialects of store.influx that run here; the others are in tests/collector/influx, against recorded answers."""

KINDS = [found.name for found in parts(["collector.stores"]) if found.name != "store.influx"]
KINDS += [f"store.influx {dialect}" for dialect in REMOTE]
LIMITS = {
    "store.influx victoriametrics": {
        "nothing from before 1970",  # refused, to the dead letters
        "drop",  # only whole series; its retention period is a flag
        "half a batch can be seen",
    },
}
Opener = Callable[[Path], Store]


def s(seconds: float):
    return T0 + timedelta(seconds=seconds)


def reading(value, at=0.0, device="mqtt:air", metric="temperature", gateway="", quality=Quality.GOOD, received=None):
    return Reading(device, metric, value, s(at), s(at if received is None else received), gateway, quality)


def everything(**choice) -> Selection:
    return Selection(start=s(-1e6), end=s(1e6), **choice)


def numbers(table):
    return list(zip(table["at"].to_pylist(), table["number"].to_pylist(), strict=True))


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def limits(kind) -> set[str]:
    return LIMITS.get(kind, set())


class Flushed:
    """A store on VictoriaMetrics, which shows what was written a second later unless it is told to hurry."""

    def __init__(self, store, flush):
        self._store, self._flush = store, flush

    def __getattr__(self, name):
        return getattr(self._store, name)

    def write(self, items, position):
        self._store.write(items, position)
        self._flush()

    def write_table(self, table, position=None):
        self._store.write_table(table, position)
        self._flush()


@pytest.fixture
def opened(kind, request) -> Opener:
    """Opens a store that is empty; its server, where it has one, is real."""
    name, _, dialect = kind.partition(" ")
    found = part(name, ["collector.stores"])

    def influxdb1(directory):
        server = request.getfixturevalue("one_influxd")
        config = found.config(dialect=dialect, url=server.url, bucket=server.database(), site="test")
        return found.module.open_store(config, directory)

    def victoriametrics(directory):
        server = request.getfixturevalue("one_victoria_metrics")
        config = found.config(dialect=dialect, url=server.url, site=str(directory))
        return Flushed(found.module.open_store(config, directory), server.flush)

    def local(directory):
        return found.module.open_store(found.config(), directory)

    return {"influxdb1": influxdb1, "victoriametrics": victoriametrics}.get(dialect, local)


@pytest.fixture
def store(opened, tmp_path) -> Iterator[Store]:
    made = opened(tmp_path)
    yield made
    made.close()


def test_an_empty_store_answers_with_empty_tables_and_position_0(store):
    assert store.position() == 0
    assert store.query(everything()).schema == SCHEMA
    assert store.latest().schema == SCHEMA
    assert store.query(everything(every=timedelta(minutes=5))).schema == SCHEMA
    assert store.query(everything()).num_rows == 0


def test_numbers_texts_booleans_quality_and_both_times_survive(store):
    wrote = [
        reading(21.5, at=0.001, received=0.5),
        reading(True, metric="door_open", quality=Quality.UNCERTAIN),
        reading(False, metric="light_on"),
        reading("ümläut 空 \n, =", metric="technical_alarm", quality=Quality.BAD),
        reading("", metric="room", gateway="wardkeeper"),
        reading(-0.0, metric="humidity"),
        reading(5e-324, metric="voltage"),
    ]
    store.write(wrote, 1)
    assert readings_of(store.query(everything())) == sorted(wrote, key=lambda r: r.metric)


def test_sightings_are_the_rssi_of_a_tag_at_each_gateway_and_announcements_are_no_points(store):
    heard = [Sighting("ble:t", gateway, dbm, s(1), motion=3) for gateway, dbm in (("b", -60), ("a", -71))]
    store.write([*heard, Announcement("mqtt:x", {"model": "y"}, s(1))], 1)
    assert readings_of(store.query(everything())) == [
        Reading("ble:t", "rssi", -71.0, s(1), s(1), gateway="a"),
        Reading("ble:t", "rssi", -60.0, s(1), s(1), gateway="b"),
    ]


def test_points_come_by_device_metric_gateway_and_time(store):
    wrote = [
        reading(float(at), at=at, device=device, metric=metric, gateway=gateway)
        for at in (3, 1, 2)
        for device in ("b", "a", "a/x", "Z")
        for metric in ("temperature", "co2")
        for gateway in ("", "g")
    ]
    store.write(wrote, 1)
    got = readings_of(store.query(everything()))
    assert got == sorted(wrote, key=lambda r: (r.device, r.metric, r.gateway, r.at))


def test_the_start_belongs_to_the_selection_and_the_end_does_not(store):
    store.write([reading(float(at), at=at) for at in range(5)], 1)
    assert store.query(Selection(start=s(1), end=s(3)))["number"].to_pylist() == [1.0, 2.0]


def test_devices_metrics_and_limit_choose(store):
    wrote = [reading(1.0, device=d, metric=m) for d in ("a", "b", "c") for m in ("co2", "humidity")]
    store.write(wrote, 1)
    some = store.query(everything(devices=("a", "c", "nobody"), metrics=("co2",)))
    assert some["device"].to_pylist() == ["a", "c"]
    whole = readings_of(store.query(everything()))
    windows = readings_of(store.query(everything(every=timedelta(minutes=5))))
    for limit in range(1, 8):
        assert readings_of(store.query(everything(limit=limit))) == whole[:limit]
        assert readings_of(store.query(everything(limit=limit, every=timedelta(minutes=5)))) == windows[:limit]
    assert store.query(everything(limit=2, devices=("c", "b"), metrics=("co2",)))["device"].to_pylist() == ["b", "c"]


def test_writing_the_same_again_changes_nothing(store):
    wrote = [reading(float(at), at=at) for at in range(100)]
    for position in (1, 2):
        store.write(wrote, position)
    store.write(wrote[40:60], 3)
    assert readings_of(store.query(everything())) == wrote
    assert store.query(everything(every=timedelta(days=1), aggregate="count"))["number"].to_pylist() == [100.0]


def test_of_two_points_with_the_same_time_the_last_written_stands(store):
    store.write([reading(1.0), reading(2.0)], 1)
    assert numbers(store.query(everything())) == [(s(0), 2.0)]
    store.write([reading(3.0)], 2)
    assert numbers(store.query(everything())) == [(s(0), 3.0)]
    assert numbers(store.latest()) == [(s(0), 3.0)]


def test_late_points_find_their_place_and_do_not_become_the_latest(store):
    store.write([reading(5.0, at=5)], 1)
    store.write([reading(9.0, at=9), reading(1.0, at=1)], 2)
    store.write([reading(3.0, at=3), reading(-1.0, at=-86400 * 400)], 3)
    assert [value for _, value in numbers(store.query(everything()))] == [1.0, 3.0, 5.0, 9.0]
    assert numbers(store.latest()) == [(s(9), 9.0)]


def test_latest_is_the_newest_of_each_series_by_its_own_time(store):
    store.write([reading(2.0, at=2), reading(1.0, at=1, received=9), reading(True, metric="door_open")], 1)
    store.write([reading(7.0, device="b"), reading("x", metric="action")], 2)
    assert readings_of(store.latest(devices=["mqtt:air"])) == [
        reading("x", metric="action"),
        reading(True, metric="door_open"),
        reading(2.0, at=2),
    ]
    assert readings_of(store.latest(metrics=["temperature"])) == [reading(7.0, device="b"), reading(2.0, at=2)]


@pytest.mark.parametrize(
    "aggregate, expected",
    [("mean", [2.0, 10.0]), ("min", [1.0, 10.0]), ("max", [3.0, 10.0]), ("last", [2.0, 10.0]), ("count", [3.0, 1.0])],
)
def test_windows_are_aligned_to_the_epoch_and_gaps_stay_gaps(store, aggregate, expected):
    base = moment_of(ms_of(T0) // 300_000 * 300_000)
    offset = (base - T0).total_seconds()
    store.write([reading(v, at=offset + at) for v, at in ((1.0, 0), (3.0, 150), (2.0, 299.999), (10.0, 900))], 1)
    table = store.query(everything(every=timedelta(minutes=5), aggregate=aggregate))
    assert numbers(table) == [(base, expected[0]), (base + timedelta(minutes=15), expected[1])]


def test_windows_before_1970_are_aligned_too(store, limits):
    old = moment_of(-1)
    store.write([Reading("d", "temperature", 1.0, old, T0), Reading("d", "temperature", 2.0, moment_of(0), T0)], 1)
    if "nothing from before 1970" in limits:
        assert store.query(everything()).num_rows == store.latest().num_rows == 0
        assert "refused 2 points, the last because VictoriaMetrics keeps nothing from before 1970" in store.refused()
        return
    table = store.query(Selection(start=moment_of(-1000), end=moment_of(1), every=timedelta(seconds=1)))
    assert numbers(table) == [(moment_of(-1000), 1.0), (moment_of(0), 2.0)]


def test_windows_of_texts_and_booleans(store):
    day = timedelta(days=100_000)
    store.write([reading(v, at=at, metric="door_open") for at, v in enumerate([True, False, False, True])], 1)
    store.write([reading(v, at=at, metric="room") for at, v in enumerate(["12", "", "14"])], 2)
    last = readings_of(store.query(everything(every=day, aggregate="last")))
    assert [r.value for r in last] == [True, "14"]
    mean = readings_of(store.query(everything(every=day, aggregate="mean")))
    assert [(r.metric, r.value) for r in mean] == [("door_open", 0.5)]
    count = readings_of(store.query(everything(every=day, aggregate="count")))
    assert [r.value for r in count] == [4.0, 3.0]


def test_a_window_is_as_good_as_its_worst_point_and_bad_points_do_not_count_in_a_mean(store):
    day = timedelta(days=100_000)
    store.write([reading(1.0, 0), reading(85.0, 1, quality=Quality.BAD), reading(3.0, 2, quality=Quality.UNCERTAIN)], 1)
    (mean,) = readings_of(store.query(everything(every=day)))
    assert (mean.value, mean.quality, mean.received) == (2.0, Quality.BAD, s(2))
    store.write([reading(85.0, 1, metric="humidity", quality=Quality.BAD)], 2)
    assert store.query(everything(every=day, metrics=("humidity",))).num_rows == 0


def test_spans_choose_devices_each_for_its_time(store):
    store.write([reading(float(at), at=at, device=device) for at in range(6) for device in "abc"], 1)
    spans = (Span("a", s(-9), s(2)), Span("b", s(2), s(4)), Span("b", s(3), s(5)), Span("nobody", s(0), s(9)))
    found = readings_of(store.query(everything(spans=spans)))
    assert [(r.device, r.value) for r in found] == [("a", 0.0), ("a", 1.0), ("b", 2.0), ("b", 3.0), ("b", 4.0)]
    assert readings_of(store.query(everything(spans=spans, limit=3, metrics=("temperature",)))) == found[:3]
    assert readings_of(store.query(everything(spans=spans, devices=("b", "c")))) == found[2:]
    counts = store.query(everything(spans=spans, every=timedelta(days=100_000), aggregate="count"))
    assert counts["number"].to_pylist() == [2.0, 3.0]
    assert store.query(everything(spans=())).num_rows == 0


def test_a_chart_has_at_most_so_many_points_of_a_series_with_its_extremes_and_its_gap(store):
    def value(at):
        return 99.0 if at == 123 else -99.0 if at == 456 else float(at % 7)

    heard = [at for at in range(1000) if not 600 <= at < 800]
    store.write([reading(value(at), at=at) for at in heard] + [reading(1.0, device="few")], 1)
    selection = Selection(s(0), s(1000), points=50)
    few, *chart = readings_of(store.query(selection))
    assert few.device == "few"
    assert 40 <= len(chart) <= 50
    assert {99.0, -99.0} < {r.value for r in chart}
    assert (chart[0].at, chart[-1].at) == (s(0), s(999))
    (gap,) = [b.at - a.at for a, b in pairwise(chart) if b.at - a.at > timedelta(seconds=100)]
    assert gap >= timedelta(seconds=200)
    assert all(r == reading(r.value, at=(r.at - T0).total_seconds()) for r in chart), "points are what was written"


def test_many_points_come_in_as_a_table(store):
    wrote = [reading(float(at), at=at, device=device) for device in "ab" for at in range(50)]
    wrote += [reading(True, metric="door_open", quality=Quality.BAD), reading("4.12", metric="room", received=3)]
    store.write([reading(-1.0, device="a")], 5)
    store.write_table(table_of(wrote))
    assert store.position() == 5
    assert readings_of(store.query(everything())) == sorted(wrote, key=lambda r: (r.device, r.metric, r.at))
    store.write_table(table_of(wrote[:1]), 6)
    assert store.position() == 6


def test_drop_forgets_one_family_before_a_time_and_says_how_many(store, limits):
    store.write(
        [reading(float(at), at=at, metric=m) for at in range(4) for m in ("temperature", "humidity", "spo2")], 1
    )
    if "drop" in limits:
        with pytest.raises(Refused, match="-retentionPeriod"):
            store.drop("environment", s(2))
        assert store.query(everything()).num_rows == 12
        return
    assert store.drop("environment", s(2)) == 4
    assert store.drop("environment", s(2)) == 0
    left = [(r.metric, r.at) for r in readings_of(store.query(everything()))]
    assert left == [
        (m, s(at)) for m, start in (("humidity", 2), ("spo2", 0), ("temperature", 2)) for at in range(start, 4)
    ]
    assert store.drop("vital", s(100)) == 4
    assert store.latest()["metric"].to_pylist() == ["humidity", "temperature"]


def test_what_was_dropped_can_be_written_again(store, limits):
    store.write([reading(1.0)], 1)
    with suppress(Refused) if "drop" in limits else nullcontext():
        store.drop("environment", s(1))
    store.write([reading(2.0)], 2)
    assert numbers(store.query(everything())) == numbers(store.latest()) == [(s(0), 2.0)]


def test_the_position_is_kept_with_the_batch_even_an_empty_one(store):
    store.write([reading(1.0)], 7)
    assert store.position() == 7
    store.write([], 9)
    assert store.position() == 9


def test_many_threads_ask_while_one_writes(store, limits):
    failures: list[BaseException] = []
    done = threading.Event()

    def ask():
        while not done.is_set():
            try:
                got = store.query(everything())["number"].to_pylist()
                assert "half a batch can be seen" in limits or len(got) % 50 == 0
                store.latest()
                store.position()
            except BaseException as failure:  # noqa: BLE001 - handed to the test below
                failures.append(failure)
                return

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for batch in range(40):
        store.write([reading(float(n), at=batch * 50 + n) for n in range(50)], batch + 1)
    done.set()
    for reader in readers:
        reader.join()
    assert not failures
    assert store.query(everything()).num_rows == 2000


VALUES = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=5))
POINTS = st.lists(
    st.builds(
        reading,
        VALUES,
        at=st.integers(-50, 50),
        device=st.sampled_from("ab"),
        metric=st.sampled_from(["co2", "humidity"]),
        gateway=st.sampled_from(["", "g"]),
        quality=st.sampled_from(Quality),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(POINTS, max_size=4))
def test_any_batches_read_back_as_the_last_written_of_each_time(opened, tmp_path_factory, batches):
    store = opened(tmp_path_factory.mktemp("store"))
    expected: dict[tuple, Item] = {}
    for position, batch in enumerate(batches, 1):
        store.write(batch, position)
        expected |= {(r.device, r.metric, r.gateway, r.at): r for r in batch}
    newest: dict[tuple, Item] = {}
    for key in sorted(expected):
        newest[key[:3]] = expected[key]
    assert readings_of(store.query(everything())) == [expected[key] for key in sorted(expected)]
    assert readings_of(store.latest()) == list(newest.values())
    store.close()
