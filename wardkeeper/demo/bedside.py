"""The oximeters at the beds of Linden General: the bytes they send, on pseudo-terminals under fixed names.

Documents: Nonin OEM III Module Specification, "Serial Data Format #2"; Masimo Rad-8 Operator's Manual, "Serial
interface". A link in `folder` names each port as udev names a real one: it leads to another terminal after every start.
"""

import math
import os
import threading
import tty
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from collector.clock import Clock, monotonic
from wardkeeper.demo.programme import Programme
from wardkeeper.demo.signals import drift, share
from wardkeeper.demo.world import ZONE, Talker, World

FRAMES, FRAMES_A_SECOND = 25, 75
TURN_S = FRAMES / FRAMES_A_SECOND
"""A packet of Nonin's takes that long; every third turn Masimo's device prints its line."""

_FIRMWARE = 48
_SYNC, _ALWAYS, _GOOD_PULSE = 0x01, 0x80, 0x02
_PULSE_FRAMES = 12
"""For so many frames from a beat on the pulse's strength is told."""

_PROTOCOLS = {"Nonin": "serial.nonin_df2", "Masimo": "serial.masimo_ascii1"}


def vitals(seed: int, number: str, at: datetime) -> tuple[int, int]:
    """Pulse rate and oxygen saturation of somebody who sleeps well."""
    seconds = at.timestamp()
    pulse = 60 + 22 * share(seed, number, "pulse") + 5 * drift(seed, f"{number}/pulse", seconds, 90)
    return round(pulse), round(97 + 1.4 * drift(seed, f"{number}/spo2", seconds, 150))


class Oximeter(Protocol):
    """What sends: asked once a turn."""

    def turn(self, count: int, at: datetime) -> bytes:
        """The bytes of turn `count`."""


class Nonin:
    """Serial data format 2: 25 frames of five bytes, a third of a second of the pulse wave."""

    def __init__(self, seed: int, number: str) -> None:
        self._seed, self._number = seed, number
        self._beat = 0.0

    def turn(self, _count: int, at: datetime) -> bytes:
        """One packet."""
        pulse, spo2 = vitals(self._seed, self._number, at)
        return nonin_packet(pulse, spo2, list(self._wave(pulse)))

    def _wave(self, pulse: int) -> Iterator[tuple[int, bool]]:
        """For each frame the height of the wave, and whether the pulse's strength is told."""
        step = pulse / 60 / FRAMES_A_SECOND
        for _ in range(FRAMES):
            self._beat = (self._beat + step) % 1
            rise = math.exp(-(((self._beat - 0.18) / 0.1) ** 2)) + 0.35 * math.exp(-(((self._beat - 0.48) / 0.14) ** 2))
            yield 60 + round(150 * rise), self._beat < _PULSE_FRAMES * step


def nonin_packet(pulse: int, spo2: int, wave: list[tuple[int, bool]]) -> bytes:
    """The frames in the order of the document: averages first, then the fast, the extended and the displayed ones."""
    rate, none = (pulse >> 7, pulse & 0x7F), (0, 0)
    averages = (*rate, spo2, _FIRMWARE, *none, *none)
    data = (*averages, spo2, spo2, spo2, *none, *rate, spo2, spo2, *none, *rate, *rate, *none)
    sent = bytearray()
    for place, (value, (height, strong)) in enumerate(zip(data, wave, strict=True)):
        status = _ALWAYS | (_SYNC if place == 0 else 0) | (_GOOD_PULSE if strong else 0)
        frame = bytes((1, status, height, value))
        sent += frame + bytes([sum(frame) & 0xFF])
    return bytes(sent)


class Masimo:
    """ASCII 1: a line a second with the device's own time, which has no zone."""

    def __init__(self, seed: int, number: str) -> None:
        self._seed, self._number = seed, number
        self._serial = int(share(seed, number, "serial") * 100_000)

    def turn(self, count: int, at: datetime) -> bytes:
        """A line in every third turn."""
        if count % 3:
            return b""
        pulse, spo2 = vitals(self._seed, self._number, at)
        perfusion = 3.6 + 0.9 * drift(self._seed, f"{self._number}/perfusion", at.timestamp(), 60)
        said = f"{at.astimezone(ZoneInfo(ZONE)):%m/%d/%y %H:%M:%S} SN={self._serial:010} SPO2={spo2:03}% BPM={pulse:03}"
        rest = "SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000800"
        return f"{said} PI={perfusion:05.2f}% {rest}\r\n".encode()


class Terminal:
    """A pseudo-terminal under the name `link`. What nobody reads in time is lost, as on a real line."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)  # else what is written comes back as an echo
        os.set_blocking(self._ours, False)
        beside = link.with_suffix(".new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(os.ttyname(self._theirs))
        beside.replace(link)

    def write(self, data: bytes) -> None:
        """Send what fits."""
        with suppress(BlockingIOError):
            os.write(self._ours, data)

    def close(self) -> None:
        """Take the name away before somebody else gets the terminal."""
        self._link.unlink(missing_ok=True)
        os.close(self._ours)
        os.close(self._theirs)


def ports(world: World) -> list[Talker]:
    """The oximeters, in order."""
    return [device for device in world.devices if device.dialect == "serial"]


def link_config(world: World, folder: Path) -> dict[str, Any]:
    """The settings of the serial link that hears them."""
    given: dict[str, Any] = {}
    for device in ports(world):
        protocol = _PROTOCOLS[device.maker]
        given[device.topic] = {"protocol": protocol, "address": str(folder.resolve() / device.topic)}
        if protocol == "serial.masimo_ascii1":
            given[device.topic]["settings"] = {"timezone": ZONE}
    return {"kind": "serial", "ports": given}


def clear(folder: Path) -> None:
    """Take away names that a killed run left behind: their terminals may be somebody else's by now."""
    for link in folder.glob("*") if folder.is_dir() else ():
        if link.is_symlink():
            link.unlink()


class Bedside:
    """All of them, on a terminal each."""

    def __init__(self, world: World, folder: Path, clock: Clock, programme: Programme | None = None) -> None:
        """`programme` may keep some silent. Raises OSError when the machine has no pseudo-terminals."""
        self._clock = clock
        self._programme = programme or Programme(clock.now())
        folder.mkdir(parents=True, exist_ok=True)
        self._all: list[tuple[str, Terminal, Oximeter]] = []
        for device in ports(world):
            speaks = Nonin if device.maker == "Nonin" else Masimo
            self._all.append((device.topic, Terminal(folder / device.topic), speaks(world.seed, device.asset)))

    def run(self, stop: threading.Event) -> None:
        """Send at the pace of the line until `stop`, however fast the hospital's clock is."""
        began, count = monotonic(), 0
        while not stop.wait(max(0.0, began + count * TURN_S - monotonic())):
            at = self._clock.now()
            for port, terminal, oximeter in self._all:
                if not self._programme.silent(port, at):
                    terminal.write(oximeter.turn(count, at))
            count += 1
        for _, terminal, _ in self._all:
            terminal.close()
