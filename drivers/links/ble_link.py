"""The link to the Bluetooth adapters of this machine.

Each adapter is a gateway of the registry, `ble:<address of the adapter>`: what it hears is near it. Devices are only
read: a scan, connections, reads, and the switches of notifications and indications are all that is ever asked for.

bleak runs on an event loop of the link's own, in the link's thread: when BlueZ or the D-Bus ends, the loop ends with
everything that was remembered on it, and a new one begins (docs/adr/0005).
"""

import asyncio
import random
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from collector.clock import monotonic
from collector.reading import Announcement, Frame, Reading
from drivers.codecs.ble_identities import Identities
from drivers.dialects import Dialects, open_dialects
from drivers.links.ble_adapter import Adapter, patterns_of
from drivers.links.ble_adverts import Adverts, Heard
from drivers.links.ble_bluez import HINTS, Bluez, NoBluez, Radio
from drivers.links.ble_config import Config, Peripheral
from drivers.links.ble_device import Device
from drivers.links.ble_part import Part
from drivers.links.decoding import Decoding
from drivers.links.link import House, LinkStatus, State
from drivers.links.ring import Ring

_TURN_S = 0.25
_GATHER_S = 0.005
_FIRST_S, _LONGEST_S = 0.5, 15.0
_STEADY_S = 30.0


class BleLink:
    """Scans with every adapter it may use and keeps the configured devices connected."""

    kind = "ble"

    def __init__(self, name: str, config: Config, house: House) -> None:
        self.name = name
        self._config = config
        self._house = house
        self._clock = house.clock
        dialects = open_dialects(config.dialects)
        self._patterns = patterns_of([claim for one in dialects for claim in one.claims])
        self._identities = Identities(config.keys())
        self._decoding = Decoding(name, house)
        self._adverts = Adverts(name, Dialects(dialects), self._identities, self._decoding, house.counters, self._seen)
        self._ring = Ring(name, config.ring, house)
        self._random = random.SystemRandom()
        self._self = Part(name, "", house.clock)
        self._parts = {given: Part(given, "", house.clock) for given in config.adapters}
        self._running: dict[str, tuple[Adapter, asyncio.Task[None]]] = {}
        self._devices: list[Device] = []
        self._wanted: dict[str, list[Device]] = {}
        self._inbox: deque[Heard] = deque()
        self._values: list[tuple[Frame, Dialects]] = []
        self._wake = asyncio.Event()

    @property
    def status(self) -> LinkStatus:
        """How it is now. Its parts are the adapters and the devices to connect to."""
        figures = next((one for one in self._house.counters.inputs() if one.link == self.name), None)
        mine = self._self.status
        return LinkStatus(
            name=self.name,
            kind=self.kind,
            address="BlueZ",
            state=mine.state,
            since=mine.since,
            error=mine.error,
            last_frame=figures.last_frame if figures else None,
            frames_per_minute=figures.frames_per_minute if figures else 0,
            hint=mine.hint,
            parts=tuple(part.status for part in [*list(self._parts.values()), *(one.part for one in self._devices)]),
        )

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop`. Raises only for a defect; then it is run again."""
        self._decoding.recover()
        delay = _FIRST_S
        try:
            while not stop.is_set():
                self._enter("connecting")
                began = monotonic()
                try:
                    asyncio.run(self._session(stop))
                except NoBluez as trouble:
                    self._enter("down", str(trouble), trouble.hint)
                    delay = _FIRST_S if monotonic() - began >= _STEADY_S else delay
                    self._clock.wait(stop, delay * self._random.uniform(0.5, 1.0))
                    delay = min(delay * 2, _LONGEST_S)
        finally:
            self._enter("stopped")
            self._ring.flush()

    # ------------------------------------------------------------------ one session with BlueZ

    async def _session(self, stop: threading.Event) -> None:
        """Raises NoBluez when BlueZ or the bus is not there or has ended."""
        self._wake = asyncio.Event()
        self._begin()
        bluez = Bluez(self._wake.set)
        try:
            await bluez.connect()
            tasks = [asyncio.create_task(device.run()) for device in self._devices]
            try:
                while not stop.is_set():
                    await self._turn(bluez)
                    for task in (*tasks, *(task for _, task in self._running.values())):
                        if task.done():
                            task.result()
            finally:
                await self._end(tasks)
        finally:
            bluez.close()

    def _begin(self) -> None:
        self._inbox, self._values = deque(), []
        self._running = {}
        self._devices = [self._device(given) for given in self._config.devices]
        self._wanted = {}
        for device in self._devices:
            given = device.config
            whom = given.name or f"ble:{given.address or given.identity}"
            self._wanted.setdefault(whom, []).append(device)

    def _device(self, given: Peripheral) -> Device:
        dialects = Dialects(open_dialects(given.parts))
        return Device(self.name, given, dialects, self._clock, self._random.random, self._ring.put, self._on_value)

    async def _turn(self, bluez: Bluez) -> None:
        """Wait until there is something to do, and do it."""
        if bluez.lost or not bluez.connected:
            lost = bluez.lost or "The D-Bus has closed the connection"
            raise NoBluez(lost, HINTS["bluetoothd" if bluez.lost else "bus"])
        self._tend(bluez)
        self._settle(bluez)
        with suppress(TimeoutError):
            async with asyncio.timeout(_TURN_S):
                await self._wake.wait()
        self._wake.clear()
        if self._inbox or self._values:
            await asyncio.sleep(_GATHER_S)  # one turn for what many devices say costs a fraction of many turns
            self._understand()
        self._ring.flush()

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        """Devices before the adapters they are connected through."""
        for several in (tasks, [task for _, task in self._running.values()]):
            for task in several:
                task.cancel()
            await asyncio.gather(*several, return_exceptions=True)
        for adapter, _ in self._running.values():
            self._down(adapter.part, "", "")
        for device in self._devices:
            device.part.enter("stopped")
        self._understand()

    # ------------------------------------------------------------------ adapters come and go

    def _tend(self, bluez: Bluez) -> None:
        radios = {path: radio for path, radio in bluez.radios.items() if self._may_use(radio)}
        for path in [path for path in self._running if path not in radios]:
            adapter, task = self._running.pop(path)
            task.cancel()
            self._down(adapter.part, "The adapter was unplugged", "Plug it in again.")
        for path, radio in radios.items():
            if path not in self._running:
                adapter = Adapter(
                    radio, self._config, self._patterns, self._part_of(radio), self._on_advert, self._said
                )
                self._running[path] = adapter, asyncio.create_task(adapter.run())
                facts = {"name": f"{self.name} {radio.name}", "kind": "gateway"}
                self._ring.put([Announcement(radio.gateway, facts, self._clock.now())])
                self._take_over(bluez, path, adapter)
            elif self._running[path][0].radio != radio:
                self._running[path][0].changed(radio)
        for given, part in self._parts.items():
            if part.state == "stopped":
                why = f"There is no adapter {given}" if bluez.running else "bluetoothd does not run"
                part.enter("down", why, HINTS["no adapter" if bluez.running else "bluetoothd"])

    def _take_over(self, bluez: Bluez, path: str, adapter: Adapter) -> None:
        for left in bluez.left:
            if left.properties["Adapter"] == path:
                device = left.device
                native = self._identities.device(device.address, random=left.properties["AddressType"] == "random")
                for one in self._who_wants(native, device.name):
                    one.seen(native, adapter, device, 0)

    def _may_use(self, radio: Radio) -> bool:
        return not self._config.adapters or not {radio.name, radio.address}.isdisjoint(self._config.adapters)

    def _part_of(self, radio: Radio) -> Part:
        given = next((one for one in (radio.address, radio.name) if one in self._parts), radio.address)
        part = self._parts.setdefault(given, Part(given, "", self._clock))
        part.address = radio.name if given == radio.address else radio.address
        part.enter("connecting")
        return part

    def _settle(self, bluez: Bluez) -> None:
        """The link is up when one of its adapters is."""
        states = {adapter.part.state for adapter, _ in self._running.values()}
        if not bluez.running:
            self._enter("down", "bluetoothd does not run", HINTS["bluetoothd"])
        elif not self._running:
            self._enter("down", "There is no Bluetooth adapter to use", HINTS["no adapter"])
        elif "up" in states:
            self._enter("up")
        elif "connecting" not in states:
            worst = next(adapter.part.status for adapter, _ in self._running.values())
            self._enter("down", worst.error, worst.hint)

    # ------------------------------------------------------------------ what is heard

    def _on_advert(self, adapter: Adapter, device: BLEDevice, advert: AdvertisementData) -> None:
        if len(self._inbox) >= self._config.ring:
            self._inbox.popleft()
            self._house.counters.lost(self.name)
        self._inbox.append(Heard(self._clock.now(), adapter, device, advert))
        self._wake.set()

    def _on_value(self, frame: Frame, dialects: Dialects) -> None:
        self._values.append((frame, dialects))
        self._wake.set()

    def _seen(self, native: str, heard: Heard) -> None:
        for device in self._who_wants(native, heard.advert.local_name):
            device.seen(native, heard.adapter, heard.device, heard.advert.rssi)

    def _who_wants(self, native: str, name: str | None) -> Sequence[Device]:
        return self._wanted.get(native) or self._wanted.get(name or "") or ()

    def _understand(self) -> None:
        batch, self._inbox = self._inbox, deque()
        values, self._values = self._values, []
        items = self._adverts.understand(batch, monotonic()) if batch else []
        for frame, dialects in values:
            said = self._decoding.decode(frame, dialects)
            self._house.counters.heard(self.name, readings=len(said))
            items += said
        if items:
            self._ring.put(items)

    # ------------------------------------------------------------------ how it is

    def _enter(self, state: State, error: str = "", hint: str = "") -> None:
        was = self._self.state
        if self._self.enter(state, error, hint) and "up" in {was, state}:
            self._say(f"link:{self.name}", up=state == "up")

    def _said(self, part: Part) -> None:
        """A part is in another state than before."""
        self._say(f"link:{self.name}/{part.name}", up=part.state == "up")
        self._wake.set()

    def _down(self, part: Part, error: str, hint: str) -> None:
        was = part.state
        if part.enter("down" if error else "stopped", error, hint) and was == "up":
            self._said(part)

    def _say(self, device: str, *, up: bool) -> None:
        now = self._clock.now()
        self._ring.put([Reading(device, "link_up", up, now, now)])
