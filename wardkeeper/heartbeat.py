"""A sign of life to a monitor outside (docs/watching.md): who watches from within cannot tell that all of it is gone.

It is sent only while all is well. The address is a secret: neither logs nor pages tell more of it than its host.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

import urllib3

from collector.clock import Clock
from collector.errors import ConfigError, Unreachable
from collector.supervisor import Status
from wardkeeper.collecting import Collecting
from wardkeeper.sections import HeartbeatSettings
from wardkeeper.settings import Settings

NAME = "heartbeat"

_NEARLY_FULL = 0.9
_STUCK_S = 30.0
_AGAIN_S = 5.0
"""What is not well is looked at once more after this time: a part that starts again is no reason to wake anybody."""


def ailing(collecting: Collecting, parts: Iterable[Status], late_s: float) -> list[str]:
    """What keeps this process from doing its work, in words without secrets; nothing when all is well."""
    found = [f"{part.name} is {part.state}" for part in parts if part.state != "running" and part.name != NAME]
    if collecting.pipeline.waiting_s > _STUCK_S:
        found.append(f"nothing has been written to the spool for {collecting.pipeline.waiting_s:.0f} s")
    if collecting.spool.fullness >= _NEARLY_FULL:
        found.append(f"the spool is {collecting.spool.fullness:.0%} full")
    late = [(runner.name, runner.lag.seconds) for runner in collecting.runners if runner.lag.seconds > late_s]
    return found + [f"{name} is {seconds:.0f} s behind" for name, seconds in late]


class Heartbeat:
    """`run` is for a supervised thread. `trouble` says that the monitor does not answer, "" when it does."""

    def __init__(self, settings: HeartbeatSettings, ailing: Callable[[], Sequence[str]], clock: Clock) -> None:
        """Raises ConfigError when the files under `tls` cannot be used."""
        self.trouble = ""
        self._settings = settings
        self._ailing = ailing
        self._clock = clock
        self._http = urllib3.PoolManager(ssl_context=_trust(settings), retries=False, timeout=settings.timeout_s)

    def run(self, stop: threading.Event) -> None:
        """Beat until `stop`."""
        while not self._clock.wait(stop, min(_AGAIN_S, self._settings.every_s)):
            self.beat(stop)
            self._clock.wait(stop, self._settings.every_s - min(_AGAIN_S, self._settings.every_s))

    def beat(self, stop: threading.Event) -> None:
        """Tell the monitor how it is, once."""
        troubles = self._ailing()
        if troubles:
            self._clock.wait(stop, _AGAIN_S)
            troubles = [] if stop.is_set() else self._ailing()
            if stop.is_set():
                return
        url = self._settings.failing_url if troubles else self._settings.url
        if url is not None:
            try:
                self._send(url.get_secret_value(), "\n".join(troubles))
                self.trouble = ""
            except Unreachable as trouble:
                self.trouble = str(trouble)

    def _send(self, url: str, body: str) -> None:
        method = self._settings.method
        try:
            answer = self._http.request(method, url, body=body.encode() if method == "POST" else None)
        except (urllib3.exceptions.HTTPError, OSError) as trouble:
            raise Unreachable(f"The outside monitor {_host(url)} does not answer: {words(trouble)}") from None
        if not 200 <= answer.status < 300:
            raise Unreachable(f"The outside monitor {_host(url)} says {answer.status}; is the address still right?")


def heartbeat_of(
    settings: Settings,
    collecting: Collecting,
    parts: Callable[[], Iterable[Status]],
    clock: Clock,
    stuck: Callable[[float], list[str]] = lambda _late_s: [],
) -> Heartbeat | None:
    """The heartbeat of `serve` or `collect`, when the settings name a monitor; `parts` tells how all of it is.

    `stuck` says what else has not gone on for so many seconds.
    """
    known = settings.heartbeat
    if known is None:
        return None
    return Heartbeat(known, lambda: ailing(collecting, parts(), known.late_s) + stuck(known.late_s), clock)


def reach(settings: HeartbeatSettings) -> str:
    """Connects to the monitor, as far as TLS, and asks nothing: that would be a beat. Its host; raises Unreachable."""
    url = settings.url.get_secret_value()
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), settings.timeout_s) as connection:
            if parts.scheme == "https":
                _trust(settings).wrap_socket(connection, server_hostname=parts.hostname).close()
    except OSError as trouble:
        raise Unreachable(f"The outside monitor {_host(url)} does not answer: {words(trouble)}") from None
    return _host(url)


def words(trouble: Exception) -> str:
    """Why, without the address, which urllib3 puts into what it says."""
    cause: BaseException | None = trouble
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({getattr(cause, 'verify_message', '') or cause.reason}); check heartbeat.tls"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause or trouble).__name__


def _host(url: str) -> str:
    return urlsplit(url).hostname or "without a host"


def _trust(settings: HeartbeatSettings) -> ssl.SSLContext:
    tls = settings.tls
    try:
        context = ssl.create_default_context(cafile=tls.ca if tls else None)
        if tls is not None and tls.cert is not None:
            context.load_cert_chain(tls.cert, tls.key)
    except (OSError, ValueError) as trouble:
        raise ConfigError(f"heartbeat: the files under tls cannot be used: {trouble}") from trouble
    return context
