"""What all tests share: a real MQTT broker, databases, a browser that stays on this machine, steady random tests."""

import datetime as dt
import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import settings

from tests import servers
from tests.bluez.process import BluezProcess, Bus
from tests.databases import (  # noqa: F401 - fixtures
    DIALECTS,
    database_url,
    dialect,
    new_database,
    postgres,
    postgres_of_ones_own,
    postgres_programs,
    postgres_template,
    sqlite_template,
    take_away,
)

PAGES = Path(__file__).parent / "dashboards" / "pages"
BROWSER_FIXTURES = {"browser", "context", "page", "new_context"}
LOCAL = re.compile(r"^(https?|wss?)://(127\.0\.0\.1|localhost|\[::1\])[:/]|^(about|data|blob):")

_RACP_REPORT = re.compile(rb"\x01\x01|\x01\x03\x01..", re.DOTALL)
"""All that may be written to a BLE device: Report Stored Records, of all or from a number on."""

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_generate_tests(metafunc):
    """What touches the database runs on both; in the browser, where the database is far away, only where it says so.

    Pages ask what is asked of both databases elsewhere: they are looked at on both with the long tests.
    """
    if "dialect" in metafunc.fixturenames:
        asked = metafunc.definition.get_closest_marker("dialects")
        usual = DIALECTS[:1] if BROWSER_FIXTURES & set(metafunc.fixturenames) else DIALECTS
        later = metafunc.definition.get_closest_marker("long_on")
        long_on = later.args if later else DIALECTS[1:] if PAGES in metafunc.definition.path.parents else ()
        marks = {name: [pytest.mark.long] for name in long_on}
        names = asked.args if asked else usual
        metafunc.parametrize(
            "dialect", [pytest.param(name, marks=marks.get(name, [])) for name in names], indirect=True
        )


def pytest_collection_modifyitems(items):
    """Mark by fixture, and run browser tests last: Playwright keeps an event loop running from the first of them on,
    and asyncio.run refuses to start a second one in the same thread."""
    for item in items:
        if BROWSER_FIXTURES & set(item.fixturenames):
            item.add_marker("browser")
        if "mosquitto" in item.fixturenames:
            item.add_marker("mosquitto")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def free_port():
    """A function that finds a TCP port nobody listens on."""

    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


# ---------------------------------------------------------------- a real broker


class Mosquitto:
    """A broker of one's own. `ca` is there with TLS; at the end of a `with` it stops."""

    host = "127.0.0.1"

    def __init__(self, program, folder, port, lines):
        self.program, self.folder, self.port = program, folder, port
        self.ca = folder / "ca.pem" if (folder / "ca.pem").exists() else None
        self.process = None
        self.config = folder / "mosquitto.conf"
        self.config.write_text("\n".join([f"listener {port} {self.host}", *lines, ""]))

    def start(self):
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([self.program, "-c", self.config], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), socket.create_connection((self.host, self.port), 1):
                return self
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"mosquitto did not start:\n{self.log}")

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        """As a power cut does it: nothing more is written."""
        self._end(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    @property
    def log(self):
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    def _end(self, how):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(10)
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.stop()


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory, free_port):
    """A function that starts a real mosquitto: `mosquitto(*config_lines, persistent=False, users=None, tls=False)`.

    `users` is {name: password}; without it anyone may connect. A broker stops when it is told to, or with the session.
    """
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed (Debian: apt-get install mosquitto)")
    brokers = []

    def start(*lines, persistent=False, users=None, tls=False):
        folder = tmp_path_factory.mktemp("mosquitto")
        settings_ = ["max_inflight_messages 1000", "max_queued_messages 0", *lines]
        if os.geteuid() == 0:
            settings_.append("user root")  # else it steps down to a user that cannot read this folder
        if persistent:
            settings_ += ["persistence true", f"persistence_location {folder}/"]
        if users:
            passwords = folder / "passwords"
            passwords.touch(0o600)
            for name, password in users.items():
                subprocess.run(["mosquitto_passwd", "-b", passwords, name, password], check=True)
            settings_ += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            settings_.append("allow_anonymous true")
        if tls:
            make_certificates(folder)
            settings_ += [f"certfile {folder}/server.pem", f"keyfile {folder}/server.key"]
        broker = Mosquitto(program, folder, free_port(), settings_)
        brokers.append(broker)
        return broker.start()

    yield start
    for broker in brokers:
        broker.stop()


def make_certificates(folder: Path) -> None:
    """An authority (ca.pem) and a certificate of this machine (server.pem, server.key)."""

    def certificate(name, key, issuer, issuer_key, *, authority):
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder(issuer, named(name), key.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def named(name):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = named("Wardkeeper test authority")
    (folder / "ca.pem").write_bytes(certificate("Wardkeeper test authority", ca_key, ca, ca_key, authority=True))
    (folder / "server.pem").write_bytes(certificate("localhost", key, ca, ca_key, authority=False))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


# ---------------------------------------------------------------- real time-series servers


@pytest.fixture(scope="session")
def influxd(tmp_path_factory, free_port):
    """A function that starts a real InfluxDB 1: `influxd(*lines_of_http, https=False)`."""
    yield from _started(servers.influxd, tmp_path_factory, free_port)


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory, free_port):
    """A function that starts a real VictoriaMetrics: `victoria_metrics(*flags, https=False, prefix="", dedup=…)`."""
    yield from _started(servers.victoria_metrics, tmp_path_factory, free_port)


def _started(make, tmp_path_factory, free_port):
    running = []

    def start(*words, folder=None, **options):
        running.append(make(folder or tmp_path_factory.mktemp("server"), free_port, *words, **options))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory, free_port):
    """A function that starts a real Alertmanager: `alertmanager(config)`."""
    yield from _started(servers.alertmanager, tmp_path_factory, free_port)


@pytest.fixture(scope="session")
def one_influxd(influxd):
    """An InfluxDB 1 for all tests that need a database of their own only."""
    return influxd()


@pytest.fixture(scope="session")
def one_victoria_metrics(victoria_metrics):
    """A VictoriaMetrics for all tests that need a site of their own only."""
    return victoria_metrics()


# ---------------------------------------------------------------- a D-Bus with an org.bluez of our own


@pytest.fixture
def bus(tmp_path, monkeypatch):
    """A function that makes a private D-Bus, which stands for the machine's, and starts it: `bus(policy="")`."""
    if not Bus.there():
        pytest.skip("dbus-daemon is not installed (Debian: apt-get install dbus)")
    buses = []

    def start(policy=""):
        buses.append(Bus(tmp_path, policy))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", buses[-1].address)
        return buses[-1].start()

    yield start
    for one in buses:
        one.stop()


@pytest.fixture
def bluez(bus):
    """`tests.bluez.service.Bluez` in another process, without an adapter yet; whatever it was written is compared."""
    service = BluezProcess(bus().address)
    yield service
    written = service.written()
    service.close()
    assert [one for one in written if one[1] != "2a52" or not _RACP_REPORT.fullmatch(one[2])] == []


# ---------------------------------------------------------------- a real browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's own Chromium; it may not look anything up by itself."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium; elsewhere set CHROMIUM)")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": ["--headless=new", "--disable-gpu", "--no-first-run", *quiet, *sandbox],
    }


@pytest.fixture
def foreign_requests(context):
    """Every address outside this machine that a page asks for; such requests are refused."""
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    def watch(page):
        page.on("websocket", lambda socket_: None if LOCAL.match(socket_.url) else asked.append(socket_.url))

    context.route(lambda url: not LOCAL.match(url), refuse)
    context.on("page", watch)
    return asked


@pytest.fixture(autouse=True)
def stays_on_this_machine(request):
    """Fails any browser test whose pages ask for something outside this machine."""
    if "context" not in request.fixturenames:
        yield
        return
    asked = request.getfixturevalue("foreign_requests")
    yield
    assert not asked, f"left the machine: {asked}"
