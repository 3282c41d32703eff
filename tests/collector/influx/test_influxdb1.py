"""What only InfluxDB 1 does, on a real one; the store suite is in tests/collector/stores."""

import json
import urllib.request
from datetime import timedelta

import pytest

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.influx.influxdb1 import hours
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Reading
from tests.conftest import make_certificates

T0 = ManualClock().now()
ALL = Selection(T0 - timedelta(days=2000), T0 + timedelta(days=1))


def reading(value, at=0.0, metric="temperature"):
    return Reading("d", metric, value, T0 + timedelta(seconds=at), T0 + timedelta(seconds=at))


@pytest.fixture
def database(one_influxd):
    return one_influxd.database()


@pytest.fixture
def store(one_influxd, database, store_at):
    return store_at(one_influxd.url, "influxdb1", bucket=database)


def spoil(server, database):
    """Someone else has written a text where numbers of CO₂ belong: the server refuses those from now on."""
    line = f'environment,site=other co2="much" {int(T0.timestamp())}'.encode()
    urllib.request.urlopen(f"{server.url}/write?db={database}&precision=s", line).close()


def test_one_bad_point_among_many_goes_to_the_dead_letters_and_the_others_are_kept(
    one_influxd, database, store, tmp_path, store_at
):
    spoil(one_influxd, database)
    good = [reading(float(n), n) for n in range(100)]
    store.write([*good[:61], reading(400.0, metric="co2"), *good[61:]], 1)
    assert readings_of(store.query(ALL)) == good
    assert store.position() == 1
    assert "The store refused 1 points, the last because" in store.refused()
    assert "already exists as type string" in store.refused()
    [letter] = map(json.loads, (tmp_path / "refused.jsonl").read_text().splitlines())
    assert letter["line"].startswith("environment,site=linden,device=d co2=400.0 ")
    again = store_at(one_influxd.url, "influxdb1", bucket=database)
    assert again.refused() == f"The store refused 1 points. They are in {tmp_path}/refused.jsonl."


def test_when_every_point_is_refused_it_is_not_the_points_and_they_are_waited_with(one_influxd, database, store):
    spoil(one_influxd, database)
    with pytest.raises(Unreachable, match=r"every point is refused, so it is not the points: .*co2"):
        store.write([reading(400.0 + n, n, metric="co2") for n in range(20)], 1)
    assert store.position() == 0
    assert store.refused() == ""


def test_points_older_than_the_retention_never_hold_up_the_others(one_influxd, store_at):
    one_influxd.statement('CREATE DATABASE "short" WITH DURATION 24h')
    store = store_at(one_influxd.url, "influxdb1", bucket="short", keep_days=30)
    store.write([reading(float(n), n - 86400 * 365) for n in range(20)], 1)
    assert store.position() == 1
    assert "refused 20 points" in store.refused()
    assert "beyond retention policy" in store.refused()
    [trouble] = store.troubles()
    assert trouble.startswith("retention policy autogen keeps 24h0m0s, the settings ask for 30 days: ALTER RETENTION")


@pytest.mark.parametrize("duration, expected", [("168h0m0s", 168), ("0s", 0), ("30m0s", 0)])
def test_durations_are_read_in_hours(duration, expected):
    assert hours(duration) == expected


def test_a_database_that_is_not_there_is_a_trouble_and_is_waited_for(one_influxd, store_at):
    store = store_at(one_influxd.url, "influxdb1", bucket="nowhere")
    assert store.troubles() == ['there is no database nowhere: CREATE DATABASE "nowhere"']
    with pytest.raises(
        Unreachable, match=r'says 404: database not found: "nowhere"; are the bucket and the url right?'
    ):
        store.write([reading(1.0)], 1)
    one_influxd.statement('CREATE DATABASE "nowhere"')
    store.write([reading(1.0)], 1)
    assert store.troubles() == []


def test_a_server_that_is_away_is_waited_for_and_keeps_what_it_confirmed_through_a_kill(influxd, store_at):
    server = influxd()
    store = store_at(server.url, "influxdb1", bucket=server.database())
    store.write([reading(1.0)], 1)
    server.kill()
    for ask in (lambda: store.write([reading(2.0, 1)], 2), lambda: store.query(ALL), store.latest):
        with pytest.raises(Unreachable, match=r"does not answer: .*is it running"):
            ask()
    assert (store.position(), store.settled()) == (1, 1)
    assert "does not answer" in store.troubles()[0]
    server.start()
    store.write([reading(2.0, 1)], 2)
    assert readings_of(store.query(ALL)) == [reading(1.0), reading(2.0, 1)]


def test_a_wrong_password_is_named_and_the_right_one_works(influxd, store_at, tmp_path):
    server = influxd("auth-enabled = true")
    server.statement("CREATE USER ward WITH PASSWORD 'right' WITH ALL PRIVILEGES")
    urllib.request.urlopen(f"{server.url}/query?u=ward&p=right", b"q=CREATE+DATABASE+wardkeeper").close()
    wrong = store_at(server.url, "influxdb1", tmp_path / "wrong", user="ward", password="wrong")
    with pytest.raises(Unreachable, match=r"says 401: authorization failed; may this token or user"):
        wrong.write([reading(1.0)], 1)
    assert "says 401" in wrong.troubles()[0]
    assert "wrong" not in str(wrong.troubles())
    right = store_at(server.url, "influxdb1", user="ward", password="right")
    right.write([reading(1.0)], 1)
    assert readings_of(right.query(ALL)) == [reading(1.0)]


def test_tls_with_an_authority_of_ones_own(influxd, store_at, tmp_path):
    make_certificates(tmp_path)
    files = f'https-certificate = "{tmp_path}/server.pem"', f'https-private-key = "{tmp_path}/server.key"'
    server = influxd("https-enabled = true", *files, https=True)
    with pytest.raises(Unreachable, match=r"certificate verify failed.*is `tls\.ca` right"):
        store_at(server.url, "influxdb1").write([reading(1.0)], 1)
    store = store_at(server.url, "influxdb1", bucket="nowhere", tls={"ca": str(tmp_path / "ca.pem")})
    assert store.troubles() == ['there is no database nowhere: CREATE DATABASE "nowhere"']
