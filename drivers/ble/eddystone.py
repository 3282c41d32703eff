"""Eddystone beacons: who they are (UID, URL) and how they are (TLM).

Document: Google, "Eddystone Protocol Specification", https://github.com/google/eddystone/blob/master/protocol-specification.md.
The measured power is no reading: it says how a beacon was set up. EID and encrypted TLM change with a key that only
their owner's service has: they say nothing.
"""

import struct
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import Device

PROVEN = True
DEVICES = (Device("any", "Eddystone beacon", ("battery_voltage", "device_temperature", "uptime")),)

_UID, _URL, _TLM = 0x00, 0x10, 0x20
_UID_BYTES = 18  # two more are reserved; older beacons leave them out
_TLM_LAYOUT = struct.Struct(">xxHhxxxxI")
_PLAIN = 0
_NO_TEMPERATURE = -0x8000
_SCHEMES = ("http://www.", "https://www.", "http://", "https://")
_DOMAINS = (".com", ".org", ".edu", ".net", ".info", ".biz", ".gov")
_EXPANDED = {
    **{code: f"{domain}/" for code, domain in enumerate(_DOMAINS)},
    **dict(enumerate(_DOMAINS, len(_DOMAINS))),
    **{code: chr(code) for code in range(0x21, 0x7F)},
}


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Eddystone's UUID."""
    return ("service/feaa",)


def decoder(_config: Config) -> "Eddystone":
    """The decoder of all frames."""
    return Eddystone()


class Eddystone:
    """Tags are `ble:eddy:<namespace>-<instance>`, as ESPresense names them, and `ble:eddy:<url>`."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """That the beacon was heard, or its battery, inside temperature and time since its start."""
        kind = frame.payload[0] if frame.payload else None
        if kind == _TLM:
            return _telemetry(frame)
        if kind == _UID:
            tag: str | None = _uid(frame.payload)
        elif kind == _URL:
            tag = _url(frame.payload)
        else:
            return ()
        seen = frame.sighting(f"ble:eddy:{tag}") if tag else None
        return () if seen is None else (seen,)


def _uid(data: bytes) -> str:
    if len(data) < _UID_BYTES:
        raise BadFrame(f"An Eddystone-UID has {_UID_BYTES} bytes, these are {len(data)}", len(data))
    return f"{data[2:12].hex()}-{data[12:18].hex()}"


def _url(data: bytes) -> str | None:
    """None for one with codes that are reserved."""
    if len(data) < 3:
        raise BadFrame("The Eddystone-URL ends before its scheme", len(data))
    if data[2] >= len(_SCHEMES) or not _EXPANDED.keys() >= set(data[3:]):
        return None
    return _SCHEMES[data[2]] + "".join(_EXPANDED[code] for code in data[3:])


def _telemetry(frame: Frame) -> Sequence[Decoded]:
    data = frame.payload
    if len(data) > 1 and data[1] != _PLAIN:
        return ()
    if len(data) < _TLM_LAYOUT.size:
        raise BadFrame(f"An Eddystone-TLM has {_TLM_LAYOUT.size} bytes, these are {len(data)}", len(data))
    millivolts, temperature, tenths = _TLM_LAYOUT.unpack_from(data)
    items = [frame.reading(frame.device, "uptime", tenths / 10)]
    if millivolts:  # 0 stands for a beacon without battery
        items.append(frame.reading(frame.device, "battery_voltage", millivolts / 1000))
    if temperature != _NO_TEMPERATURE:
        items.append(frame.reading(frame.device, "device_temperature", round(temperature / 256, 2)))
    return items
