"""Minew tags and beacons: their own frames (0xA1) of temperature and humidity, presence, vibration, battery and name.

Document: none of Minew's is public; https://github.com/reelyactive/advlib-ble-services, lib/minew.js, has the layout.
Acceleration, and whether there is light at all, are no metrics. A button makes a tag send another of its frames, an
iBeacon or Eddystone: see those.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
DEVICES = (
    Device("Minew", "S1, MST01 (temperature and humidity)", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Minew", "E6, E7, E8, i7 (light, acceleration)", ("battery",)),
    Device("Minew", "MSP01 (presence)", ("occupancy", "battery"), proven=False),
    Device("Minew", "MSV01 (vibration)", ("vibration", "battery"), proven=False),
)

_MINEW = 0xA1
_CLIMATE, _LIGHT, _ACCELERATION, _INFO, _PRESENCE, _VIBRATION = 0x01, 0x02, 0x03, 0x08, 0x11, 0x18
_SIZES = {_CLIMATE: 13, _LIGHT: 10, _ACCELERATION: 15, _INFO: 9, _PRESENCE: 11, _VIBRATION: 14}
_FULL = 100


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """The service UUID that Minew uses."""
    return ("service/ffe1",)


def decoder(_config: Config) -> "Minew":
    """The decoder of all frames."""
    return Minew()


class Minew:
    """The UUID is nobody's: what does not begin as a frame of Minew's gives nothing."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one frame says."""
        data = frame.payload
        size = _SIZES.get(data[1]) if len(data) >= 2 and data[0] == _MINEW else None
        if size is None:
            return ()
        kind = data[1]
        if len(data) < size or (kind != _INFO and len(data) > size):
            raise BadFrame(f"Minew's frame {kind:#04x} has {size} bytes, these are {len(data)}", min(size, len(data)))
        items: list[Decoded] = []
        if data[2] <= _FULL:
            items.append(frame.reading(frame.device, "battery", float(data[2])))
        if kind == _CLIMATE:
            items.append(frame.reading(frame.device, "temperature", int.from_bytes(data[3:5], signed=True) / 256))
            humidity = int.from_bytes(data[5:7]) / 256
            items += [frame.reading(frame.device, "humidity", humidity)] if humidity <= _FULL else []
        elif kind == _PRESENCE:
            items.append(frame.reading(frame.device, "occupancy", bool(data[4] & 1)))
        elif kind == _VIBRATION:
            items.append(frame.reading(frame.device, "vibration", bool(data[7] & 1)))
        elif kind == _INFO:
            items.append(Announcement(frame.device, _facts(data[size:]), frame.received))
        return items


def _facts(name: bytes) -> dict[str, str]:
    """The tag's name, where it is text; it is often shortened to fit."""
    text = name.rstrip(b"\0").decode(errors="replace").strip()
    return {"maker": "Minew", **({"name": text} if text else {})}
