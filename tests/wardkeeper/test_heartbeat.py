"""A sign of life to a real monitor on this machine: while all is well, and only then."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from collector.clock import ManualClock, SystemClock
from collector.errors import ConfigError, Unreachable
from collector.reading import Reading
from collector.supervisor import Status
from tests.conftest import make_certificates
from wardkeeper.collecting import Collecting
from wardkeeper.heartbeat import Heartbeat, ailing, reach
from wardkeeper.sections import HeartbeatSettings
from wardkeeper.settings import Settings

SECRET = "8f2c-secret-ping-key"


class Monitor(ThreadingHTTPServer):
    """Hears (method, path, body); `status` is what it answers, `quiet` lets it wait for that."""

    def __init__(self, certificate=None):
        self.heard, self.status, self.quiet, self.changed = [], 200, threading.Event(), threading.Condition()
        self.quiet.set()
        monitor = self

        class Listener(BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                monitor.quiet.wait(10)
                with monitor.changed:
                    monitor.heard.append((self.command, self.path, body))
                    monitor.changed.notify_all()
                self.send_response(monitor.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            do_HEAD = do_POST = do_GET  # noqa: N815 - the server's own names

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Listener)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_port}/{SECRET}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_):
        pass

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, 10), self.heard


@pytest.fixture
def monitor():
    one = Monitor()
    yield one
    one.quiet.set()
    one.shutdown()
    one.server_close()


@pytest.fixture
def heart(monitor):
    def heart(troubles=list, **settings):
        known = HeartbeatSettings.model_validate({"url": monitor.url, **settings})
        return Heartbeat(known, troubles, SystemClock(1000))

    return heart


def beat(one):
    one.beat(threading.Event())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_sign_of_life_while_all_is_well(monitor, heart, method):
    one = heart(method=method)
    beat(one)
    assert monitor.heard == [(method, f"/{SECRET}", "")]
    assert one.trouble == ""


def test_silence_while_something_is_not_well(monitor, heart):
    beat(heart(lambda: ["store is waiting"]))
    assert monitor.heard == []


def test_the_failing_address_is_told_what_is_not_well(monitor, heart):
    beat(heart(lambda: ["store is waiting", "the spool is 95% full"], failing_url=f"{monitor.url}/fail", method="POST"))
    assert monitor.heard == [("POST", f"/{SECRET}/fail", "store is waiting\nthe spool is 95% full")]


def test_what_is_over_at_a_second_look_wakes_nobody(monitor, heart):
    looks = iter([["alarms is waiting"], []])
    beat(heart(lambda: next(looks), failing_url=f"{monitor.url}/fail"))
    assert monitor.heard == [("GET", f"/{SECRET}", "")]


def test_it_goes_on_until_it_is_stopped(monitor, heart):
    stop = threading.Event()
    running = threading.Thread(target=heart(every_s=5.0).run, args=(stop,))
    running.start()
    monitor.wait(3)
    stop.set()
    running.join(5)
    assert not running.is_alive()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_monitor_that_does_not_take_it_is_a_trouble_without_the_secret_and_nobody_follows_it_elsewhere(
    monitor, heart, status
):
    monitor.status = status
    one = heart()
    beat(one)
    assert one.trouble == f"The outside monitor 127.0.0.1 says {status}; is the address still right?"
    monitor.status = 200
    beat(one)
    assert one.trouble == ""


def test_a_monitor_that_is_not_there_or_says_nothing_is_a_trouble_without_the_secret(monitor, heart, free_port):
    one = heart(url=f"http://127.0.0.1:{free_port()}/{SECRET}")
    beat(one)
    assert one.trouble == "The outside monitor 127.0.0.1 does not answer: Connection refused"
    monitor.quiet.clear()
    one = heart(timeout_s=0.05)
    beat(one)
    assert one.trouble == "The outside monitor 127.0.0.1 does not answer: no answer in time"


def test_over_tls_only_to_whom_the_authority_vouches_for(tmp_path):
    make_certificates(tmp_path)
    one = Monitor((tmp_path / "server.pem", tmp_path / "server.key"))
    stranger = Heartbeat(HeartbeatSettings(url=one.url), list, SystemClock())
    beat(stranger)
    assert "TLS failed" in stranger.trouble
    assert SECRET not in stranger.trouble
    trusting = HeartbeatSettings(url=one.url, tls={"ca": str(tmp_path / "ca.pem")})
    beat(Heartbeat(trusting, list, SystemClock()))
    assert one.heard == [("GET", f"/{SECRET}", "")]
    assert reach(trusting) == "127.0.0.1"
    with pytest.raises(Unreachable, match="TLS failed"):
        reach(HeartbeatSettings(url=one.url))
    assert len(one.heard) == 1, "to look whether it is there is no sign of life"
    one.shutdown()
    one.server_close()


def test_files_of_tls_that_are_not_there_are_a_mistake_of_the_settings():
    with pytest.raises(ConfigError, match="heartbeat"):
        Heartbeat(HeartbeatSettings(url="https://monitor.example", tls={"ca": "/none"}), list, SystemClock())


def test_an_address_must_be_one_and_does_not_show_itself():
    with pytest.raises(ValidationError, match="https://"):
        HeartbeatSettings(url="hc-ping.com/x")
    assert SECRET not in repr(HeartbeatSettings(url=f"https://hc-ping.com/{SECRET}"))


@pytest.fixture
def collecting(tmp_path):
    known = Settings(site="test", data=tmp_path, store={"kind": "store.memory"})
    one = Collecting(known, ManualClock(), known.all_stores)
    yield one
    one.close()


def test_it_is_well_while_every_part_runs_and_every_reader_keeps_up(collecting):
    now = ManualClock().now()
    parts = [Status("spool", "running", now), Status("heartbeat", "waiting", now)]
    assert ailing(collecting, parts, 60) == []
    assert ailing(collecting, [Status("store", "waiting", now)], 60) == ["store is waiting"]


def test_a_reader_that_is_far_behind_and_a_spool_that_does_not_write_are_not_well(collecting, monkeypatch):
    now = collecting._clock.now()
    collecting.spool.append([([Reading("d", "temperature", 21.5, now, now)], None)])
    collecting._clock.advance(61)
    assert ailing(collecting, [], 60) == ["store is 61 s behind"]
    assert ailing(collecting, [], 62) == []
    monkeypatch.setattr("collector.pipeline.monotonic", lambda: 100.0)
    collecting.pipeline.offer([Reading("d", "temperature", 21.5, now, now)])
    monkeypatch.setattr("collector.pipeline.monotonic", lambda: 140.0)
    assert ailing(collecting, [], 62) == ["nothing has been written to the spool for 40 s"]
