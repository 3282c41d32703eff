"""Which devices talk as they are expected to. Silent means silent though expected to talk: a stored pump is off.

How often one talks it has announced, or it was learned from when it was heard.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from asset_registry.known import KnownDevice
from collector.pace import patience
from dashboards.context import Context

AWAY = ("missing", "retired", "loaned_out")

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
    seen, said = here.latest.seen(device.native_id), device.interval_s
    every = timedelta(seconds=said) if said else here.latest.interval(device.native_id)
    available = here.latest.get(device.native_id, "available")
    gone = available is not None and available.value is False and (seen is None or available.at >= seen)
    if every is None and not gone:
        return Talk(device, "free", seen, every)
    late = gone or seen is None or every is None or now - seen > patience(every)
    if not late:
        return Talk(device, "talking", seen, every)
    return Talk(device, "silent" if _expected(here, device) else "off", seen, every)


def _expected(here: Context, device: KnownDevice) -> bool:
    """Equipment that goes round speaks for itself while it is in use; tags, sensors and what is fixed always speak."""
    known = here.snapshots.current
    asset = known.asset_of(device.native_id)
    if asset is None:
        return True
    own_voice = any(one.role == "self" and one.holds(known.taken) for one in known.bindings_of(device.native_id))
    return asset.holding not in AWAY and not (own_voice and asset.mobile and asset.use != "in_use")


def talks(here: Context) -> Iterator[Talk]:
    """Every device that somebody claimed and nobody dismissed."""
    known, now = here.snapshots.current, here.clock.now()
    unclaimed = {device.id for device in known.unclaimed}
    for device in known.devices.values():
        if device.id not in unclaimed and not device.dismissed:
            yield talk_of(here, device, now)
