"""Messages a second from the broker into the store, beside `mosquitto_sub >/dev/null` and the usual way to write it.

Everyone gets the same stream from a broker of their own, in turns; what is said is medians over the rounds.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from collector.errors import Unreachable
from wardkeeper.bench import Broker, naive, product, pump
from wardkeeper.bench.broker import Mosquitto, program
from wardkeeper.bench.child import Child
from wardkeeper.bench.load import machine
from wardkeeper.bench.stream import FILTER, start_before

Who = Literal["product", "mosquitto_sub", "naive"]
Told = Callable[[str, float], None]

WHO: tuple[Who, ...] = ("mosquitto_sub", "product", "naive")
_TRIAL = {"product": 20_000, "mosquitto_sub": 20_000, "naive": 5_000}
_READY_S = 30.0
_OVERHEAD_S = 1.6  # what a round costs beside the stream itself
_PUBLISHER_WINDOW = 2_000
_SHARE = {"product": 0.45, "mosquitto_sub": 0.4, "naive": 0.15}


class Plan(msgspec.Struct, frozen=True):
    """`messages` of a round, 0: as many as fit into `seconds`. `window` is the broker's. `who` takes part."""

    broker: Broker = "mosquitto"
    window: int = 1000
    rounds: int = 3
    messages: int = 0
    seconds: float = 42.0
    who: tuple[Who, ...] = WHO
    profile: str = ""


class Run(msgspec.Struct):
    """One consumer on one stream: the rate until it had everything, and what else it said.

    `pace` is the rate without the end, which is waited for in a short trial and not noticed in a long run.
    """

    rate: float
    sent_rate: float
    said: dict[str, Any]

    @property
    def pace(self) -> float:
        return float(self.said.get("pace", self.rate))


class Bench:
    """Runs a plan in a temporary folder."""

    def __init__(self, plan: Plan, told: Told) -> None:
        self._plan = plan
        self._told = told

    def run(self) -> dict[str, Any]:
        """The figures. Raises Unreachable when something is not installed or does not answer."""
        if "mosquitto_sub" in self._plan.who:
            program("mosquitto_sub")
        begin = time.monotonic()
        counts = {who: self._count(who) for who in self._plan.who}
        runs: dict[Who, list[Run]] = {who: [] for who in self._plan.who}
        rounds, ready = self._plan.rounds, time.monotonic()
        for turn in range(rounds):
            took = (time.monotonic() - ready) / (turn or 1)
            if turn and not self._plan.messages and time.monotonic() - begin + took > self._plan.seconds + _OVERHEAD_S:
                break  # the machine has become slower since the trial
            for place, who in enumerate(self._plan.who):
                self._told(f"round {turn + 1}: {who}", (turn + place / len(self._plan.who)) / rounds)
                runs[who].append(self._once(who, counts[who]))
        return self._figures(runs, counts, time.monotonic() - begin)

    def _count(self, who: Who) -> int:
        """How many messages fill this one's share of the time."""
        if self._plan.messages:
            return self._plan.messages
        self._told(f"trial: {who}", 0)
        rate = self._once(who, _TRIAL[who]).pace
        rounds = self._plan.rounds
        room = self._plan.seconds - (rounds + 1) * len(self._plan.who) * _OVERHEAD_S
        share = _SHARE[who] / sum(_SHARE[one] for one in self._plan.who)
        return max(_TRIAL[who], min(1_000_000, int(rate * share * max(room, 1.0) / rounds / 1000) * 1000))

    def _once(self, who: Who, count: int) -> Run:
        start = start_before(datetime.now(UTC), count)
        with (
            tempfile.TemporaryDirectory(prefix="wardkeeper-bench-") as folder,
            self._source(folder, count, start) as (
                source,
                port,
                subscribed,
            ),
        ):
            if who == "mosquitto_sub":
                return _reference(source, port, count, subscribed)
            job = (
                product.Job(port, count, start, folder, self._plan.profile)
                if who == "product"
                else naive.Job(port, count, self._plan.window, folder)
            )
            with Child(f"wardkeeper.bench.{who}", job, who) as child:
                child.wait("ready", _READY_S)
                source.wait("ready", _READY_S)
                source.go()
                end = child.wait("end", _patience(count))
                if who == "product":
                    child.wait("stopped", _patience(count))
                return _result(source, count, end, child.heard)

    @contextmanager
    def _source(self, folder: str, count: int, start: datetime) -> Iterator[tuple[Child, int, Callable[[], None]]]:
        """Who sends the stream, the port to listen at, and what waits for a subscription."""
        window = self._plan.window
        if self._plan.broker == "fake":
            with Child("wardkeeper.bench.pump", pump.Job("broker", 0, count, start, window), "the fake broker") as fake:
                yield fake, fake.wait("port", _READY_S), lambda: None
            return
        job = pump.Job("publisher", 0, count, start, _PUBLISHER_WINDOW)
        with Mosquitto(Path(folder), window) as broker:
            job.port = broker.port
            with Child("wardkeeper.bench.pump", job, "the publisher") as publisher:
                yield publisher, broker.port, lambda: broker.wait_for_subscription(FILTER)

    def _figures(self, runs: dict[Who, list[Run]], counts: dict[Who, int], seconds: float) -> dict[str, Any]:
        rates = {who: [run.rate for run in some] for who, some in runs.items()}
        medians = {who: statistics.median(some) for who, some in rates.items()}
        ours = [run.said for run in runs["product"]]
        expected = counts["product"]
        threads = ours[-1]["threads"]
        per_second = {
            "messages_per_s": round(medians["product"]),
            "acknowledged_per_s": round(statistics.median(run.pace for run in runs["product"])),
            **{f"{who}_per_s": round(rate) for who, rate in medians.items() if who != "product"},
        }
        return {
            **per_second,
            **{f"ratio_to_{who}": _ratio(rates["product"], rates[who]) for who in rates if who != "product"},
            "lost": sum(expected - said["stored"] for said in ours),
            "duplicates": sum(said["twice"] for said in ours),
            "not_good": sum(said["not_good"] for said in ours),
            "broker": self._plan.broker,
            "window": self._plan.window,
            "rounds": len(ours),
            "messages": expected,
            "messages_of": dict(counts),
            "rates": {who: [round(rate) for rate in some] for who, some in rates.items()},
            "sent_per_s": {who: round(statistics.median(run.sent_rate for run in some)) for who, some in runs.items()},
            "threads": threads,
            "cpu_us_per_message": round(sum(threads.values()) / expected * 1e6, 2),
            "seconds": round(seconds, 1),
            "machine": machine(),
        }


def _ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios within a round: a machine that is slow for a while is slow for both."""
    return round(statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True)), 3)


def _patience(count: int) -> float:
    return 30.0 + count / 1000


def _reference(source: Child, port: int, count: int, subscribed: Callable[[], None]) -> Run:
    command = [program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(port), "-t", FILTER, "-q", "1", "-C", str(count)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            source.wait("ready", _READY_S)
            subscribed()
            source.go()
            process.wait(_patience(count))
        except subprocess.TimeoutExpired as late:
            raise Unreachable(f"mosquitto_sub did not get {count} messages") from late
        finally:
            process.kill()
        return _result(source, count, time.monotonic(), {})


def _result(source: Child, count: int, end: float, said: dict[str, Any]) -> Run:
    begin, sent = source.wait("begin", _READY_S), source.wait("end", _READY_S)
    if "on_disk" in said:
        said = {**said, "pace": count / (said["on_disk"] - begin)}
    return Run(count / (end - begin), count / (sent - begin), said)
