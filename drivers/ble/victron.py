"""Victron Energy, "instant readout": batteries, chargers, inverters and switches of mobile and emergency supplies.

Document: Victron Energy, "Extra manufacturer data", 2022-12-14, as https://github.com/keshavdv/victron-ble has it, and
that project's Orion XS. Everything is encrypted: the key of a device is shown by VictronConnect. A record whose second
byte is 11 was opened by a gateway already (https://github.com/theengs/decoder). An input is `<device>/input`, the
second and third output of a charger `<device>/2` and `<device>/3`.
"""

from collections.abc import Callable, Iterator, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from pydantic import BaseModel, ConfigDict, Field

from collector.errors import BadFrame, NoKey
from collector.ports import Decoded
from collector.reading import Frame, Value
from drivers.codecs.bindkeys import Bindkeys, address_of, raw
from drivers.codecs.devices import Device

PROVEN = True
DEVICES = (
    Device(
        "Victron Energy", "SmartShunt, BMV-712, Smart Battery Sense", ("voltage", "current", "battery", "temperature")
    ),
    Device("Victron Energy", "Smart BatteryProtect", ("voltage", "switch_on", "technical_alarm")),
    Device("Victron Energy", "SmartSolar, BlueSolar MPPT", ("voltage", "current", "power", "technical_alarm")),
    Device("Victron Energy", "Orion Smart, Orion XS", ("voltage", "current", "technical_alarm")),
    Device("Victron Energy", "Blue Smart IP22, IP65, Phoenix Smart IP43", ("voltage", "current", "temperature")),
    Device("Victron Energy", "Phoenix Inverter", ("voltage", "current", "apparent_power"), proven=False),
    Device("Victron Energy", "DC Energy Meter", ("voltage", "current", "temperature"), proven=False),
)

_RECORD, _OPENED = b"\x10", b"\x11"
_HEAD, _BLOCK = 8, 16
_ROUNDS = 2  # of counter mode, by hand: the library's counts from the other end
_KELVIN = 273.15
_ALARMS = (
    "low voltage",
    "high voltage",
    "low charge",
    "low starter voltage",
    "high starter voltage",
    "low temperature",
    "high temperature",
    "mid voltage",
    "overload",
    "DC ripple",
    "low AC voltage",
    "high AC voltage",
    "short circuit",
    "BMS lockout",
)

_Said = Iterator[tuple[str, str, Value]]
"""What of a device it is said of ("" for itself), metric, value."""


class Config(BaseModel):
    """The keys of the devices."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bindkeys: Bindkeys = Field(
        {}, description="Keys by address, 32 hex digits, from VictronConnect: `C4:7C:8D:6A:11:02: !file PATH`."
    )


def claims(_config: Config) -> tuple[str, ...]:
    """Victron's company id."""
    return ("manufacturer/02e1",)


def decoder(config: Config) -> "Victron":
    """The decoder of devices with these keys."""
    return Victron(config)


class Victron:
    """A device that has a key is not believed without it: anybody could send an opened record in its name."""

    def __init__(self, config: Config) -> None:
        self._keys = raw(config.bindkeys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says. Raises NoKey without its key, BadFrame where another key opens it."""
        data = frame.payload
        if data[:1] not in (_RECORD, _OPENED) or len(data) < 5 or (read := _READERS.get(data[4])) is None:
            return ()
        if len(data) <= _HEAD:
            raise BadFrame("A record of Victron ends inside its head", len(data))
        bits = _Bits(self._opened(frame.device, data))
        return [
            frame.reading(f"{frame.device}{'/' if part else ''}{part}", metric, value)
            for part, metric, value in read(bits)
        ]

    def _opened(self, device: str, data: bytes) -> bytes:
        key = self._keys.get(address_of(device))
        if data.startswith(_OPENED):
            if key:
                raise BadFrame(f"{device} has a key, but this record is not encrypted: somebody else may have sent it")
            return data[_HEAD:]
        if key is None:
            raise NoKey(f"{device} is encrypted: put its key under `bindkeys` of ble.victron", _HEAD)
        if data[_HEAD - 1] != key[0]:
            raise BadFrame(f"The key of {device} does not open this record: is it another device's?", _HEAD - 1)
        encrypt = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - see _ROUNDS
        first = int.from_bytes(data[5:7], "little")
        stream = encrypt.update(b"".join((first + n).to_bytes(_BLOCK, "little") for n in range(_ROUNDS)))
        return bytes(one ^ other for one, other in zip(data[_HEAD:], stream, strict=False))


class _Bits:
    """Numbers of any width one after the other, from the lowest bit of the first byte on."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")
        self._bits = 8 * len(data)
        self._bytes = len(data)

    def unsigned(self, width: int) -> int | None:
        """None where all bits are set: not available."""
        raw = self._take(width)
        return None if raw == (1 << width) - 1 else raw

    def signed(self, width: int) -> int | None:
        """None for the highest one: not available."""
        raw = self._take(width)
        if raw == (1 << width - 1) - 1:
            return None
        return raw - (1 << width) if raw >> width - 1 else raw

    def _take(self, width: int) -> int:
        if width > self._bits:
            raise BadFrame("A record of Victron ends before its last value", _HEAD + self._bytes)
        raw = self._left & (1 << width) - 1
        self._left >>= width
        self._bits -= width
        return raw


def _scaled(metric: str, raw: int | None, divisor: float, part: str = "") -> _Said:
    if raw is not None:
        yield part, metric, raw / divisor


def _alarm(reasons: int | None) -> _Said:
    if reasons is not None:
        names = [name for place, name in enumerate(_ALARMS) if reasons >> place & 1]
        yield "", "technical_alarm", ", ".join(names or ["alarm"] if reasons else [])


def _error(code: int | None) -> _Said:
    if code is not None:
        yield "", "technical_alarm", f"error {code}" if code else ""


def _solar_charger(bits: _Bits) -> _Said:
    bits.unsigned(8)  # its state
    yield from _error(bits.unsigned(8))
    yield from _scaled("voltage", bits.signed(16), 100)
    yield from _scaled("current", bits.signed(16), 10)
    bits.unsigned(16)  # what it gave today
    yield from _scaled("power", bits.unsigned(16), 1)


def _battery_monitor(bits: _Bits) -> _Said:
    bits.unsigned(16)  # minutes to go
    yield from _scaled("voltage", bits.signed(16), 100)
    yield from _alarm(bits.unsigned(16))
    aux, mode = bits.unsigned(16), bits.unsigned(2)
    yield from _scaled("current", bits.signed(22), 1000)
    bits.unsigned(20)  # consumed
    yield from _scaled("battery", bits.unsigned(10), 10)
    yield from _auxiliary(aux, mode)


def _dc_meter(bits: _Bits) -> _Said:
    bits.signed(16)  # of what it is
    yield from _scaled("voltage", bits.signed(16), 100)
    yield from _alarm(bits.unsigned(16))
    aux, mode = bits.unsigned(16), bits.unsigned(2)
    yield from _scaled("current", bits.signed(22), 1000)
    yield from _auxiliary(aux, mode)


def _auxiliary(raw: int | None, mode: int | None) -> _Said:
    """A starter battery's voltage, a midpoint's, or a temperature; only the last is a metric of its own."""
    if raw is not None and mode == 2:
        yield "", "temperature", round(raw / 100 - _KELVIN, 2)


def _inverter(bits: _Bits) -> _Said:
    bits.unsigned(8)
    yield from _alarm(bits.unsigned(16))
    yield from _scaled("voltage", bits.signed(16), 100, "input")
    yield from _scaled("apparent_power", bits.unsigned(16), 1)
    yield from _scaled("voltage", bits.unsigned(15), 100)
    yield from _scaled("current", bits.unsigned(11), 10)


def _dc_converter(bits: _Bits) -> _Said:
    bits.unsigned(8)
    yield from _error(bits.unsigned(8))
    yield from _scaled("voltage", bits.unsigned(16), 100, "input")
    yield from _scaled("voltage", bits.signed(16), 100)


def _ac_charger(bits: _Bits) -> _Said:
    bits.unsigned(8)
    yield from _error(bits.unsigned(8))
    for output in ("", "2", "3"):
        yield from _scaled("voltage", bits.unsigned(13), 100, output)
        yield from _scaled("current", bits.unsigned(11), 10, output)
    celsius = bits.unsigned(7)
    if celsius is not None:
        yield "", "temperature", float(celsius - 40)
    yield from _scaled("current", bits.unsigned(9), 10, "input")


def _battery_protect(bits: _Bits) -> _Said:
    bits.unsigned(8)
    output, _error_code = bits.unsigned(8), bits.unsigned(8)
    if output in _OUTPUTS:
        yield "", "switch_on", _OUTPUTS[output]
    yield from _alarm(bits.unsigned(16))
    bits.unsigned(16)  # warnings
    yield from _scaled("voltage", bits.signed(16), 100, "input")
    yield from _scaled("voltage", bits.unsigned(16), 100)


def _orion_xs(bits: _Bits) -> _Said:
    bits.unsigned(8)
    yield from _error(bits.unsigned(8))
    for part in ("", "input"):
        yield from _scaled("voltage", bits.unsigned(16), 100, part)
        yield from _scaled("current", bits.unsigned(16), 10, part)


_OUTPUTS = {1: True, 4: False, 0: False}
_READERS: dict[int, Callable[[_Bits], _Said]] = {
    0x01: _solar_charger,
    0x02: _battery_monitor,
    0x03: _inverter,
    0x04: _dc_converter,
    0x08: _ac_charger,
    0x09: _battery_protect,
    0x0D: _dc_meter,
    0x0F: _orion_xs,
}
