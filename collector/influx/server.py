"""The server as seen from here: requests through influxdb-client, and which of its refusals are worth another try."""

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import urllib3.exceptions
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException

from collector.errors import Refused, Unreachable
from collector.influx.ports import Ask

_LINES = "text/plain; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"
_WRITTEN = 204
_WORDS = 300
_LONGEST_PAUSE_S = 300.0


class Server:
    """One address. Thread-safe. Nothing is sent while it asks for quiet (`Retry-After`), or after we waited in vain."""

    def __init__(
        self, url: str, authorization: str, timeout_s: float, tls: dict[str, Any], now: Callable[[], float]
    ) -> None:
        """`tls`: influxdb-client's own settings; `now`: seconds of a clock that is never set."""
        self.url = url.rstrip("/")
        self._headers = {"Authorization": authorization} if authorization else {}
        self._client = InfluxDBClient(self.url, timeout=int(timeout_s * 1000), connection_pool_maxsize=4, **tls)
        self._timeout_s, self._now = timeout_s, now
        self._quiet_until, self._why = 0.0, ""

    def ask(self, ask: Ask) -> bytes:
        """The body of the answer. Raises Unreachable, and Refused for what trying again does not help."""
        wait = self._quiet_until - self._now()
        if wait > 0:
            raise Unreachable(f"{self._why}; it is not asked again for {wait:.0f} s")
        headers = {**self._headers, "Accept": ask.accept, "Content-Type": "application/json"}
        if ask.lines:
            headers |= {"Content-Type": _LINES, "Content-Encoding": "gzip"}
        elif ask.form is not None:
            headers["Content-Type"] = _FORM
        try:
            answer = self._client.api_client.rest_client.request(  # type: ignore[no-untyped-call] # the client's own
                ask.method,
                f"{self.url}{ask.path}",
                query_params=dict(ask.params),
                headers=headers,
                body=ask.lines or ask.json,
                post_params=ask.form,
                _preload_content=False,
            )
            body = bytes(answer.data)
        except ApiException as no:
            raise self._error(no) from no
        except (urllib3.exceptions.HTTPError, OSError) as trouble:
            said = f"{self.url} does not answer: {trouble}; is it running?"
            refused = isinstance(trouble, urllib3.exceptions.NewConnectionError)  # that is told at once
            if isinstance(trouble, urllib3.exceptions.TimeoutError) and not refused:
                self._pause(self._timeout_s, said)  # who asks next must not wait as long again
            raise Unreachable(said) from trouble
        if ask.lines and answer.status != _WRITTEN:  # a page of a proxy, say
            raise Unreachable(f"{self.url} says {answer.status} to a write, and not 204; is it the server itself?")
        return body

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()  # type: ignore[no-untyped-call] # the client's own

    def _error(self, no: ApiException) -> Unreachable | Refused:
        said = f"{self.url} says {no.status}: {_words(no)}"
        if no.status in {400, 413, 422}:
            return Refused(said)
        if no.status in {401, 403}:
            return Unreachable(f"{said}; may this token or user read and write there?")
        if no.status == 404:
            return Unreachable(f"{said}; are the bucket and the url right?")
        if no.status in {429, 503}:
            with suppress(KeyError, ValueError):  # none, or a date
                self._pause(float(dict(no.headers or {})["Retry-After"]), said)
            return Unreachable(f"{said}; it is busy")
        if not no.status:  # TLS
            return Unreachable(f"{self.url}: {' '.join(str(no.reason).split())}; is `tls.ca` right?")
        return Unreachable(f"{said}; is it well, and the dialect right?")

    def _pause(self, seconds: float, why: str) -> None:
        self._quiet_until, self._why = self._now() + min(seconds, _LONGEST_PAUSE_S), why


def authorization(scheme: str, token: str, user: str, password: str) -> str:
    """The header's value; empty where nobody signs in."""
    if token:
        return f"{scheme} {token}"
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}" if user else ""


def _words(no: ApiException) -> str:
    """What the server says about it, cut to what a page can show."""
    body = no.body if isinstance(no.body, bytes) else str(no.body or "").encode()
    with suppress(msgspec.DecodeError):
        said = msgspec.json.decode(body)
        if isinstance(said, dict):
            body = str(said.get("error") or said.get("message") or said).encode()
    return " ".join(body.decode(errors="replace").split())[:_WORDS] or str(no.reason)
