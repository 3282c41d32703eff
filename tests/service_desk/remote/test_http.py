"""Whom a ticket system must be before it is told anything: TLS against a real server, with authorities of our own."""

import asyncio
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from collector.errors import ConfigError
from collector.tls import Tls
from service_desk.remote.config import HttpConfig
from service_desk.remote.errors import Barred
from service_desk.remote.http import Http
from tests.conftest import make_certificates


class System(BaseHTTPRequestHandler):
    """Says who knocked, and writes down what it was told."""

    def do_POST(self):
        self.server.told.append(self.rfile.read(int(self.headers["Content-Length"])))
        who = (self.connection.getpeercert() or {}).get("subject", ())
        body = str(who).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(ThreadingHTTPServer):
    """Who hangs up in the handshake is no news."""

    def handle_error(self, request, client_address):
        pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folders = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs")
    for folder in folders:
        make_certificates(folder)
    return folders


@pytest.fixture
def system(certificates):
    """A function that starts one: `system(knows=ca)` wants a certificate that this authority signed."""
    ours, _ = certificates
    running = []

    def start(knows=None, host="127.0.0.1"):
        server = Quiet((host, 0), System)
        server.told = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=knows)
        context.load_cert_chain(ours / "server.pem", ours / "server.key")
        if knows:
            context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def told(server, host="localhost", **tls):
    config = HttpConfig(url=f"https://{host}:{server.server_port}", tls=Tls(**tls) if tls else None, timeout_s=5.0)
    return asyncio.run(Http(config).ask("POST", "/tickets", body={"title": "F-07"}))


def test_an_authority_of_the_house_is_believed_where_the_settings_name_it(system, certificates):
    server = system()
    assert told(server, ca=str(certificates[0] / "ca.pem")).status == 200
    assert server.told == [b'{"title": "F-07"}']


@pytest.mark.parametrize("named", ["none", "another"])
def test_a_certificate_that_nobody_known_has_signed_is_told_nothing_and_the_message_says_where_to_look(
    system, certificates, named
):
    server = system()
    tls = {"ca": str(certificates[1] / "ca.pem")} if named == "another" else {}
    with pytest.raises(Barred, match=r"localhost: TLS failed: .*certificate.*; check the certificate and tls\.ca"):
        told(server, **tls)
    assert server.told == []


def test_a_certificate_of_another_name_is_refused(system, certificates):
    server = system(host="127.0.0.2")
    with pytest.raises(Barred, match=r"127\.0\.0\.2: TLS failed: .*127\.0\.0\.2"):
        told(server, "127.0.0.2", ca=str(certificates[0] / "ca.pem"))
    assert server.told == []


def test_who_must_show_a_certificate_of_its_own_does(system, certificates):
    ours, _ = certificates
    server = system(knows=str(ours / "ca.pem"))
    mine = {"cert": str(ours / "server.pem"), "key": str(ours / "server.key")}
    assert b"localhost" in told(server, ca=str(ours / "ca.pem"), **mine).body


def test_files_that_are_none_are_named_before_anybody_is_asked(system, tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"the files under tls .*ca\.pem.* cannot be used"):
        told(system(), ca=str(tmp_path / "ca.pem"))
    with pytest.raises(ConfigError, match=r"gone\.pem.*No such file"):
        told(system(), ca=str(tmp_path / "gone.pem"))
