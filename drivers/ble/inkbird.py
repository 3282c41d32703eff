"""Inkbird thermometers and hygrometers, and cooking thermometers that call themselves iBBQ or xBBQ.

No document of the maker is published: the layouts are those of the parser inkbird-ble
(https://github.com/Bluetooth-Devices/inkbird-ble), whose captures prove them, and of Theengs Decoder
(https://decoder.theengs.io/devices/devices_by_brand.html).
The IAM-T1, IHT-2PB and INT-11 say nothing in advertisements.
"""

import struct
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_SMALL = ("sps", "tps")
_LARGE = ("Ink@", "IBS-", "ITH-", "ink@", "ibs-", "ith-")
_COOKING = ("iBBQ", "xBBQ")
_IAM_T2, _NAMELESS = "manufacturer/3254", "uuid/fff0"
DEVICES = (
    Device("Inkbird", "IBS-TH1", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Inkbird", "IBS-TH2, IBS-P01B, ITH-12S", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device(
        "Inkbird",
        "IBS-P02B, ITH-11-B, ITH-13-B, ITH-21-B",
        ("temperature", "humidity", "battery"),
        NOT_FOR_VACCINE,
        proven=False,
    ),
    Device("Inkbird", "IAM-T2", ("temperature", "humidity", "co2"), NOT_FOR_VACCINE, proven=False),
    Device("Inkbird", "IBT-2X, IBT-4XS, IBT-6XS", ("temperature",), NOT_FOR_VACCINE),
)

_PAIR = struct.Struct("<hH")
_NO_HUMIDITY = (0, 0xFFFF)
_UNPLUGGED = (-1, -10)  # 0xFFFF and 0xFFF6

_Said = Iterator[tuple[int, str, float]]


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """By name, because the company id is a temperature; the IAM-T2 by what stands in its place.

    The service is many makers': who has no name must send its address, as the cooking thermometers do.
    """
    names = (*(f"name/{name}" for name in _SMALL), *(f"name/{name}*" for name in (*_LARGE, *_COOKING)))
    return (*names, _IAM_T2, _NAMELESS)


def decoder(_config: Config) -> "Inkbird":
    """The decoder of all models."""
    return Inkbird()


class Inkbird:
    """The first probe is the device itself, the second `<device>/2`."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing in a form that is none of these."""
        data, name = frame.payload, frame.topic.partition("/")[2]
        said: _Said = iter(())
        if frame.topic == _IAM_T2:
            said = _air(data)
        elif frame.topic == _NAMELESS:
            said = _probes(data) if not frame.name and frame.device == _device(data[4:10]) else said
        elif name in _SMALL:
            said = _small(data)
        elif name.startswith(_COOKING):
            said = _probes(data)
        elif len(data) == 18:
            said = _large(data)
        items: list[Decoded] = [
            frame.reading(frame.device if nth == 1 else f"{frame.device}/{nth}", metric, value)
            for nth, metric, value in said
        ]
        if items:
            items.append(Announcement(frame.device, {"maker": "Inkbird"}, frame.received))
        return items


def _device(address: bytes) -> str:
    return f"ble:{address.hex(':').upper()}"


def _small(data: bytes) -> _Said:
    if len(data) != 9:
        return
    hundredths, humidity = _PAIR.unpack_from(data)
    yield 1, "temperature", hundredths / 100
    if humidity not in _NO_HUMIDITY and humidity <= 10_000:
        yield 1, "humidity", humidity / 100
    if data[7] <= 100:
        yield 1, "battery", float(data[7])


def _large(data: bytes) -> _Said:
    tenths, humidity = _PAIR.unpack_from(data, 6)
    if humidity > 1000 or data[10] > 100:
        return
    yield 1, "temperature", tenths / 10
    if humidity:
        yield 1, "humidity", humidity / 10
    yield 1, "battery", float(data[10])


def _air(data: bytes) -> _Said:
    """The IAM-T2 by the beginning of its address; its battery is in a unit nobody knows."""
    if len(data) != 15 or data[:2] != b"\x00\x62":
        return
    degrees = int.from_bytes(data[8:10], signed=True) / 10
    yield 1, "temperature", round((degrees - 32) * 5 / 9, 2) if data[7] & 2 else degrees
    yield 1, "humidity", int.from_bytes(data[10:12]) / 10
    yield 1, "co2", float(int.from_bytes(data[12:14]))


def _probes(data: bytes) -> _Said:
    """Behind ten bytes with the address, one, two, four or six probes."""
    if len(data) in (12, 14, 18, 22):
        for nth, (tenths,) in enumerate(struct.iter_unpack("<h", data[10:]), 1):
            if tenths not in _UNPLUGGED:
                yield nth, "temperature", tenths / 10
