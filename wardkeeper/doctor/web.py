"""The running server: whether it answers, and what `/healthz` and `/readyz` say. Nothing secret is asked."""

import http.client
from collections.abc import Iterator

import msgspec

from wardkeeper.checkup import Case, Finding, Trouble, unseen, well

SILENT = Trouble(
    "web.silent",
    "Wardkeeper runs, for it holds its data, but its screens do not answer.",
    "Look into its log (`journalctl -u wardkeeper`); if it has not just started, restart it.",
)
TAKEN = Trouble(
    "web.taken",
    "Another program answers where the screens should be.",
    "Stop it, or give Wardkeeper another `web.port`.",
)
NOT_READY = Trouble(
    "web.not-ready",
    "Wardkeeper runs, and parts of it do not.",
    "The pages Inputs and Collector say what each of them waits for and what to do.",
)

_PATIENCE_S = 3.0


def look(case: Case) -> Iterator[Finding]:
    """What `/healthz` and `/readyz` say."""
    web = case.settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 - what was configured
    where = f"{host}:{web.port}"
    try:
        alive, told = (_ask(host, web.port, path) for path in ("/healthz", "/readyz"))
    except (OSError, http.client.HTTPException) as trouble:
        if case.running:
            yield SILENT.at(where, f"It runs and does not answer: {trouble}")
        else:
            yield unseen(where, "It does not run")
        return
    try:
        ready = msgspec.json.decode(told, type=Ready)
    except msgspec.DecodeError:
        ready = None
    if alive != b"ok\n" or ready is None:
        yield TAKEN.at(where, "What answers there is not Wardkeeper")
    elif ready.troubles:
        yield NOT_READY.at(where, "; ".join(f"{name}: {why}" for name, why in ready.troubles.items()))
    else:
        yield well(where, "It runs, with all its parts")


class Ready(msgspec.Struct):
    """What `/readyz` says."""

    troubles: dict[str, str]


def _ask(host: str, port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", path, headers={"Accept": "text/plain, application/json"})
        return connection.getresponse().read(100_000)
    finally:
        connection.close()
