"""Minew tags and beacons: temperature, humidity, doors, presence, vibration, buttons, battery and name.

Frames in service data (0xA1): Minew's "MiniBeaconPlus Configuration Instruction" has the one with the name,
https://github.com/reelyactive/advlib-ble-services, lib/minew.js, all of them. Frames in manufacturer data:
https://github.com/reelyactive/advlib-ble-manufacturers, lib/minew.js.

Acceleration, and whether there is light at all, are no metrics. A button of most tags makes them send another of their
frames, an iBeacon or Eddystone: see those. Frames of Connect V3 (0xCA) that carry a salt may be encrypted without
saying so: only temperatures (0x1B), which do say, are read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
DEVICES = (
    Device("Minew", "S1, MST01 (temperature and humidity)", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Minew", "S3 (temperature and humidity)", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Minew", "S4 (door)", ("door_open", "tamper", "battery")),
    Device("Minew", "MSE01, MSE02 (buttons, movement)", ("action", "vibration", "tamper", "battery")),
    Device("Minew", "MTB02 and others with Connect V3", ("temperature", "battery_voltage"), NOT_FOR_VACCINE),
    Device("Minew", "E6, E7, E8, i7 (light, acceleration)", ("battery",)),
    Device("Minew", "MSP01 (presence)", ("occupancy", "battery"), proven=False),
    Device("Minew", "MSV01 (vibration)", ("vibration", "battery"), proven=False),
)

_SERVICE, _MAKER = "service/ffe1", "manufacturer/0639"
_HIGHEST = 100
_SHT = 0xFFFF

_Said = Iterator[tuple[int, str, Value] | Mapping[str, str]]
"""Number of the button, metric, value; or facts."""


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """The service UUID that Minew uses, and its company id."""
    return (_SERVICE, _MAKER)


def decoder(_config: Config) -> "Minew":
    """The decoder of all frames."""
    return Minew()


class Minew:
    """The UUID is nobody's: what does not begin as a frame of Minew's gives nothing.

    The first button is the device itself, the second `<device>/2`.
    """

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one frame says."""
        data, known = frame.payload, _FRAMES[frame.topic]
        size, said = known.get(data[:2]) or known.get(data[:3]) or (0, None)
        if said is None:
            return ()
        if len(data) < size or (len(data) > size and said is not _info):
            begins = data[:2].hex()
            raise BadFrame(f"Minew's frame {begins} has {size} bytes, these are {len(data)}", min(size, len(data)))
        return [
            frame.reading(frame.device if one[0] == 1 else f"{frame.device}/{one[0]}", *one[1:])
            if isinstance(one, tuple)
            else Announcement(frame.device, dict(one), frame.received)
            for one in said(data)
        ]


def _percent(metric: str, value: float) -> _Said:
    if value <= _HIGHEST:
        yield 1, metric, float(value)


def _battery(data: bytes) -> _Said:
    yield from _percent("battery", data[2])


def _climate(data: bytes) -> _Said:
    yield from _battery(data)
    yield 1, "temperature", int.from_bytes(data[3:5], signed=True) / 256
    yield from _percent("humidity", int.from_bytes(data[5:7]) / 256)


def _presence(data: bytes) -> _Said:
    yield from _battery(data)
    yield 1, "occupancy", bool(data[4] & 1)


def _vibration(data: bytes) -> _Said:
    yield from _battery(data)
    yield 1, "vibration", bool(data[7] & 1)


def _info(data: bytes) -> _Said:
    """The name, where it is text, is often shortened to fit."""
    yield from _battery(data)
    text = data[9:].rstrip(b"\0").decode(errors="replace").strip()
    yield {"maker": "Minew", **({"name": text} if text else {})}


def _firmware(model: str) -> Callable[[bytes], _Said]:
    def said(data: bytes) -> _Said:
        yield {"maker": "Minew", "model": model, "firmware": ".".join(map(str, data[2:5]))}

    return said


def _door(data: bytes) -> _Said:
    yield from _battery(data)
    yield 1, "door_open", data[3] > 0
    yield 1, "tamper", data[4] > 0


def _buttons(data: bytes) -> _Said:
    yield from _percent("battery", data[3])
    yield 1, "tamper", bool(data[4] & 0x01)
    yield 1, "vibration", bool(data[4] & 0x02)
    for nth, pressed in ((1, 0x20), (2, 0x40)):
        if data[4] & pressed:
            yield nth, "action", "press"


def _warm(data: bytes) -> _Said:
    yield 1, "battery_voltage", int.from_bytes(data[12:14]) / 1000
    yield 1, "temperature", int.from_bytes(data[14:16], signed=True) / 256


def _raw_climate(data: bytes) -> _Said:
    """Numbers of the sensor (Sensirion SHT4x, data sheet, 4.6)."""
    yield 1, "temperature", round(-45 + 175 * int.from_bytes(data[5:7]) / _SHT, 2)
    yield 1, "humidity", round(min(max(-6 + 125 * int.from_bytes(data[7:9]) / _SHT, 0.0), 100.0), 2)
    yield 1, "battery_voltage", int.from_bytes(data[17:19]) / 1000


_FRAMES: dict[str, dict[bytes, tuple[int, Callable[[bytes], _Said]]]] = {
    _SERVICE: {
        b"\xa1\x01": (13, _climate),
        b"\xa1\x02": (10, _battery),
        b"\xa1\x03": (15, _battery),
        b"\xa1\x08": (9, _info),
        b"\xa1\x11": (11, _presence),
        b"\xa1\x18": (14, _vibration),
    },
    _MAKER: {
        b"\x51\x01": (23, _buttons),
        b"\x51\x02": (23, _buttons),
        b"\xa3\x01": (20, _firmware("S3")),
        b"\xa3\x03": (16, _climate),
        b"\xa4\x00": (18, _firmware("S4")),
        b"\xa4\x01": (15, _door),
        b"\xca\x1b\x01": (24, _warm),
        b"\xca\x1b\x02": (19, _raw_climate),
    },
}
"""By how a frame begins: its bytes, and what it says. An encrypted 0x1B begins otherwise."""
