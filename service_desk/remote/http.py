"""Requests to a ticket system over HTTP (RFC 9110), and what its answers mean for the outbox.

Certificates are verified and redirects are not followed: a token goes to the host that the settings name, or nowhere.
Each request has a connection of its own: a kept one may have died unnoticed, and then nobody knows what became of it.
"""

import asyncio
import json
import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from collector.clock import monotonic
from collector.errors import ConfigError, Refused, Unreachable
from collector.tls import Tls
from service_desk.remote.config import HttpConfig
from service_desk.remote.errors import Away, Barred, Changed, LostReply

MOST_BYTES = 8 << 20
LONGEST_PAUSE_S = 3600.0
_SAFE = ("GET", "HEAD", "OPTIONS")
_QUOTED = 200
"""Characters of an answer that a message repeats."""

T = TypeVar("T")

File = tuple[str, bytes, str]
"""Name, content, media type."""


@dataclass(frozen=True)
class Answer:
    """What a server said; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the server says
        """The body. Raises Refused when it is no JSON: this is not the server that the settings mean."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refused(f"the answer is not JSON but {_start(self.body)!r}; is the address right?") from error

    def read(self, kind: type[T]) -> T:
        """The body as the document has it. Raises Refused when it is something else."""
        try:
            return msgspec.json.decode(self.body, type=kind, strict=False)
        except msgspec.DecodeError as error:
            raise Refused(f"the answer is not what was expected ({error}): {_start(self.body)!r}") from error


class Http:
    """Asks one server. `secrets` never stand in what is raised."""

    def __init__(
        self, config: HttpConfig, headers: Mapping[str, str] | None = None, secrets: Sequence[str] = ()
    ) -> None:
        """`headers` go with every request. Raises ConfigError when the files under `tls` cannot be used."""
        self.url, self._whole = config.url.rstrip("/"), config.url
        self._headers = {"Connection": "close", "Accept": "application/json", **(headers or {})}
        self._secrets = [secret for secret in secrets if secret]
        self._host = urlsplit(self.url).hostname or ""
        self._timeout_s = config.timeout_s
        self._trust = trust(config.tls) if config.url.startswith("https") else None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,  # noqa: ANN401 - whatever JSON can say
        files: Mapping[str, File | str] | None = None,
        headers: Mapping[str, str] | None = None,
        also: Collection[int] = (),
    ) -> Answer:
        """The answer when it is a 2xx or in `also`; else raises what it means, see `TicketSystem`.

        `body` is sent as JSON, or as it is when it is bytes; `files` as multipart/form-data instead.
        """
        content: dict[str, Any] = {}
        sent = {**self._headers, **(headers or {})}
        if files is not None:
            content["fields"] = dict(files)
        elif isinstance(body, bytes):
            content["body"] = body
        elif body is not None:
            content["body"] = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        url = (f"{self.url}{path}" if path else self._whole) + (f"?{urlencode(params)}" if params else "")

        def send() -> Answer:
            return self._send(method, url, sent, content)

        try:
            answer = await asyncio.wait_for(asyncio.to_thread(send), 1.5 * self._timeout_s)
        except TimeoutError:
            raise self._lost(method, "no answer in time") from None
        if 200 <= answer.status < 300 or answer.status in also:
            return answer
        raise self.meaning(method, answer)

    def _send(self, method: str, url: str, headers: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
        until = monotonic() + self._timeout_s
        timeout = urllib3.Timeout(connect=min(10.0, self._timeout_s), read=self._timeout_s)
        try:
            # a pool would keep the connection whatever our header says
            with urllib3.PoolManager(ssl_context=self._trust, retries=False) as once:
                response = once.request(
                    method, url, headers=headers, timeout=timeout, redirect=False, preload_content=False, **content
                )
                body = self._body(method, response, until)
        except SSLError as trouble:
            raise Barred(f"{self._host}: TLS failed: {_why(trouble)}; check the certificate and tls.ca") from None
        except (NewConnectionError, ConnectTimeoutError) as trouble:
            raise Away(f"{self._host} cannot be reached: {_why(trouble)}") from None
        except (HTTPError, OSError) as trouble:
            raise self._lost(method, _why(trouble)) from None
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def _body(self, method: str, response: urllib3.BaseHTTPResponse, until: float) -> bytes:
        pieces: list[bytes] = []
        for piece in response.stream(1 << 16):
            pieces.append(piece)
            if sum(map(len, pieces)) > MOST_BYTES or monotonic() > until:
                raise self._lost(method, "its answer does not end")
        return b"".join(pieces)

    def _lost(self, method: str, why: str) -> Unreachable:
        lost = Away if method in _SAFE else LostReply
        return lost(f"{self._host} did not answer: {why}")

    def meaning(self, method: str, answer: Answer) -> Exception:
        """What to raise for an answer that is not one of success."""
        said = f"{self._host} says {answer.status}: {self._without_secrets(_start(answer.body))}"
        pause = _pause(answer.headers.get("retry-after", ""))
        if answer.status in (401, 403):
            return Barred(f"{said}; check the account, its token and its rights")
        if 300 <= answer.status < 400:
            return Barred(f"{self._host} sends us elsewhere ({answer.status}); is the address right, with https?")
        if answer.status in (409, 412):
            return Changed(said)
        if answer.status == 429 or (answer.status == 503 and pause is not None):
            return Away(said, pause)
        if answer.status >= 500:
            return self._lost(method, said)
        return Refused(said)

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text


def trust(tls: Tls | None) -> ssl.SSLContext:
    """Whom we believe, and who we are. Raises ConfigError."""
    try:
        context = ssl.create_default_context(cafile=tls.ca if tls else None)
        if tls is not None and tls.cert is not None:
            context.load_cert_chain(tls.cert, tls.key)
    except (OSError, ValueError) as trouble:
        named = ", ".join(file for file in (tls.ca, tls.cert, tls.key) if file) if tls else "the system's"
        raise ConfigError(f"the files under tls ({named}) cannot be used: {trouble}") from trouble
    return context


def _pause(retry_after: str) -> float | None:
    """Seconds of a Retry-After (RFC 9110, 10.2.3): a number or a date."""
    if retry_after.strip().isdigit():
        return min(float(retry_after), LONGEST_PAUSE_S)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    seconds = (until - datetime.now(until.tzinfo or UTC)).total_seconds() if until.tzinfo else 0.0
    return min(max(seconds, 0.0), LONGEST_PAUSE_S)


def _start(body: bytes) -> str:
    return " ".join(body[: 4 * _QUOTED].decode(errors="replace").split())[:_QUOTED]


def _why(trouble: BaseException) -> str:
    """Without the address, which urllib3 puts into what it says: a key may stand in it."""
    cause: BaseException | None = trouble
    while cause is not None and (isinstance(cause, HTTPError) or not isinstance(cause, OSError)):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, TimeoutError) or isinstance(trouble, ConnectTimeoutError):
        return "no answer in time"
    if isinstance(cause, ssl.SSLError):
        return getattr(cause, "verify_message", "") or cause.reason or "no TLS"
    return (cause.strerror if isinstance(cause, OSError) else "") or f"the connection broke ({type(trouble).__name__})"
