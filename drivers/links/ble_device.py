"""A device that is connected: its notifications and indications are switched on, what can be read is read once.

A glucose meter is asked for its records where its settings say so. Nothing else is ever sent.
Document: Bluetooth Core Specification 5.4, Vol 3 Part G, 4.8 to 4.11 and 3.3.3.3.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice

from collector.clock import Clock, monotonic
from collector.reading import Frame, Item, Reading
from drivers.codecs.advertisement import short
from drivers.codecs.record_access import CONTROL_POINT, QUERIES, SERVICE, Records
from drivers.dialects import Dialects
from drivers.links.ble_adapter import Adapter
from drivers.links.ble_bluez import TROUBLES, hint_for, words_of
from drivers.links.ble_config import Peripheral
from drivers.links.ble_part import Part

_CONNECT_S = 15.0
_FRESH_S = 10.0  # a device not heard for this long is not there
_FIRST_S, _LONGEST_S = 1.0, 300.0
_STEADY_S = 30.0  # a connection that held this long was a good one
_GONE_S = 60.0  # a device that gave its connection to another and is not heard for this long has gone

_PAIRING = "It wants to be paired first: bluetoothctl pair ADDRESS, once, at this machine."
_NOT_REPORTED = "Look at the meter, or listen without stored_records."
_OTHER_DEVICE = "Check its parts: `wardkeeper kinds` lists what each of them needs."
_MORE = "Add an adapter, or raise connections where the adapter can."
_PRESENCE = "Is it switched on, near, and not connected to a phone or another machine?"


class _Near:
    """Where and when a device was heard last by one adapter."""

    def __init__(self, device: BLEDevice, rssi: int) -> None:
        self.device = device
        self.rssi = rssi
        self.at = monotonic()

    @property
    def fresh(self) -> bool:
        return monotonic() - self.at < _FRESH_S


class Device:
    """Finds, connects and keeps one device. `say` takes items, `value` a frame with the decoders it is for."""

    def __init__(
        self,
        link: str,
        config: Peripheral,
        dialects: Dialects,
        clock: Clock,
        jitter: Callable[[], float],
        say: Callable[[list[Item]], None],
        value: Callable[[Frame, Dialects], None],
    ) -> None:
        self.config = config
        self.part = Part(f"ble:{config.address or config.identity or config.name}", "", clock)
        self._link = link
        self._dialects = dialects
        self._clock = clock
        self._jitter = jitter
        self._say = say
        self._value = value
        self._id = ""
        self._near: dict[Adapter, _Near] = {}
        self._heard = asyncio.Event()
        self._there = False  # as it was said last
        self._records = Records()

    def seen(self, native: str, adapter: Adapter, device: BLEDevice, rssi: int) -> None:
        """It was heard: it can be connected."""
        self._id = native
        self._near[adapter] = _Near(device, rssi)
        self._heard.set()

    async def run(self) -> None:
        """Connect whenever it is heard, until cancelled. Pauses after failures grow to five minutes."""
        delay = _FIRST_S
        self.part.enter("connecting", hint=_PRESENCE)
        try:
            while True:
                adapter = await self._found()
                began = monotonic()
                interrupted = await self._tried(adapter)
                if interrupted or monotonic() - began >= _STEADY_S:
                    delay = _FIRST_S
                if interrupted:
                    continue  # it asks for its next turn at once, before those who have theirs now
                await asyncio.sleep(delay * (0.5 + self._jitter() / 2))
                delay = min(delay * 2, _LONGEST_S)
        finally:
            self._available(available=False)

    async def _tried(self, adapter: Adapter) -> bool:
        """Connect and stay; whether it was only interrupted for others."""
        try:
            interrupted = await self._with(adapter)
        except TROUBLES as trouble:
            self.part.enter("down", words_of(trouble), hint_for(trouble) or _PRESENCE)
        else:
            if interrupted:
                self.part.enter("connecting", hint=f"It waits for its next turn. {_MORE}")
                return True
            self.part.enter("connecting", hint=_PRESENCE)
        self._available(available=False)
        return False

    async def _found(self) -> Adapter:
        """The adapter that hears it best; one with a free connection before one without."""
        while True:
            near = {adapter: one for adapter, one in self._near.items() if one.fresh and not adapter.gone.is_set()}
            if near:
                return max(near, key=lambda adapter: (not adapter.turns.full, near[adapter].rssi))
            self._near.clear()
            self._heard.clear()
            try:
                async with asyncio.timeout(_GONE_S if self._there else None):
                    await self._heard.wait()
            except TimeoutError:
                self._available(available=False)
                self.part.enter("connecting", "It was not heard any more when its turn came", _PRESENCE)

    async def _with(self, adapter: Adapter) -> bool:
        """Stay connected until the link or the adapter is lost, or others want their turn (True)."""
        stay = asyncio.create_task(self._stay(adapter))
        gone = asyncio.create_task(adapter.gone.wait())
        try:
            await asyncio.wait({stay, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stay, gone):
                task.cancel()
            await asyncio.wait({stay, gone})
        return not stay.cancelled() and stay.result()

    async def _stay(self, adapter: Adapter) -> bool:
        if adapter.turns.full:
            self.part.enter("connecting", f"All connections of {adapter.radio.name} are in use", _MORE)
        async with adapter.turns.one() as turn:
            lost = asyncio.Event()
            client: BleakClient | None = None
            try:
                async with adapter.quiet():
                    near = self._near.get(adapter)
                    if near is None or not near.fresh:  # it has gone while it waited for its turn
                        return False
                    client = BleakClient(near.device, lambda _: lost.set(), timeout=_CONNECT_S)
                    await client.connect()
                    self._near.clear()  # a connected device does not advertise: what was heard is of the time before
                tells = await self._listen(client, adapter)
                adapter.turns.began(turn, done=not tells)
                await _first(lost, turn.over)
                return not lost.is_set()
            finally:
                if client is not None:
                    await self._leave(client, interrupted=turn.over.is_set() and not lost.is_set())

    async def _listen(self, client: BleakClient, adapter: Adapter) -> bool:
        """Read what can be read, then switch on what tells by itself; whether anything does."""
        trouble, tells, asks = "", False, None
        claimed = [one for one in _characteristics(client) if self._dialects.decoders(short(one.uuid), "gatt")]
        for one in claimed:
            try:
                if "read" in one.properties:
                    self._hear(one, bytes(await client.read_gatt_char(one)))
                if {"notify", "indicate"} & set(one.properties):
                    await client.start_notify(one, self._notified)
                    tells = True
                if short(one.uuid) == CONTROL_POINT and short(one.service_uuid) == SERVICE:
                    asks = one
            except TROUBLES as refused:
                if not client.is_connected:
                    raise
                trouble = f"{short(one.uuid)}: {words_of(refused)}"
        if asks is not None:
            trouble = await self._ask(client, asks) or trouble
        self.part.address = adapter.radio.name
        if claimed:
            self.part.enter("up", trouble, _PAIRING if trouble else "")
        else:
            self.part.enter("up", "It has nothing that its parts need", _OTHER_DEVICE)
        self._available(available=True)
        return tells

    async def _ask(self, client: BleakClient, point: BleakGATTCharacteristic) -> str:
        """Have the meter report its records, once all that they come by is switched on; what went wrong."""
        query = self._records.ask()
        if not isinstance(query, QUERIES):
            raise TypeError(f"{query} is not declared")
        try:
            await client.write_gatt_char(point, query.data, response=True)
        except TROUBLES as refused:
            if not client.is_connected:
                raise
            return f"{CONTROL_POINT}: {words_of(refused)}"
        return ""

    async def _leave(self, client: BleakClient, *, interrupted: bool) -> None:
        if self.part.state == "up" and not interrupted:
            self._available(available=False)
            self.part.enter("connecting", "The connection was lost", _PRESENCE)
        with suppress(*TROUBLES):
            async with asyncio.timeout(_CONNECT_S):
                await client.disconnect()

    def _notified(self, one: BleakGATTCharacteristic, data: bytearray) -> None:
        self._hear(one, bytes(data))

    def _hear(self, one: BleakGATTCharacteristic, data: bytes) -> None:
        now = self._clock.now()
        self.part.heard(now)
        if why := self._records.heard(short(one.uuid), data):
            self.part.enter(self.part.state, f"Its records: {why}", _NOT_REPORTED)
        self._value(Frame(self._link, short(one.uuid), data, now, device=self._id, family="gatt"), self._dialects)

    def _available(self, *, available: bool) -> None:
        """Say so when it is another: who waits for the next turn is still there."""
        if available == self._there:
            return
        self._there = available
        now = self._clock.now()
        self._say([Reading(self._id, "available", available, now, now)])


async def _first(*events: asyncio.Event) -> None:
    """Wait until one of them is set."""
    tasks = {asyncio.create_task(event.wait()) for event in events}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _characteristics(client: BleakClient) -> list[BleakGATTCharacteristic]:
    return [one for service in client.services for one in service.characteristics]
