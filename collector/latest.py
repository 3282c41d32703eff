"""The newest reading of every device and metric, in memory, for screens and rules (DESIGN: live screens get a copy)."""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
import pyarrow as pa

from collector.clock import from_a_wrong_clock
from collector.columns import Readings, chunks_of
from collector.pace import BURST, ENOUGH, even, interval_of
from collector.points import RSSI, readings_of
from collector.reading import OWN_GATEWAY, Item, Quality, Reading, Sighting

_TAGS = 200_000
_STATES = (bool, str)


def _speaks(reading: Reading) -> bool:
    """Whether the reading shows that its device spoke just now: not a will, a retained state or something derived."""
    if reading.retained or reading.gateway == OWN_GATEWAY:
        return False
    return reading.value is not False or reading.metric != "available"


class Latest:
    """The newest reading per (device, metric) by `at`, whatever its quality. Thread-safe; a reader copies little.

    After the machine's clock was set back, what has a time of the wrong clock gives way to whatever comes next.
    """

    def __init__(self, tags: int = _TAGS) -> None:
        """`tags`: for how many that have only been sighted `seen` is kept (phones change their address all day)."""
        self._tags = tags
        self._lock = threading.Lock()
        self._devices: dict[str, dict[str, Reading]] = {}
        self._seen: dict[str, datetime] = {}
        self._heard_by: dict[str, str] = {}
        self._carried: dict[str, datetime] = {}
        self._words: dict[str, datetime] = {}  # from when on what a device says is its next word
        self._gaps: dict[str, array[float]] = {}
        self._since: dict[tuple[str, str], datetime] = {}
        self._changes: OrderedDict[tuple[str, str], int] = OrderedDict()  # oldest change first
        self._version = 0

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    def get(self, device: str, metric: str) -> Reading | None:
        """The newest reading of one metric."""
        return self._devices.get(device, {}).get(metric)

    def of(self, device: str) -> dict[str, Reading]:
        """The newest readings of one device, by metric."""
        with self._lock:
            return dict(self._devices.get(device, {}))

    def devices(self) -> list[str]:
        """Every device that has a reading."""
        with self._lock:
            return list(self._devices)

    def seen(self, device: str) -> datetime | None:
        """When the device last spoke itself; a retained message, a will or a derived reading does not count."""
        return self._seen.get(device)

    def heard_by(self, device: str) -> str:
        """The gateway that heard the device last; "" when it speaks for itself."""
        return self._heard_by.get(device, "")

    def carried(self, gateway: str) -> datetime | None:
        """When the gateway last heard anything."""
        return self._carried.get(gateway)

    def interval(self, device: str) -> timedelta | None:
        """How often it talks, as far as it was heard since the start; None while that is not known."""
        with self._lock:
            return interval_of(self._gaps.get(device, ()))

    def even(self, device: str) -> bool:
        """Whether it talks by a clock, as far as it was heard since the start."""
        with self._lock:
            return even(self._gaps.get(device, ()))

    def since(self, device: str, metric: str) -> datetime | None:
        """From when on a state (true, false, a word) has been what it is, as far as it was heard; None for numbers."""
        return self._since.get((device, metric))

    def changed_since(self, version: int) -> tuple[int, list[Reading]]:
        """The version now, and the newest readings that changed after `version`, oldest change first."""
        changed: list[Reading] = []
        with self._lock:
            for (device, metric), changed_at in reversed(self._changes.items()):
                if changed_at <= version:
                    break
                changed.append(self._devices[device][metric])
            changed.reverse()
            return self._version, changed

    def update(self, items: Iterable[Item]) -> None:
        """Take over what is newer than what is known."""
        with self._lock:
            for chunk in chunks_of(items):
                for item in chunk.newest() if isinstance(chunk, Readings) else chunk:
                    if type(item) is Reading:
                        self._take(item)
                    elif type(item) is Sighting:
                        self._through(item.tag, item.gateway, item.received)
                        self._heard(item.tag, item.received)

    def prime(self, table: pa.Table) -> None:
        """Start from what a store knows (`Store.latest`)."""
        with self._lock:
            for reading in readings_of(table):
                if reading.metric == RSSI and reading.gateway:  # a sighting
                    self._through(reading.device, reading.gateway, reading.received)
                    self._heard(reading.device, reading.received)
                else:
                    doubtful = reading.quality is Quality.UNCERTAIN and reading.at == reading.received
                    # a store does not say what was retained: in doubt it is no sign of life
                    self._take(msgspec.structs.replace(reading, retained=doubtful))

    def _through(self, device: str, gateway: str, received: datetime) -> None:
        """A gateway heard the device; before `_heard`."""
        seen, carried = self._seen.get(device), self._carried.get(gateway)
        if seen is None or received >= seen or from_a_wrong_clock(seen, received):
            self._heard_by[device] = gateway
        if carried is None or received > carried or from_a_wrong_clock(carried, received):
            self._carried[gateway] = received

    def _heard(self, device: str, received: datetime) -> None:
        seen = self._seen.get(device)
        if seen is None or received > seen or from_a_wrong_clock(seen, received):
            self._seen[device] = received
            if seen is None or received < seen:
                self._words[device] = received + BURST
            elif received >= self._words[device]:
                self._word(device, received)
            if seen is None and len(self._seen) > self._tags + len(self._devices):
                self._forget()

    def _word(self, device: str, received: datetime) -> None:
        """A new word of a device: the gap since the last one began is remembered."""
        gaps = self._gaps.get(device)
        if gaps is None:
            gaps = self._gaps[device] = array("f")
        gaps.append((received - self._words[device] + BURST).total_seconds())
        del gaps[:-ENOUGH]
        self._words[device] = received + BURST

    def _forget(self) -> None:
        """Forget the half of the mere tags that was heard least recently."""
        mere = sorted((received, device) for device, received in self._seen.items() if device not in self._devices)
        for _, device in mere[: len(mere) // 2]:
            del self._seen[device], self._words[device]
            self._gaps.pop(device, None)
            self._heard_by.pop(device, None)

    def _take(self, reading: Reading) -> None:
        device, metric, at, received = reading.device, reading.metric, reading.at, reading.received
        if _speaks(reading):
            seen = self._seen.get(device)
            if reading.gateway:
                self._through(device, reading.gateway, received)
            if seen is not None and received > seen:
                self._seen[device] = received
                if received >= self._words[device]:
                    self._word(device, received)
            else:
                self._heard(device, received)
        metrics = self._devices.get(device)
        if metrics is None:
            metrics = self._devices[device] = {}
        known = metrics.get(metric)
        if known is None or at >= known.at or (not reading.retained and from_a_wrong_clock(known.at, received)):
            key = (device, metric)
            if isinstance(reading.value, _STATES) and (known is None or known.value != reading.value):
                self._since[key] = at
            metrics[metric] = reading
            self._version += 1
            self._changes[key] = self._version
            self._changes.move_to_end(key)
