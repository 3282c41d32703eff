"""What its settings refuse. What each dialect does: tests/collector/influx; what all stores promise: test_suite.py."""

import socket
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.ports import RemoteStore, Selection
from collector.stores.influx import Config, open_store

URL = "http://127.0.0.1:1"
SECRET = SecretStr("s3cret")


def test_opening_asks_the_server_for_nothing(tmp_path):
    store = open_store(Config(dialect="influxdb1", url=URL), tmp_path)
    assert isinstance(store, RemoteStore)
    assert store.position() == store.settled() == 0
    assert store.refused() == ""
    store.close()


@pytest.mark.parametrize(
    "given, why",
    [
        ({"dialect": "influxdb4"}, "influxdb1"),
        ({"url": "127.0.0.1:8086"}, "pattern"),
        ({"url": "http://ward:s3cret@influx:8086"}, "pattern"),
        ({"user": "ward"}, "a user needs a password, and a password a user"),
        ({"password": SECRET}, "a user needs a password, and a password a user"),
        ({"token": SECRET}, "influxdb1 has users with passwords, no tokens"),
        ({"dialect": "influxdb2"}, "influxdb2 needs an org and a token"),
        ({"dialect": "influxdb3", "token": SECRET, "user": "a", "password": SECRET}, "either a token or a user"),
        ({"databse": "x"}, "databse"),
        ({"tls": {"ca": "a", "verify": False}}, "verify"),
    ],
)
def test_mistakes_are_refused_and_no_secret_is_shown(given, why):
    with pytest.raises(ValidationError, match=why) as refused:
        Config(**{"dialect": "influxdb1", "url": URL, **given})
    assert "s3cret" not in str(refused.value.errors(include_input=False))


def test_a_server_that_never_answers_is_waited_for_once_and_not_by_everybody_who_asks(tmp_path):
    seconds = 0.0
    now = ManualClock().now()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = open_store(Config(dialect="influxdb1", url=url, timeout_s=0.2), tmp_path, lambda: seconds)
        for says in (r"does not answer: .*timed out", r"timed out.*not asked again for 0 s"):
            with pytest.raises(Unreachable, match=says):
                store.query(Selection(now - timedelta(days=1), now))
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()  # the second had not even knocked
        seconds = 0.3
        with pytest.raises(Unreachable, match=r"does not answer: .*is it running\?$"):
            store.query(Selection(now - timedelta(days=1), now))
        store.close()
