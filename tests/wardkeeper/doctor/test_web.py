"""The running server, asked from outside for what everybody may know."""

import http.server
import threading
from pathlib import Path

import pytest

from collector.clock import SystemClock
from collector.spool import Spool


@pytest.fixture
def answering():
    """A function that starts a server with these answers, by path, and gives its port."""
    servers = []

    def start(answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                code, body = answers.get(self.path, (404, "no such page"))
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_server_that_does_not_run_is_no_trouble(patient, free_port):
    patient.write(f"web: {{port: {free_port()}}}\n")
    assert [(state, what) for state, _, _, what in patient.says("web")] == [("unseen", "It does not run")]


def test_a_server_that_holds_its_data_and_does_not_answer(patient, free_port):
    patient.write(f"web: {{port: {free_port()}}}\n")
    spool = Spool(patient.data / "spool", SystemClock())
    assert patient.names("web") == ["web.silent"]
    spool.close()
    assert patient.names("web") == []


def test_a_server_that_is_ready(patient, answering):
    port = answering({"/healthz": (200, "ok\n"), "/readyz": (200, '{"ready": true, "troubles": {}}')})
    patient.write(f"web: {{port: {port}}}\n")
    assert patient.says("web")[0][0] == "well"


def test_a_server_with_a_part_that_does_not_run(patient, answering):
    told = '{"ready": false, "troubles": {"alarms": "waiting", "store": "does not answer"}}'
    port = answering({"/healthz": (200, "ok\n"), "/readyz": (503, told)})
    patient.write(f"web: {{port: {port}}}\n")
    [finding] = patient.findings("web")
    assert (finding.name, finding.what) == ("web.not-ready", "alarms: waiting; store: does not answer")


@pytest.mark.parametrize("answers", [{}, {"/healthz": (200, "fine")}, {"/healthz": (200, "ok\n")}])
def test_another_program_on_its_port(patient, answering, answers):
    patient.write(f"web: {{port: {answering(answers)}}}\n")
    assert patient.names("web") == ["web.taken"]


def test_a_real_server_is_ready(patient, server_of, mosquitto):
    server = server_of(mosquitto().port).start()
    patient.path.write_text(Path(server.config).read_text())
    assert patient.says("web")[0][0::3] == ("well", "It runs, with all its parts")
    assert patient.names("store") == []
