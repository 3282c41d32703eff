"""One adapter: it scans, and it lends its radio and a connection to those who connect.

A connect needs the radio for itself, so the scan pauses for it, one connect at a time, and goes on as soon as the
connect has ended; the next one waits for at least as long as the last one took, so that half of the time is for
listening whatever happens. Whoever has waited longest is next, for the radio and for a connection (`ble_turns`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs, OrPattern, OrPatternLike
from bleak.assigned_numbers import AdvertisementDataType
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from collector.clock import monotonic
from drivers.links.ble_bluez import HINTS, TROUBLES, Radio, hint_for, words_of
from drivers.links.ble_config import Config
from drivers.links.ble_part import Part
from drivers.links.ble_turns import Turns
from drivers.links.link import State

_SWITCH_S = 10.0  # what starting or ending a scan may take
_FIRST_S, _LONGEST_S = 0.5, 15.0
_LONGEST_REST_S = 5.0
_SILENT_S = 60.0  # a scan that heard nothing for this long has ended without a word, as some controllers do

_COMMON_FLAGS = (b"\x02", b"\x04", b"\x05", b"\x06", b"\x1a")


def patterns_of(claims: list[str]) -> list[OrPatternLike]:
    """What a passive scan listens for: the data that is claimed, and whatever says that it can be found at all.

    Document: Supplement to the Bluetooth Core Specification, part A, 1.3, 1.4, 1.11.
    """
    kinds = AdvertisementDataType
    patterns: list[OrPatternLike] = [OrPattern(0, kinds.FLAGS, flags) for flags in _COMMON_FLAGS]
    for claim in claims:
        kind, _, what = claim.partition("/")
        try:
            raw = bytes.fromhex(what.replace("-", ""))[::-1]
        except ValueError:
            continue  # a filter, not a name
        service = kinds.SERVICE_DATA_UUID16 if len(raw) == 2 else kinds.SERVICE_DATA_UUID128
        patterns.append(OrPattern(0, kinds.MANUFACTURER_SPECIFIC_DATA if kind == "manufacturer" else service, raw))
    return patterns


class Adapter:
    """Everything is called on the link's loop. `news` is called when `part` is in another state."""

    def __init__(
        self,
        radio: Radio,
        config: Config,
        patterns: list[OrPatternLike],
        part: Part,
        heard: Callable[["Adapter", BLEDevice, AdvertisementData], None],
        news: Callable[[Part], None],
    ) -> None:
        self.radio = radio
        self.part = part
        self.gone = asyncio.Event()
        self.turns = Turns(config.connections, config.turn_s)
        self._config = config
        self._heard = heard
        self._news = news
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # whose turn it is to connect
        self._switch = asyncio.Lock()  # who starts or ends the scan
        self._quiet = self._scanning = self._stalled = False
        self._rest_until = 0.0
        self._heard_at = 0.0
        arguments: BlueZScannerArgs = {"adapter": radio.name}
        if config.scanning == "passive":
            arguments["or_patterns"] = patterns
        else:
            arguments["filters"] = {"DuplicateData": True}
        self._scanner = BleakScanner(self._on_advert, scanning_mode=config.scanning, bluez=arguments)

    def changed(self, radio: Radio) -> None:
        """BlueZ says something else about it than before."""
        ended = self.radio.discovering and not radio.discovering
        if self._scanning and ((ended and self._config.scanning == "active") or not radio.powered):
            self._stalled = True
        self.radio = radio
        self._wake.set()

    async def run(self) -> None:
        """Scan for as long as nobody connects, until cancelled."""
        delay = _FIRST_S
        try:
            while True:
                self._wake.clear()
                try:
                    await self._tend()
                    delay = _FIRST_S
                except TROUBLES as trouble:
                    self._enter("down", words_of(trouble), hint_for(trouble))
                    asyncio.get_running_loop().call_later(delay, self._wake.set)
                    delay = min(delay * 2, _LONGEST_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_SILENT_S):
                        await self._wake.wait()
                self._stalled |= self._scanning and monotonic() - self._heard_at >= _SILENT_S
        finally:
            self.gone.set()
            await self._end_scan()

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """The radio alone, without a scan, in the order of asking."""
        async with self._turn:
            await asyncio.sleep(max(0.0, self._rest_until - monotonic()))
            began = monotonic()
            self._quiet = True
            try:
                await self._end_scan()
                yield
            finally:
                self._quiet = False
                self._wake.set()
                ended = monotonic()
                self._rest_until = ended + min(ended - began, _LONGEST_REST_S)

    async def _tend(self) -> None:
        if self._stalled:
            await self._end_scan()
            self._stalled = False
        if not self.radio.powered:
            self._enter("down", "The adapter is switched off", HINTS["off"])
        elif not self._quiet and not self._scanning:
            async with self._switch, asyncio.timeout(_SWITCH_S):
                await self._scanner.start()
                self._scanning = True
                self._heard_at = monotonic()
            self._enter("up")

    async def _end_scan(self) -> None:
        async with self._switch:
            if self._scanning:
                self._scanning = False
                with suppress(*TROUBLES):  # it has ended by itself, or with the adapter
                    async with asyncio.timeout(_SWITCH_S):
                        await self._scanner.stop()

    def _on_advert(self, device: BLEDevice, advert: AdvertisementData) -> None:
        self._heard_at = monotonic()
        self._heard(self, device, advert)

    def _enter(self, state: State, error: str = "", hint: str = "") -> None:
        if self.part.enter(state, error, hint):
            self._news(self.part)
