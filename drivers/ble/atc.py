"""Thermometers of Xiaomi and Qingping with the firmware of atc1441 or of pvvx, plain and encrypted.

Documents: https://github.com/atc1441/ATC_MiThermometer ("Advertising format of the custom firmware") and
https://github.com/pvvx/ATC_MiThermometer (README, "Bluetooth Advertising Formats"; src/custom_beacon.h and .c).
Which of them it is, only the length tells; others use the same UUID. The flags of a switch or a relay that somebody may
have soldered to it are read over. Their fourth format is BTHome.
"""

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from pydantic import BaseModel, ConfigDict, Field

from collector.errors import BadFrame, NoKey
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.bindkeys import Bindkeys, address_of, ciphers
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
_MEASURES = ("temperature", "humidity", "battery", "battery_voltage")
DEVICES = (
    Device("Xiaomi", "LYWSD03MMC, firmware of atc1441 or pvvx", _MEASURES, NOT_FOR_VACCINE),
    Device("Xiaomi", "MJWSD05MMC, firmware of pvvx", _MEASURES, NOT_FOR_VACCINE, proven=False),
    Device("Miaomiaoce", "MHO-C401, firmware of pvvx", _MEASURES, NOT_FOR_VACCINE, proven=False),
    Device("Qingping", "CGG1 and CGDK2, firmware of pvvx", _MEASURES, NOT_FOR_VACCINE, proven=False),
)

_UUID = "service/181a"
_ADDRESS = slice(0, 6)
_ATC = struct.Struct(">hBBHB")
_CUSTOM = struct.Struct("<hHHBB")
_SEALED_ATC = struct.Struct("<BBB")
_SEALED_CUSTOM = struct.Struct("<hHBx")
_COUNTER, _TAG = 1, 4
_TRIGGER = 0x7F  # of the battery's byte the rest


class Config(BaseModel):
    """The keys of encrypted devices."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bindkeys: Bindkeys = Field(
        {}, description="Keys of encrypted devices by address, 32 hex digits each: `A4:C1:38:8D:18:B2: !file PATH`."
    )


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID of environmental sensing."""
    return (_UUID,)


def decoder(config: Config) -> "Atc":
    """The decoder of devices with these keys."""
    return Atc(config)


class Atc:
    """The device is the address inside a plain packet; an encrypted one has none, there it is the sender."""

    def __init__(self, config: Config) -> None:
        self._ciphers = ciphers(config.bindkeys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says. Raises NoKey without its key, BadFrame for one that another key opens."""
        data = frame.payload
        if (plain := _PLAIN.get(len(data))) is not None:
            address = data[_ADDRESS] if plain.forward else data[_ADDRESS][::-1]
            device, values = f"ble:{address.hex(':').upper()}", plain.read(data[6:])
            if values and address_of(device) in self._ciphers:
                raise BadFrame(f"{device} has a bindkey, but this packet is not encrypted: somebody else may send it")
        elif (sealed := _SEALED.get(len(data))) is not None and not _begins_with_address(data, frame.device):
            device = frame.device
            values = sealed(self._open(device, data))
        else:
            return ()
        return [frame.reading(device, metric, value) for metric, value in values.items()]

    def sequence(self, frame: Frame) -> int | None:
        """The number of the measurement."""
        data = frame.payload
        if (plain := _PLAIN.get(len(data))) is not None:
            return data[plain.number_at]
        return data[0] if len(data) in _SEALED else None

    def _open(self, device: str, data: bytes) -> bytes:
        address = address_of(device)
        cipher = self._ciphers.get(address)
        if cipher is None:
            raise NoKey(f"{device} is encrypted: put its key under `bindkeys` of ble.atc", _COUNTER)
        head = bytes([len(data) + 3, 0x16, 0x1A, 0x18, data[0]])  # as on the air: length, kind, UUID, counter
        nonce = bytes.fromhex(address.replace(":", ""))[::-1] + head
        try:
            return cipher.decrypt(nonce, data[_COUNTER:], b"\x11")
        except InvalidTag as trouble:
            raise BadFrame(
                f"The bindkey of {device} does not open this packet: is it another device's?", _COUNTER
            ) from trouble


def _begins_with_address(data: bytes, device: str) -> bool:
    """Whether it begins with an address of the sender's maker: then it is the rest of a plain packet."""
    return data[5:2:-1].hex(":").upper() == address_of(device)[:8]


_Values = dict[str, float]


def _checked(values: _Values) -> _Values:
    """Nothing of what cannot be: then it is another maker's."""
    return values if values["battery"] <= 100 and values["humidity"] <= 100 else {}


def _atc(data: bytes) -> _Values:
    tenths, humidity, battery, millivolts, _number = _ATC.unpack(data)
    return _checked(
        {
            "temperature": tenths / 10,
            "humidity": float(humidity),
            "battery": float(battery),
            "battery_voltage": millivolts / 1000,
        }
    )


def _custom(data: bytes) -> _Values:
    temperature, humidity, millivolts, battery, _number = _CUSTOM.unpack_from(data)
    return _checked(
        {
            "temperature": temperature / 100,
            "humidity": humidity / 100,
            "battery": float(battery),
            "battery_voltage": millivolts / 1000,
        }
    )


def _sealed_atc(data: bytes) -> _Values:
    temperature, humidity, battery = _SEALED_ATC.unpack(data)
    return {"temperature": temperature / 2 - 40, "humidity": humidity / 2, "battery": float(battery & _TRIGGER)}


def _sealed_custom(data: bytes) -> _Values:
    temperature, humidity, battery = _SEALED_CUSTOM.unpack(data)
    return {"temperature": temperature / 100, "humidity": humidity / 100, "battery": float(battery)}


class _Plain(NamedTuple):
    """Whether its address is written as people do, who reads what follows it, and where the number stands."""

    forward: bool
    read: Callable[[bytes], _Values]
    number_at: int


_PLAIN = {13: _Plain(True, _atc, 12), 14: _Plain(False, _custom, 13), 15: _Plain(False, _custom, 13)}
_SEALED = {8: _sealed_atc, 11: _sealed_custom}
"""By length of the service data."""
