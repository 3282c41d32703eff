"""From the wire to the store: the product, mosquitto_sub and the naive way, one after the other, on the same stream."""

import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector.errors import ConfigError, Unreachable
from collector.ports import Selection, Store
from wardkeeper.bench import Which
from wardkeeper.bench.product import settings
from wardkeeper.collecting import part, store_folder
from wardkeeper.settings import MAIN_STORE

Progress = Callable[[str], None]

PUBLISHED_AT_ONCE = 2_000
"""How far a publisher may be ahead of the broker's acknowledgements."""

_TRIAL, _MOST, _LONG_S = 5_000, 200_000, 3.0
_ENOUGH_S = 25.0
_PATIENCE_S = 30.0
_CONF = """
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages {window}
max_queued_messages 0
log_dest file {folder}/log
log_type subscribe
"""


class Run(dict[str, Any]):
    """What one run gave: `per_s`, of the product also `lost`, `duplicates`, `cpu_s`, `threads`."""


def ingest(count: int | None, rounds: int, window: int, which: Which, progress: Progress) -> dict[str, Any]:
    """Measure `count` messages, None for as many as take a few seconds; no new round is begun after half a minute.

    `window`: messages that may be on the way at once. Raises ConfigError for a program that is missing.
    """
    _programs(which)
    began = time.monotonic()
    if count is None:
        progress("looking how many messages make a few seconds")
        rate = _run("product", _TRIAL, window, which)["per_s"]
        count = min(_MOST, max(_TRIAL, round(rate * _LONG_S)))
    runs: dict[str, list[Run]] = {"product": [], "mosquitto_sub": [], "naive": []}
    for number in range(rounds):
        if number and time.monotonic() - began > _ENOUGH_S:
            break
        for who, found in runs.items():
            if who == "naive" and which == "fake":
                continue
            progress(f"{who}, round {number + 1} of {rounds}")
            found.append(_run(who, count // 5 if who == "naive" else count, window, which))
    product, reference, naive = map(_median, runs.values())
    return {
        "messages_per_s": product,
        "ratio_to_mosquitto_sub": _ratio(product, reference),
        "ratio_to_naive": _ratio(product, naive),
        "lost": sum(run["lost"] for run in runs["product"]),
        "duplicates": sum(run["duplicates"] for run in runs["product"]),
        "mosquitto_sub_per_s": reference,
        "naive_per_s": naive,
        "messages": count,
        "rounds": len(runs["product"]),
        "window": window,
        "broker": which,
        "cpu_us_per_message": round(statistics.median(run["cpu_s"] for run in runs["product"]) / count * 1e6, 2),
        "threads": runs["product"][-1]["threads"],
    }


def _median(runs: list[Run]) -> int | None:
    return round(statistics.median(run["per_s"] for run in runs)) if runs else None


def _ratio(one: int | None, other: int | None) -> float | None:
    return round(one / other, 2) if one and other else None


def _programs(which: Which) -> None:
    needed = ("mosquitto", "mosquitto_sub") if which == "mosquitto" else ("mosquitto_sub",)
    if missing := [name for name in needed if _found(name) is None]:
        raise ConfigError(f"{' and '.join(missing)} not found: apt-get install mosquitto mosquitto-clients")


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _run(who: str, count: int, window: int, which: Which) -> Run:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wardkeeper-bench-")))
        if which == "fake":
            sender = stack.enter_context(_child("senders", "broker", count, 0, window))
            port = int(_word(sender, "listening"))
        else:
            port = stack.enter_context(_mosquitto(folder, window))
            sender = stack.enter_context(_child("senders", "publisher", count, port, PUBLISHED_AT_ONCE))
            _word(sender, "ready")
        consumer = stack.enter_context(_consumer(who, folder, port, count))
        if which == "fake":
            _word(sender, "ready")
        else:
            _until(lambda: b"#" in (folder / "log").read_bytes(), "subscription")
        began = time.perf_counter()
        _say(sender)
        told = {} if who == "mosquitto_sub" else json.loads(_word(consumer, "done"))
        if who == "mosquitto_sub":
            consumer.wait(_PATIENCE_S)
        run = Run(per_s=count / (time.perf_counter() - began), **told)
        if who == "product":
            _end(consumer)
            run |= _kept(folder, port, count)
        return run


def _consumer(who: str, folder: Path, port: int, count: int) -> AbstractContextManager["subprocess.Popen[str]"]:
    if who != "mosquitto_sub":
        return _child(who, folder / "data", port, count, ready=True)
    words = ["-h", "127.0.0.1", "-p", port, "-t", "wardkeeper/bench/#", "-q", 1, "-C", count]
    return _process([str(_found(who)), *map(str, words)], output=subprocess.DEVNULL)


def _kept(folder: Path, port: int, count: int) -> dict[str, int]:
    """What the store has, by a process that did not write it."""
    given = settings(folder / "data", port)
    module, config = part(given.store, site=given.site)
    store: Store = module.open_store(config, store_folder(given.data, MAIN_STORE))
    now = datetime.now(UTC)
    found = store.query(Selection(now - timedelta(days=1), now + timedelta(days=1))).select(["device", "at"])
    store.close()
    points = found.filter([device.startswith("mqtt:bench/") for device in found["device"].to_pylist()])
    distinct = points.group_by(["device", "at"]).aggregate([]).num_rows
    return {"lost": count - distinct, "duplicates": points.num_rows - distinct}


# ---------------------------------------------------------------- processes


@contextmanager
def _mosquitto(folder: Path, window: int) -> Iterator[int]:
    port = free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text(_CONF.format(port=port, window=window, folder=folder))
    folder.chmod(0o777)  # started by root, it becomes another user
    with _process([str(_found("mosquitto")), "-c", str(conf)], output=subprocess.DEVNULL):
        _until(lambda: _listens(port), "broker")
        yield port


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextmanager
def _child(module: str, *words: object, ready: bool = False) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", f"wardkeeper.bench.{module}", *map(str, words)]
    with _process(command, output=subprocess.PIPE) as process:
        if ready:
            _word(process, "ready")
        yield process


@contextmanager
def _process(command: list[str], output: int) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _word(process: "subprocess.Popen[str]", word: str) -> str:
    """Wait until the process says `word`; what comes behind it."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    for line in process.stdout:
        said, _, rest = line.strip().partition(" ")
        if said == word:
            return rest
    raise Unreachable(f"{process.args!r} ended before it said {word!r}")


def _say(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    process.stdin.write("go\n")
    process.stdin.flush()


def _end(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=_PATIENCE_S)


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise Unreachable(f"no {what} within {_PATIENCE_S:.0f} s")
        time.sleep(0.005)
