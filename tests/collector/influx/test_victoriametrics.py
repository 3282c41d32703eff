"""What only VictoriaMetrics does, on a real one; the store suite is in tests/collector/stores."""

import json
import math
import random
import threading
import time
import urllib.parse
import urllib.request
from datetime import timedelta

import pytest

from collector.clock import ManualClock, SystemClock
from collector.errors import Unreachable
from collector.influx.columns import exact, halves
from collector.pipeline import ConsumerRunner, StoreConsumer
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Quality, Reading
from collector.spool import Spool
from collector.supervisor import Supervised
from tests.conftest import make_certificates

T0 = ManualClock().now()
ALL = Selection(T0 - timedelta(days=20_000), T0 + timedelta(days=1))


def reading(value, at=0.0, metric="temperature", **more):
    return Reading("d", metric, value, T0 + timedelta(seconds=at), T0 + timedelta(seconds=at), **more)


@pytest.fixture
def server(victoria_metrics):
    return victoria_metrics()


@pytest.fixture
def store(server, store_at):
    return store_at(server.url, "victoriametrics")


def series(server):
    """What Grafana would see: names, with the labels that are not the same everywhere."""
    server.flush()
    query = urllib.parse.urlencode({"match[]": '{site="linden"}', "start": 1})
    with urllib.request.urlopen(f"{server.url}/api/v1/series?{query}") as answer:
        found = json.load(answer)["data"]
    return sorted((one["__name__"], one.get("value", ""), one.get("revision", "")) for one in found)


def test_numbers_of_any_size_come_back_exactly_side_by_side_in_one_series(server, store):
    chance = random.Random(3)
    values = [5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 0.1 + 0.2, 1e9, 999999.999999, 123456789.123]
    values += [round(chance.uniform(-1e6, 1e6), chance.randrange(7)) for _ in range(2000)]
    values += [round(chance.uniform(-1e9, 1e9), chance.randrange(4)) for _ in range(2000)]
    values += [chance.uniform(-1, 1) * 10 ** chance.randint(-300, 300) for _ in range(1000)]
    wrote = [reading(value, n) for n, value in enumerate(values)]
    store.write(wrote, 1)
    server.flush()
    assert readings_of(store.query(ALL)) == wrote


def test_plain_numbers_need_one_series_and_texts_one_each(server, store):
    store.write(
        [
            reading(21.5),
            reading(True, metric="door_open", quality=Quality.BAD),
            reading("4.12", 0, metric="room", gateway="wardkeeper"),
            reading("4.14 %\\", 1, metric="room", gateway="wardkeeper"),
            reading(1 / 3, metric="fix_confidence"),
        ],
        1,
    )
    assert series(server) == [
        ("door_door_open", "", ""),
        ("door_door_open_quality", "", ""),
        ("environment_temperature", "", ""),
        ("location_fix_confidence", "", ""),  # 0.333333, and what makes it exact:
        ("location_fix_confidence_high", "", ""),
        ("location_fix_confidence_low", "", ""),
        ("location_room_text", "4.12", ""),
        ("location_room_text", "4.14 %25%5C", ""),
    ]


def test_only_a_point_that_was_corrected_is_kept_beside_the_one_before(server, store):
    wrote = [reading(float(n), n, quality=Quality.UNCERTAIN if n == 4 else Quality.GOOD) for n in range(10)]
    for position in (1, 2, 3):
        store.write(wrote, position)
    assert series(server) == [("environment_temperature", "", ""), ("environment_temperature_quality", "", "")]
    store.write([reading(4.0, 4)], 4)
    store.write([reading(3.5, 4)], 5)
    server.flush()
    assert [r.value for r in readings_of(store.query(ALL))] == [0.0, 1.0, 2.0, 3.0, 3.5, *map(float, range(5, 10))]
    assert {revision for _, _, revision in series(server)} == {"", "1", "2"}


@pytest.mark.parametrize("number", [0.0, -0.0, 5e-324, -math.pi, 1.7976931348623157e308])
def test_halves_of_a_double_are_whole_numbers_and_make_it_again(number):
    high, low = halves(number)
    assert 0 <= high < 2**32
    assert 0 <= low < 2**32
    assert math.copysign(1, exact(high, low)) == math.copysign(1, number)
    assert exact(high, low) == number


def test_the_latest_of_a_device_that_was_silent_for_a_year_is_found(server, store):
    store.write([reading(1.0, -86400 * 365), reading(2.0, 0, metric="co2")], 1)
    server.flush()
    assert [r.value for r in readings_of(store.latest())] == [2.0, 1.0]
    assert [r.value for r in readings_of(store.latest(metrics=["co2"]))] == [2.0]


# ---------------------------------------------------------------- killed


@pytest.fixture
def house(tmp_path, store):
    """A spool that keeps nothing longer than it must, and the store reading it."""
    clock = SystemClock()
    spool = Spool(tmp_path / "spool", clock, segment_bytes=2000, keep_s=0)
    runner = ConsumerRunner(StoreConsumer(store), spool, clock)
    thread = Supervised("store", runner.run, clock, longest_s=0.5)
    thread.start()
    yield spool, runner
    assert thread.stop()
    spool.close()


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():  # the other side is another process: there is no event to wait for
        assert time.monotonic() < deadline
        pause.wait(0.02)


def test_what_it_confirmed_and_lost_when_it_was_killed_is_written_again(server, store, house):
    spool, runner = house
    wrote = [reading(float(n), n) for n in range(500)]
    for one in wrote[:-1]:
        spool.append([([one], None)])
    until(lambda: runner.position == spool.head)
    server.kill()
    server.start()
    server.flush()
    assert store.query(ALL).num_rows < 499  # it had said 204 to all of them
    spool.append([([wrote[-1]], None)])
    until(lambda: runner.position == spool.head == 500)
    server.flush()
    assert readings_of(store.query(ALL)) == wrote
    assert {revision for _, _, revision in series(server)} == {""}


def test_the_spool_keeps_what_is_not_settled_and_lets_go_of_it_after_a_minute(server, store, house, seconds):
    spool, runner = house
    for n in range(100):
        spool.append([([reading(float(n), n)], None)])
    until(lambda: runner.position == 100)
    assert store.settled() == 0
    assert min(int(path.stem) for path in spool.directory.glob("*.spool")) == 1
    seconds.now = 61.0
    spool.append([([reading(100.0, 100)], None)])
    until(lambda: store.settled() == 101 or store.settled() == 100)
    spool.append([([reading(101.0, 101)], None)])
    until(lambda: min(int(path.stem) for path in spool.directory.glob("*.spool")) > 1)


def test_after_a_restart_of_wardkeeper_the_last_minute_is_written_again(server, store, store_at, tmp_path, seconds):
    store.write([reading(1.0)], 1)
    seconds.now = 59.0
    store.write([reading(2.0, 1)], 2)
    seconds.now = 61.0
    store.write([reading(3.0, 2)], 3)
    assert (store.position(), store.settled()) == (3, 1)
    assert store_at(server.url, "victoriametrics").position() == 1


def test_a_restart_between_two_batches_is_noticed_and_the_second_is_not_taken_as_settled(server, store):
    store.write([reading(1.0)], 1)
    server.kill()
    server.start()
    with pytest.raises(Unreachable, match=r"was started again: its last minute is written once more"):
        store.write([reading(2.0, 1)], 2)
    assert store.position() == 0
    store.write([reading(1.0), reading(2.0, 1)], 2)
    server.flush()
    assert [r.value for r in readings_of(store.query(ALL))] == [1.0, 2.0]


# ---------------------------------------------------------------- how it is set up


def test_troubles_are_a_missing_deduplication_and_a_short_retention(victoria_metrics, store_at, store):
    assert store.troubles() == []
    careless = victoria_metrics("-retentionPeriod=1", dedup="0s")
    dedup, retention = store_at(careless.url, "victoriametrics", keep_days=365).troubles()
    assert "kept twice: start the server with -dedup.minScrapeInterval=1ms" in dedup
    assert retention == (
        "the server keeps points for 1 months, the settings ask for 365 days: start it with -retentionPeriod=365d"
    )
    assert len(store_at(careless.url, "victoriametrics", keep_days=31).troubles()) == 1


def test_tls_a_path_before_its_own_and_a_password(victoria_metrics, store_at, tmp_path):
    make_certificates(tmp_path)
    server = victoria_metrics(
        "-tls",
        f"-tlsCertFile={tmp_path}/server.pem",
        f"-tlsKeyFile={tmp_path}/server.key",
        "-httpAuth.username=ward",
        "-httpAuth.password=right",
        https=True,
        prefix="/deep/vm",
    )
    assert server.url.endswith("/deep/vm")
    tls = {"ca": str(tmp_path / "ca.pem")}
    wrong = store_at(server.url, "victoriametrics", user="ward", password="wrong", tls=tls)
    with pytest.raises(Unreachable, match=r"says 401"):
        wrong.write([reading(1.0)], 1)
    right = store_at(server.url, "victoriametrics", user="ward", password="right", tls=tls)
    right.write([reading(1.0)], 1)
    until(lambda: right.query(ALL).num_rows == 1)
    assert right.troubles() == []
