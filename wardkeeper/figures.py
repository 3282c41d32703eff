"""What one process counts of itself, as families for Prometheus; for `serve` and for `collect` (docs/watching.md).

Labels are names from the settings and from the code, never of devices, so a scrape does not grow with what is heard.
Figures of the process have the names of https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from collector.exposition import Family, Labels, family
from collector.pipeline import ConsumerRunner
from collector.ports import DeadLetterOffice
from collector.supervisor import Status
from wardkeeper.collecting import Collecting

_INPUTS = {
    "frames": ("input_messages", "Messages or frames heard, good or bad"),
    "size": ("input_bytes", "Bytes of their payloads"),
    "readings": ("input_readings", "Readings and sightings made of them"),
    "bad_frames": ("input_bad_frames", "Frames that could not be decoded"),
    "unknown_topics": ("input_unknown_topics", "Messages on topics that no dialect claims"),
    "lost": ("input_lost", "Readings let go for want of room, by a link that cannot pause"),
}
_COUNTS = {
    "items": "Readings, sightings and announcements written to the spool",
    "items_dropped": "What was left out, by reason",
    "items_changed": "What was kept, corrected, by reason",
}


def figures(collecting: Collecting, parts: Iterable[Status], version: str) -> list[Family]:
    """Everything there is to tell; nothing is waited for."""
    return [
        *_inputs(collecting),
        *_counts(collecting),
        *_spool(collecting),
        *_readers(collecting.runners),
        *_stores(collecting),
        _up("part_up", "Whether a part of this process runs", ((one.name, one.state == "running") for one in parts)),
        family("wardkeeper_build_info", "gauge", "The version that runs", [({"version": version}, 1)]),
        *process(),
    ]


def _inputs(collecting: Collecting) -> Iterator[Family]:
    inputs = collecting.counters.inputs()
    for field, (name, help_) in _INPUTS.items():
        samples = [({"link": one.link}, getattr(one, field)) for one in inputs]
        yield family(f"wardkeeper_{name}_total", "counter", help_, samples)
    heard = [({"link": one.link}, one.last_frame.timestamp()) for one in inputs if one.last_frame]
    yield family("wardkeeper_input_last_message_timestamp_seconds", "gauge", "When something was heard last", heard)
    states = [(link.name, link.status.state in ("up", "paused")) for link in collecting.links]
    yield _up("link_up", "Whether a link is connected", states, label="link")
    yield family(
        "wardkeeper_broker_dropped_messages_total",
        "counter",
        "Messages that the broker says it has thrown away since its start",
        _said(collecting, "broker_dropped"),
    )
    yield family(
        "wardkeeper_broker_dropped_messages_per_minute",
        "gauge",
        "Messages that the broker throws away in a minute, by its own average",
        _said(collecting, "broker_dropped_rate"),
    )


def _said(collecting: Collecting, metric: str) -> list[tuple[dict[str, str], float]]:
    """What the links of this process say of their brokers."""
    found = [(link.name, collecting.latest.get(f"link:{link.name}", metric)) for link in collecting.links]
    return [({"link": name}, float(reading.value)) for name, reading in found if reading is not None]


def _counts(collecting: Collecting) -> Iterator[Family]:
    counted = collecting.counters.snapshot().items()
    for name, help_ in _COUNTS.items():
        samples = [(_reason(labels), n) for (counter, labels), n in counted if counter == name]
        yield family(f"wardkeeper_{name}_total", "counter", help_, samples)


def _reason(labels: Labels) -> dict[str, str]:
    return {"reason": dict(labels)["why"]} if labels else {}


def _spool(collecting: Collecting) -> Iterator[Family]:
    spool, pipeline = collecting.spool, collecting.pipeline
    oldest = max((runner.lag.seconds for runner in collecting.runners), default=0.0)
    for name, help_, value in (
        ("spool_head", "Position of the newest record", spool.head),
        ("spool_bytes", "Bytes on disk", spool.size),
        ("spool_fullness_ratio", "Share of the quota that is used; 0 without a quota", spool.fullness),
        ("spool_age_seconds", "Age of the oldest record that some reader has not worked through", oldest),
        ("spool_damaged_records", "Damaged places found since the start", len(spool.damage)),
        ("spool_waiting_items", "Items that wait for the disk", pipeline.queued),
        ("clock_behind_seconds", "How far the clock was set back", pipeline.clock_state.behind.total_seconds()),
    ):
        yield family(f"wardkeeper_{name}", "gauge", help_, [({}, value)])
    for name, help_, took in (
        (
            "acknowledge_seconds",
            "From a message's arrival to its fsync, of one message at a time",
            pipeline.acknowledged,
        ),
        ("spool_write_seconds", "One append to the spool with its fsync", pipeline.wrote),
    ):
        yield family(f"wardkeeper_{name}", "histogram", help_, [({}, took.snapshot())])


def _readers(runners: Iterable[ConsumerRunner]) -> Iterator[Family]:
    lags = [({"reader": runner.name}, runner.lag, runner.took.snapshot()) for runner in runners]
    records = [(of, lag.records) for of, lag, _ in lags]
    yield family("wardkeeper_reader_behind_records", "gauge", "Records that a reader has not worked through", records)
    seconds = [(of, lag.seconds) for of, lag, _ in lags]
    yield family("wardkeeper_reader_behind_seconds", "gauge", "Age of the oldest of them", seconds)
    took = [(of, durations) for of, _, durations in lags]
    yield family("wardkeeper_reader_batch_seconds", "histogram", "What one batch took; for a store: one write", took)


def _stores(collecting: Collecting) -> Iterator[Family]:
    refused = [
        ({"store": name}, store.dead_letters().count)
        for name, store in collecting.stores.items()
        if isinstance(store, DeadLetterOffice)
    ]
    help_ = "Points that a store would not take, in its dead letters"
    yield family("wardkeeper_store_refused_points_total", "counter", help_, refused)


def _up(name: str, help_: str, states: Iterable[tuple[str, bool]], label: str = "part") -> Family:
    return family(f"wardkeeper_{name}", "gauge", help_, [({label: each}, int(up)) for each, up in states])


def process(proc: Path = Path("/proc")) -> Iterator[Family]:
    """What the process costs; only the processor's time where there is no /proc (proc(5))."""
    times = os.times()
    told = [("process_cpu_seconds_total", "Processor time in user and system mode", times.user + times.system)]
    with suppress(OSError):
        told.append(("process_resident_memory_bytes", "Memory in use", _resident(proc)))
        told.append(("process_open_fds", "Open files and sockets", len(list((proc / "self" / "fd").iterdir()))))
        told.append(("process_start_time_seconds", "When it was started", _started(proc)))
    for name, help_, value in told:
        yield family(name, "counter" if name.endswith("_total") else "gauge", help_, [({}, value)])


def _resident(proc: Path) -> float:
    return int((proc / "self" / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _started(proc: Path) -> float:
    """Field 22 of `stat`, in ticks since the machine was started."""
    ticks = int((proc / "self" / "stat").read_text().rpartition(")")[2].split()[19])
    booted = next(line for line in (proc / "stat").read_text().splitlines() if line.startswith("btime "))
    return int(booted.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
