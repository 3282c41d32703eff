"""BTHome sensors, versions 1 and 2, also encrypted.

https://bthome.io/format/, https://bthome.io/v1/ and https://bthome.io/encryption/; an address inside the packet (bit 1)
and the object ids 0x3B and from 0x60 on as the authors' parser bthome-ble 3.25 has them. Objects without a metric are
read over; the first object id that is not known ends a packet of version 2, because nobody knows how long it is.
"""

import math
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from pydantic import BaseModel, ConfigDict, Field

from collector.errors import BadFrame, NoKey
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs.bindkeys import Bindkeys, address_of, ciphers
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
DEVICES = (
    Device("any", "BTHome 1 and 2", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Shelly", "BLU Button, BLU RC Button 4, BLU Wall Switch 4", ("action", "battery"), proven=False),
    Device("Shelly", "BLU Door/Window", ("window_open", "illuminance", "battery"), proven=False),
    Device("Shelly", "BLU H&T", ("temperature", "humidity", "action", "battery"), NOT_FOR_VACCINE, proven=False),
    Device("Shelly", "BLU Motion", ("occupancy", "illuminance", "battery"), proven=False),
    Device("Xiaomi", "LYWSD03MMC, firmware of pvvx", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
)

_V2, _V1, _V1_ENCRYPTED = "service/fcd2", "service/181c", "service/181e"
_ENCRYPTED, _HAS_ADDRESS = 0x01, 0x02
_COUNTER_AND_MIC = 8
_V1_HEADER = b"\x11"


class Config(BaseModel):
    """The keys of encrypted devices."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bindkeys: Bindkeys = Field(
        {}, description="Keys of encrypted devices by address, 32 hex digits each: `A4:C1:38:8D:18:B2: !file PATH`."
    )


def claims(_config: Config) -> tuple[str, ...]:
    """The UUIDs of version 2 and of version 1, plain and encrypted."""
    return (_V2, _V1, _V1_ENCRYPTED)


def decoder(config: Config) -> "Bthome":
    """The decoder of devices with these keys."""
    return Bthome(config)


class _Object(NamedTuple):
    """Bytes of the value, the metric it is ("" for none), and how its integer becomes the metric's value."""

    size: int
    metric: str = ""
    value: Callable[[float], Value | None] = float
    signed: bool = False


def _per(divisor: float) -> Callable[[float], float]:
    return lambda raw: raw / divisor


_ON: Mapping[float, bool] = {0: False, 1: True}
_UNLOCKED: Mapping[float, bool] = {0: True, 1: False}
_PRESSES: Mapping[float, str] = {
    1: "press",
    2: "double_press",
    3: "triple_press",
    4: "long_press",
    5: "long_double_press",
    6: "long_triple_press",
    0x80: "hold_press",
}
_TURNS = {1: "rotate_left", 2: "rotate_right"}
_PROBLEM: Mapping[float, str] = {0: "", 1: "problem"}


def _flag(metric: str) -> _Object:
    return _Object(1, metric, _ON.get)


OBJECTS: dict[int, _Object] = {
    0x01: _Object(1, "battery"),
    0x02: _Object(2, "temperature", _per(100), signed=True),
    0x03: _Object(2, "humidity", _per(100)),
    0x04: _Object(3, "air_pressure", _per(100)),
    0x05: _Object(3, "illuminance", _per(100)),
    0x08: _Object(2, "dew_point", _per(100), signed=True),
    0x0A: _Object(3, "energy", _per(1000)),
    0x0B: _Object(3, "power", _per(100)),
    0x0C: _Object(2, "voltage", _per(1000)),
    0x0D: _Object(2, "pm25"),
    0x0E: _Object(2, "pm10"),
    0x10: _flag("switch_on"),
    0x11: _flag("door_open"),
    0x12: _Object(2, "co2"),
    0x13: _Object(2, "tvoc"),
    0x14: _Object(2, "moisture", _per(100)),
    0x15: _flag("battery_low"),
    0x16: _flag("charging"),
    0x17: _flag("carbon_monoxide"),
    0x1A: _flag("door_open"),
    0x1B: _flag("door_open"),  # of a garage
    0x1C: _flag("gas_detected"),
    0x1F: _Object(1, "locked", _UNLOCKED.get),
    0x20: _flag("leak"),
    0x21: _flag("occupancy"),  # motion
    0x23: _flag("occupancy"),
    0x24: _flag("mains"),
    0x26: _Object(1, "technical_alarm", _PROBLEM.get),
    0x27: _flag("running"),
    0x29: _flag("smoke"),
    0x2B: _flag("tamper"),
    0x2C: _flag("vibration"),
    0x2D: _flag("window_open"),
    0x2E: _Object(1, "humidity"),
    0x2F: _Object(1, "moisture"),
    0x3A: _Object(1, "action", _PRESSES.get),
    0x3C: _Object(2, "action", lambda raw: _TURNS.get(int(raw) & 0xFF)),  # the second byte counts steps
    0x43: _Object(2, "current", _per(1000)),
    0x45: _Object(2, "temperature", _per(10), signed=True),
    0x4A: _Object(2, "voltage", _per(10)),
    0x4D: _Object(4, "energy", _per(1000)),
    0x4F: _Object(4, "water_volume", _per(1000)),
    0x56: _Object(2, "conductivity"),
    0x57: _Object(1, "temperature", signed=True),
    0x58: _Object(1, "temperature", lambda raw: raw * 7 / 20, signed=True),
    0x5C: _Object(4, "power", _per(100), signed=True),
    0x5D: _Object(2, "current", _per(1000), signed=True),
}
"""By object id, what has a metric."""

READ_OVER = {
    # packet id, count, on or off, cold, connectivity, heat, light, moving, presence, safety, sound, UV index, count,
    # channel, light level, settings
    1: (0x00, 0x09, 0x0F, 0x18, 0x19, 0x1D, 0x1E, 0x22, 0x25, 0x28, 0x2A, 0x46, 0x59, 0x60, 0x64, 0x65),
    # mass, count, rotation, distance, speed, volume and flow of anything, acceleration, gyroscope, count, direction,
    # precipitation, revolutions, type of device
    2: (0x06, 0x07, 0x3D, 0x3F, 0x40, 0x41, 0x44, 0x47, 0x48, 0x49, 0x51, 0x52, 0x5A, 0x5E, 0x5F, 0x61, 0xF0),
    # duration, gas used
    3: (0x42, 0x4B),
    # count, gas used, volume of anything, a time (of what is not said), volume stored, count, speed, acceleration
    4: (0x3E, 0x4C, 0x4E, 0x50, 0x55, 0x5B, 0x62, 0x63),
}
"""By number of bytes, the object ids that have none."""

_FIRMWARE = {0xF1: 4, 0xF2: 3}
_WITH_LENGTH = (0x53, 0x54)  # text, raw
_COMMAND = 0x3B  # for somebody else; a length, one byte, and as many more
_SIZES = {
    **{known: of.size for known, of in OBJECTS.items()},
    **{known: size for size, several in READ_OVER.items() for known in several},
    **_FIRMWARE,
}


class Bthome:
    """Of several values of one metric the second belongs to `<device>/2`, the third to `<device>/3`."""

    def __init__(self, config: Config) -> None:
        self._ciphers = ciphers(config.bindkeys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says. Raises NoKey without its key, BadFrame also for one that another key opens."""
        if frame.topic == _V2:
            device, objects = self._second(frame)
        else:
            device, objects = self._first(frame)
        items: list[Decoded] = []
        several: Counter[str] = Counter()
        for known, raw in objects:
            if known in _FIRMWARE:
                version = ".".join(str(int(raw) >> 8 * place & 0xFF) for place in reversed(range(_FIRMWARE[known])))
                items.append(Announcement(device, {"firmware": version}, frame.received))
            elif of := OBJECTS.get(known):
                several[of.metric] += 1
                nth = several[of.metric]
                value = of.value(raw)
                if value is not None:
                    items.append(frame.reading(device if nth == 1 else f"{device}/{nth}", of.metric, value))
        return items

    def sequence(self, frame: Frame) -> int | None:
        """The counter of an encrypted packet; of a plain one its packet id, which is the first object."""
        data = frame.payload
        if frame.topic == _V1_ENCRYPTED or (frame.topic == _V2 and data and data[0] & _ENCRYPTED):
            counter = data[-_COUNTER_AND_MIC:-4]
            return int.from_bytes(counter, "little") if len(counter) == 4 else None
        at, head = (0, b"\2\0") if frame.topic == _V1 else (7 if data and data[0] & _HAS_ADDRESS else 1, b"\0")
        end = at + len(head)
        return data[end] if data[at:end] == head and len(data) > end else None

    def _second(self, frame: Frame) -> tuple[str, Iterator[tuple[int, float]]]:
        data = frame.payload
        if not data:
            raise BadFrame("BTHome data has at least one byte")
        info, at, device = data[0], 1, frame.device
        if info >> 5 != 2:
            raise BadFrame(f"BTHome version {info >> 5} is not known under the UUID of version 2")
        if info & _HAS_ADDRESS:
            at = 7
            if len(data) < at:
                raise BadFrame("The packet ends inside its address", len(data))
            device = f"ble:{data[6:0:-1].hex(':').upper()}"
        if info & _ENCRYPTED:
            data = bytes(at) + self._open(device, data, at, b"\xd2\xfc" + data[:1], None)
        else:
            self._believe(device)
        return device, _second_objects(data, at)

    def _first(self, frame: Frame) -> tuple[str, Iterator[tuple[int, float]]]:
        data = frame.payload
        if frame.topic == _V1_ENCRYPTED:
            data = self._open(frame.device, data, 0, b"\x1e\x18", _V1_HEADER)
        else:
            self._believe(frame.device)
        return frame.device, _first_objects(data)

    def _believe(self, device: str) -> None:
        """Anybody can send a plain packet in the name of a device: one that has a key is not believed without it."""
        if address_of(device) in self._ciphers:
            raise BadFrame(f"{device} has a bindkey, but this packet is not encrypted: somebody else may have sent it")

    def _open(self, device: str, data: bytes, at: int, kind: bytes, header: bytes | None) -> bytes:
        """What stands encrypted from `at` on."""
        address = address_of(device)
        cipher = self._ciphers.get(address)
        if cipher is None:
            raise NoKey(f"{device} is encrypted: put its key under `bindkeys` of ble.bthome", at)
        end = len(data) - _COUNTER_AND_MIC
        if end < at:
            raise BadFrame("The packet is too short to be encrypted", len(data))
        nonce = bytes.fromhex(address.replace(":", "")) + kind + data[end : end + 4]
        try:
            return cipher.decrypt(nonce, data[at:end] + data[end + 4 :], header)
        except InvalidTag as trouble:
            raise BadFrame(
                f"The bindkey of {device} does not open this packet: is it another device's?", at
            ) from trouble


def _second_objects(data: bytes, at: int) -> Iterator[tuple[int, float]]:
    """Version 2 has an object id and its value, which is as long as the document says."""
    while at < len(data):
        known = data[at]
        size = _size(known, data[at + 1 : at + 2])
        if size is None:
            return
        end = at + 1 + size
        if end > len(data):
            raise BadFrame(f"The packet ends inside object {known:#04x}", len(data))
        signed = known in OBJECTS and OBJECTS[known].signed
        yield known, int.from_bytes(data[at + 1 : end], "little", signed=signed)
        at = end


def _size(known: int, following: bytes) -> int | None:
    if known in _WITH_LENGTH:
        return 1 + sum(following)
    if known == _COMMAND:
        return 2 + (sum(following) & 0x1F)
    return _SIZES.get(known)


def _first_objects(data: bytes) -> Iterator[tuple[int, float]]:
    """Version 1 says for each object how long it is and how it is written."""
    at = 0
    while at < len(data):
        size, form = data[at] & 0x1F, data[at] >> 5
        end = at + 1 + size
        if size == 0 or end > len(data):
            raise BadFrame("The packet ends inside an object", len(data) if size else at)
        known, raw = data[at + 1], data[at + 2 : end]
        if form in (0, 1):
            yield known, int.from_bytes(raw, "little", signed=form == 1)
        elif form == 2 and size - 1 in _FLOATS:
            value: float = struct.unpack(_FLOATS[size - 1], raw)[0]
            if math.isfinite(value):
                yield known, value
        at = end


_FLOATS = {2: "<e", 4: "<f", 8: "<d"}
