"""What stands in a spool's directory, for a person to look at. Changes nothing, and may look while a server writes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from collector.columns import DeliveryKeys
from collector.deliveries import Deliveries
from collector.errors import ConfigError, Unreachable
from collector.payload import PREFACE, batch_of, flat, items_of, preface_of
from collector.reading import Announcement, Item, Reading
from collector.segment import SUFFIX, Damage, Record, scan
from collector.told import Told, told_in

_KIND = {Reading: "readings", Announcement: "announcements"}


class SegmentView(msgspec.Struct):
    """One segment. `written` and `received` are from when to when; `messages`: with an id of the broker."""

    name: str
    size: int
    records: int = 0
    first: int | None = None
    last: int | None = None
    messages: int = 0
    items: Counter[str] = msgspec.field(default_factory=Counter)
    written: tuple[datetime, datetime] | None = None
    received: tuple[datetime, datetime] | None = None
    damage: list[Damage] = []


class Inspection(msgspec.Struct):
    """A spool. `cursors`: how far each reader was when the running server, or the last one, wrote it down.

    `unfinished`: bytes at the end that are being written just now, or that a killed process left; no damage.
    """

    directory: str
    segments: list[SegmentView]
    head: int
    unfinished: int
    cursors: Told | None
    remembered: dict[str, int]
    sessions: dict[str, int]

    @property
    def damaged(self) -> bool:
        """Whether anything was lost to the disk."""
        return any(segment.damage for segment in self.segments)


def inspect(directory: Path) -> Inspection:
    """Read all of it. Raises ConfigError when it is no spool, Unreachable when it cannot be read."""
    deliveries = Deliveries()
    segments, unfinished = [], 0
    paths = _segments(directory)
    for path in paths:
        try:
            segments.append(_view(path, deliveries))
        except FileNotFoundError:
            continue  # every reader has it by now
        except OSError as trouble:
            raise Unreachable(f"{path}: {trouble}; may this user read it?") from trouble
    if segments and segments[-1].damage and segments[-1].damage[-1].torn:
        torn = segments[-1].damage.pop()
        unfinished = torn.end - torn.start
    sessions = directory / "sessions.json"
    return Inspection(
        str(directory),
        segments,
        max((segment.last for segment in segments if segment.last), default=0),
        unfinished,
        told_in(directory),
        {f"{link}, session {session}": len(messages) for link, session, messages in deliveries.dump()},
        msgspec.json.decode(sessions.read_bytes(), type=dict[str, int]) if sessions.exists() else {},
    )


def items_at(directory: Path, position: int) -> Sequence[Item]:
    """What is in the record at `position`. Raises ConfigError when there is none."""
    for path in reversed(_segments(directory)):
        if int(path.stem) <= position:
            for found in scan(path):
                if isinstance(found, Record) and found.position == position:
                    try:
                        return items_of(found.payload)
                    except msgspec.DecodeError as trouble:
                        raise Unreachable(f"{path}, record {position}: {trouble}") from trouble
    raise ConfigError(f"{directory}: there is no record {position}; every reader had it, or it was damaged")


def _segments(directory: Path) -> list[Path]:
    paths = sorted(directory.glob(f"{'[0-9]' * 20}{SUFFIX}"))
    if not paths and not (directory / "lock").exists():
        raise ConfigError(f"{directory}: there is no spool here; it is the folder `spool` in `data`")
    return paths


def _view(path: Path, deliveries: Deliveries) -> SegmentView:
    view = SegmentView(path.name, path.stat().st_size)
    for found in scan(path):
        if isinstance(found, Damage):
            view.damage.append(found)
            continue
        try:
            if found.position == PREFACE:
                deliveries.load(preface_of(found.payload)[1])
                continue
            written, batch = batch_of(found.payload)
        except msgspec.DecodeError as trouble:
            view.damage.append(Damage(path.name, found.start, found.end, f"record {found.position}: {trouble}"))
            continue
        _count(view, found.position, written, flat(batch))
        keys = [key for _, key in batch if key]
        view.messages += sum(len(key) if isinstance(key, DeliveryKeys) else 1 for key in keys)
        deliveries.remember(keys)
    return view


def _count(view: SegmentView, position: int, written: datetime | None, items: Sequence[Item]) -> None:
    view.records += 1
    view.first = position if view.first is None else view.first
    view.last = position
    view.items.update(_KIND.get(type(item), "sightings") for item in items)
    if written is not None:
        view.written = _wider(view.written, written, written)
    if items:
        times = [item.received for item in items]
        view.received = _wider(view.received, min(times), max(times))


def _wider(known: tuple[datetime, datetime] | None, first: datetime, last: datetime) -> tuple[datetime, datetime]:
    return (min(known[0], first), max(known[1], last)) if known else (first, last)


def lines_of(items: Iterable[Item]) -> Iterator[bytes]:
    """Each item as a line of JSON, its fields by name."""
    for item in items:
        yield msgspec.json.encode(msgspec.structs.asdict(item))
