"""Body scales of Xiaomi: Mi Smart Scale and Mi Smart Scale 2, Mi Body Composition Scale and its second version.

Documents: the public decoders https://github.com/Bluetooth-Devices/xiaomi-ble and
https://github.com/custom-components/ble_monitor. Only a weight that has settled, with somebody still on the
scale, is one; what a scale weighs in its mode for things is none. The clock in the message has no zone that anybody
could know, so the time of the reading is when it was heard.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import Device

PROVEN = True
PERSONAL = True
DEVICES = (
    Device("Xiaomi", "XMTZC01HM/XMTZC04HM", ("body_weight",)),
    Device("Xiaomi", "XMTZC02HM/XMTZC05HM/NUN4049CN", ("body_weight", "body_impedance")),
)

_V1, _V2 = "service/181d", "service/181b"
_BYTES = {_V1: 10, _V2: 13}
_FACTS = {
    topic: {"maker": device.maker, "model": device.model} for topic, device in zip((_V1, _V2), DEVICES, strict=True)
}
_KILOGRAMS, _POUNDS, _CATTIES = 1 / 200, 0.45359237 / 100, 0.5 / 100
_V1_POUNDS, _V1_CATTIES = 0x01, 0x10
_V2_POUNDS, _V2_THINGS, _V2_CATTIES, _V2_IMPEDANCE = 0x01, 0x04, 0x40, 0x02
_SETTLED, _GONE = 0x20, 0x80
_NO_IMPEDANCE = 3000  # ohms; a foot beside the electrodes gives more


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """The UUIDs of weight scale and body composition, under which these scales advertise."""
    return (_V1, _V2)


def decoder(_config: Config) -> "Miscale":
    """The decoder of both."""
    return Miscale()


class Miscale:
    """Advertisements of other lengths under these UUIDs are of other makers."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """The weight in kilograms and, of somebody barefoot, the impedance in ohms."""
        data = frame.payload
        size = _BYTES[frame.topic]
        if len(data) != size:
            if len(data) > size:
                return ()
            raise BadFrame(f"A scale says {size} bytes, these are {len(data)}", len(data))
        said: list[Decoded] = [Announcement(frame.device, _FACTS[frame.topic], frame.received)]
        state, unit, at = (data[0], _first(data[0]), 1) if frame.topic == _V1 else (data[1], _second(data), 11)
        raw = int.from_bytes(data[at : at + 2], "little")
        if unit is None or not raw or not state & _SETTLED or state & _GONE:
            return said
        said.append(frame.reading(frame.device, "body_weight", round(raw * unit, 3)))
        if frame.topic == _V2 and state & _V2_IMPEDANCE:
            ohms = int.from_bytes(data[9:11], "little")
            if 0 < ohms < _NO_IMPEDANCE:
                said.append(frame.reading(frame.device, "body_impedance", float(ohms)))
        return said


def _first(state: int) -> float:
    """Kilograms a count."""
    if state & _V1_POUNDS:
        return _POUNDS
    return _CATTIES if state & _V1_CATTIES else _KILOGRAMS


def _second(data: bytes) -> float | None:
    if data[0] & _V2_THINGS:
        return None
    if data[0] & _V2_POUNDS:
        return _POUNDS
    return _CATTIES if data[1] & _V2_CATTIES else _KILOGRAMS
