"""Govee thermometers, hygrometers, air monitors, cooking thermometers, buttons and presence sensors.

No document of the maker is published: the layouts are those of the parser govee-ble
(https://github.com/Bluetooth-Devices/govee-ble), whose captures prove them, and of Theengs Decoder
(https://decoder.theengs.io/devices/devices_by_brand.html).
The limits that a cook has set are no readings. The H5121 and H5123 send events whose meaning is not known for certain.
"""

import struct
from binascii import crc_hqx
from collections.abc import Callable, Iterator, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_GOVEE, _SHARED, _EVENTS = "manufacturer/ec88", "manufacturer/0001", "manufacturer/ef88"
_LONG = ("manufacturer/8801", "manufacturer/8803", "manufacturer/8843")
"""The H5179 and two firmwares of the H5127 put a byte of theirs into the company id."""
_COOKING = ("5181", "5182", "5183", "5184", "5185", "5191", "5198", "5055")
"""These put bytes of their address there."""
_NAMES = tuple(f"{start}{model}" for model in _COOKING for start in ("GVH", "Govee_H", "GV"))
_UUIDS = {f"uuid/{model[2:]}51": model for model in _COOKING[:-1]} | {"uuid/5550": "5055"}

_AIR = ("temperature", "humidity", "battery", "sensor_fault")
DEVICES = (
    *(
        Device("Govee", model, _AIR, NOT_FOR_VACCINE, proven)
        for model, proven in (
            ("H5072, H5075", True),
            ("H5100, H5101, H5102, H5103, H5174, H5177", False),
            ("H5104, H5105, H5108, H5110, H5112", True),
            ("H5178 and its remote sensor", True),
        )
    ),
    Device("Govee", "H5051, H5052, H5071, H5074, H5179", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Govee", "H5106", ("temperature", "humidity", "pm25"), NOT_FOR_VACCINE),
    Device("Govee", "H5140", ("temperature", "humidity", "co2"), NOT_FOR_VACCINE),
    Device("Govee", "H5055", ("temperature", "battery"), NOT_FOR_VACCINE),
    Device("Govee", "H5181, H5183, H5185, H5191, H5198", ("temperature",), NOT_FOR_VACCINE),
    Device("Govee", "H5182, H5184", ("temperature",), NOT_FOR_VACCINE, proven=False),
    Device("Govee", "H5122, H5125, H5126", ("action", "battery")),
    Device("Govee", "H5124", ("vibration", "battery")),
    Device("Govee", "H5127", ("occupancy",)),
    Device("Govee", "H5130", ("occupancy", "battery")),
)

_LITTLE = struct.Struct("<hHB")
_HEADER = b"\x01\x01"
_GLUED = b"\x4c\x00\x02\x15"  # an iBeacon, sent in the same element
_LOWEST, _HIGHEST = -40, 100
_NO_PROBE = 0xFFFF
_PAIR_AT = {14: (8,), 17: (8, 13), 20: (8, 14)}
_EVENT_MODELS = {8: "H5122", 9: "H5124", 10: "H5125", 11: "H5126", 13: "H5130"}
_CRC_START = 0x1D0F

_Said = Iterator[tuple[int, str, Value]]
"""Number of the probe or button, metric, value."""


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Govee's company ids, and what puts its address there by service and by name."""
    return (_GOVEE, _SHARED, _EVENTS, *_LONG, *_UUIDS, *(f"name/{name}*" for name in _NAMES))


def decoder(_config: Config) -> "Govee":
    """The decoder of all models."""
    return Govee()


class Govee:
    """The first probe is the device itself, the second `<device>/2`."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing in a form that is none of these."""
        topic, name = frame.topic, frame.name
        model = _model_of(name)
        data = frame.payload
        glued = data.find(_GLUED)
        data = data[:glued] if glued > 0 else data
        if topic.startswith("name/"):
            model = _model_of(topic[5:])
            said = _cooking(model, data[2:])
        elif topic in _UUIDS:
            model = _UUIDS[topic]
            said = iter(()) if name.startswith(_NAMES) else _cooking(model, data[2:])
        elif topic == _EVENTS:
            model, said = _event(frame.payload)
        elif topic in _LONG:
            said = _long(data)
        else:
            said = (_own if topic == _GOVEE else _shared)(data, model, name)
        items: list[Decoded] = [
            frame.reading(frame.device if nth == 1 else f"{frame.device}/{nth}", metric, value)
            for nth, metric, value in said
        ]
        if items and model:
            facts = {"maker": "Govee", "model": model if model.startswith("H") else f"H{model}"}
            items.append(Announcement(frame.device, facts, frame.received))
        return items


def _model_of(name: str) -> str:
    """The four digits of a model in a local name: GVH5075_2762, GV51085242, Govee_H5074_5FF4, B51782BC8."""
    for start in ("GVH", "GV", "Govee_H", "B"):
        digits = name[len(start) : len(start) + 4]
        if name.startswith(start) and digits.isdigit():
            return digits
    return ""


def _own(data: bytes, _model: str, _name: str) -> _Said:
    if len(data) == 6:
        yield from _packed(data, 1)
    elif len(data) in (7, 9):
        yield from _hundredths(data, 1)


def _shared(data: bytes, model: str, name: str) -> _Said:
    """Under a company id that others use too: a name of somebody else is not ours."""
    if data[:2] != _HEADER or (name and not model):
        return
    if len(data) == 6 and model == "5106":
        yield from _dust(int.from_bytes(data[2:]))
    elif len(data) == 6:
        yield from _packed(data, 2)
    elif len(data) == 9:
        if data[2] <= 1:
            yield from _packed(data, 3, data[2] + 1)
    elif len(data) == 8 and model:  # which of three only the name tells
        yield from _EIGHT.get(model, _warm)(data)


def _warm(data: bytes) -> _Said:
    yield from _packed(data, 2)


def _gas(data: bytes) -> _Said:
    yield from (one for one in _packed(data[:5] + b"\0", 2) if one[1] != "battery")
    yield 1, "co2", float(int.from_bytes(data[5:7]))


def _two_probes(data: bytes) -> _Said:
    """The second probe of the H5112 has no humidity."""
    probe = data[7] & 0x3F
    if probe in (1, 2):
        for nth, metric, value in _packed(data, 2, probe):
            if metric != "humidity" or probe == 1:
                yield 1 if metric == "battery" else nth, metric, value


_EIGHT: dict[str, Callable[[bytes], _Said]] = {"5140": _gas, "5112": _two_probes}


def _packed(data: bytes, at: int, nth: int = 1) -> _Said:
    """Temperature and humidity as one decimal number of a sign bit and 23, then the battery and a bit for an error."""
    raw = int.from_bytes(data[at : at + 3])
    tenths, humidity = divmod(raw & 0x7FFFFF, 1000)
    celsius = (-tenths if raw & 0x800000 else tenths) / 10
    power = data[at + 3]
    fault = bool(power & 0x80) or not _LOWEST <= celsius <= _HIGHEST
    if not fault:
        yield nth, "temperature", celsius
        yield nth, "humidity", humidity / 10
    yield nth, "sensor_fault", fault
    yield nth, "battery", float(power & 0x7F)


def _hundredths(data: bytes, at: int) -> _Said:
    celsius, humidity, battery = _LITTLE.unpack_from(data, at)
    yield 1, "temperature", celsius / 100
    yield 1, "humidity", humidity / 100
    yield 1, "battery", float(battery)


def _dust(raw: int) -> _Said:
    """The same with three more decimals for the particles."""
    tenths, rest = divmod(raw & 0x7FFFFFFF, 1_000_000)
    yield 1, "temperature", (-tenths if raw >> 31 else tenths) / 10
    yield 1, "humidity", rest // 1000 / 10
    yield 1, "pm25", float(rest % 1000)


def _long(data: bytes) -> _Said:
    if data[:1] != b"\xec":
        return
    if len(data) == 9:
        yield from _hundredths(data, 4)
    elif len(data) == 6:
        yield 1, "occupancy", bool(data[4])


def _cooking(model: str, data: bytes) -> _Said:
    if model == "5055":
        yield from _six_probes(data)
        return
    at, first = _PAIR_AT.get(len(data), ()), 1  # what has another length is the iBeacon that they also are
    if at and model in ("5184", "5198"):
        pair = data[6] & 0x3F
        if pair not in (1, 2):
            return
        first = 2 * pair - 1
    for nth, place in enumerate(at, first):
        raw = data[place : place + 2]
        if int.from_bytes(raw) != _NO_PROBE:
            yield nth, "temperature", int.from_bytes(raw, signed=True) / 100


def _six_probes(data: bytes) -> _Said:
    """Two of six probes at a time: which pair, and which of them are there, says the fourth byte."""
    if len(data) != 20:
        return
    yield 1, "battery", float(data[2] & 0x7F)
    pair, there = data[3] >> 6, data[3] & 0x3F
    for nth, place in ((2 * pair, 5), (2 * pair + 1, 12)):
        if pair < 3 and there >> nth & 1 and data[place : place + 2] != b"\xff\xff":
            yield nth + 1, "temperature", float(int.from_bytes(data[place : place + 2], "little", signed=True))


def _event(data: bytes) -> tuple[str, _Said]:
    """The model and what happened, behind a cipher whose key is sent with it. Raises BadFrame for a wrong checksum."""
    if len(data) != 24:
        return "", iter(())
    if crc_hqx(data[6:22], _CRC_START) != int.from_bytes(data[22:]):
        raise BadFrame("The checksum of the Govee event is wrong", 22)
    cipher = Cipher(algorithms.AES((data[2:6] + bytes(12))[::-1]), modes.ECB()).decryptor()  # noqa: S305 the maker's
    plain = cipher.update(data[21:5:-1])[::-1]
    model = _EVENT_MODELS.get(plain[2], "")
    return model, _happened(model, plain[4], plain[5])


def _happened(model: str, battery: int, event: int) -> _Said:
    if not model:
        return
    yield 1, "battery", float(battery)
    if model == "H5124":
        yield 1, "vibration", event == 1
    elif model == "H5130":
        yield 1, "occupancy", event == 1
    else:
        yield event + 1, "action", "press"
