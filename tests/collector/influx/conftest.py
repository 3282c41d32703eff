"""A small real HTTP server that expects exact requests, in order, and gives recorded answers."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from collector.stores.influx import Config, open_store


class Replay:
    """`expect(method, path, body, status, answer)`; `wrong` is what came otherwise, `expected` what did not come."""

    def __init__(self):
        self.expected, self.wrong, self.headers = [], [], []
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                replay._answer(self)

            do_POST = do_GET  # noqa: N815 - http.server's own names

            def log_message(self, *words):
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def expect(self, method, path, body=b"", status=204, answer=b"", **headers):
        self.expected.append((method, path, body, status, answer, headers))

    def _answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.headers.append(dict(request.headers))
        came = (request.command, request.path, body)
        method, path, wanted, status, answer, headers = self.expected.pop(0) if self.expected else [None] * 6
        if came != (method, path, wanted):
            self.wrong.append((came, (method, path, wanted)))
            status, answer, headers = 599, b"not what was recorded", {}
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        if status != 204:
            request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def replay():
    """Fails the test when a request was not the recorded one, or one is still missing."""
    server = Replay()
    yield server
    server.close()
    assert not server.wrong
    assert not server.expected


@pytest.fixture
def store_at(tmp_path, seconds):
    """Opens a store.influx; secrets are given as text."""
    stores = []

    def opened(url, dialect, folder=tmp_path, **settings):
        for secret in {"token", "password"} & settings.keys():
            settings[secret] = SecretStr(settings[secret])
        stores.append(open_store(Config(url=url, dialect=dialect, site="linden", **settings), folder, seconds))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()
