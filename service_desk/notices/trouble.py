"""Why a far end did not answer, in words without its address, which may be a secret."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from collector.errors import Unreachable
from service_desk.notices.ports import Unsure


def words(trouble: BaseException) -> str:
    """What the operating system or TLS says; urllib3 wraps it, and puts the address into its own words."""
    cause: BaseException | None = trouble
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {getattr(cause, 'verify_message', '') or cause.reason}"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    said = (cause.strerror or str(cause)) if isinstance(cause, OSError) else ""
    return said or type(cause or trouble).__name__


@contextmanager
def asking(host: str) -> Iterator[None]:
    """One request over HTTP: Unreachable when it was never sent, Unsure when nobody knows what became of it."""
    try:
        yield
    except (NewConnectionError, ConnectTimeoutError, SSLError) as trouble:
        raise Unreachable(f"{host} does not answer: {words(trouble)}") from None
    except (HTTPError, OSError) as trouble:
        raise Unsure(f"{host} gave no answer: {words(trouble)}") from None
