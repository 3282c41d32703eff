"""Which devices talk as they are expected to (`asset_registry.talking`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from asset_registry.known import KnownDevice
from asset_registry.talking import expected, interval
from collector.pace import patience
from dashboards.context import Context

State = Literal["talking", "silent", "off", "free"]


@dataclass(frozen=True)
class Talk:
    """`free`: no interval is known, so nobody can say; `off`: not expected to talk now. `seen` None: never."""

    device: KnownDevice
    state: State
    seen: datetime | None
    every: timedelta | None


def talk_of(here: Context, device: KnownDevice, now: datetime) -> Talk:
    """Whether one device talks as expected."""
    known, seen = here.snapshots.current, here.latest.seen(device.native_id)
    every = interval(known, here.latest, device.native_id)
    available = here.latest.get(device.native_id, "available")
    gone = available is not None and available.value is False and (seen is None or available.at >= seen)
    if every is None and not gone:
        return Talk(device, "free", seen, every)
    late = gone or seen is None or every is None or now - seen > patience(every)
    if not late:
        return Talk(device, "talking", seen, every)
    return Talk(device, "silent" if expected(known, device.native_id) else "off", seen, every)


def talks(here: Context) -> Iterator[Talk]:
    """Every device that somebody claimed and nobody dismissed."""
    known, now = here.snapshots.current, here.clock.now()
    unclaimed = {device.id for device in known.unclaimed}
    for device in known.devices.values():
        if device.id not in unclaimed and not device.dismissed:
            yield talk_of(here, device, now)
