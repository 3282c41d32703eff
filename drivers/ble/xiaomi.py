"""Devices of Xiaomi and its partners: MiBeacon 2 to 5, plain and encrypted.

Documents: Xiaomi, "Mijia BLE Object Definition" (the objects below 0x4000), and for those from 0x4000 on, which are a
product's own, the public decoder https://github.com/Bluetooth-Devices/xiaomi-ble and
https://home-is-where-you-hang-your-hack.github.io/ble_monitor; the frames are in `drivers/codecs/mibeacon.py`.
What is no metric is read over: toothbrushes, fingerprints, who opened a lock (a person), armed, remaining consumables,
strong or weak light, the weight of things. Skin temperature (0x2000) is not body temperature, and the formula that the
public decoders make it one with is a guess: only battery and inside temperature are taken from there.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs import mibeacon
from drivers.codecs.bindkeys import AnyBindkeys, address_of, raw
from drivers.codecs.device_time import OLDEST
from drivers.codecs.mijia_buttons import button, press
from drivers.codecs.mijia_products import PRODUCTS, devices

PROVEN = True
DEVICES = devices()

_PRODUCTS_OWN = 0x4000
_TIMES = {0x0007: slice(1, 5), 0x000B: slice(5, 9), 0x6E16: slice(5, 9)}
"""Where an object says when it happened, in seconds of UTC."""

_FACTS = {known: {"maker": of.maker, "model": of.model} for known, of in PRODUCTS.items()}
_MODELS = {known: of.model for known, of in PRODUCTS.items()}


class Config(BaseModel):
    """The keys of encrypted devices."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bindkeys: AnyBindkeys = Field(
        {},
        description="Keys of encrypted devices by address, 32 hex digits each, or the 24 of older ones: "
        "`A4:C1:38:8D:18:B2: !file PATH`.",
    )


def claims(_config: Config) -> tuple[str, ...]:
    """Xiaomi's UUID."""
    return ("service/fe95",)


def decoder(config: Config) -> "Xiaomi":
    """The decoder of devices with these keys."""
    return Xiaomi(config)


class Xiaomi:
    """Of a device with several buttons the second is `<device>/2`, the third `<device>/3`."""

    def __init__(self, config: Config) -> None:
        self._keys = mibeacon.Keyring(raw(config.bindkeys))

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says. Raises NoKey without its key, BadFrame also for one that another key opens."""
        beacon = mibeacon.parse(frame.payload)
        if beacon is None:
            return ()
        device = f"ble:{beacon.address.hex(':').upper()}" if beacon.address else frame.device
        items: list[Decoded] = []
        if (facts := _FACTS.get(beacon.product)) is not None:
            items.append(Announcement(device, facts, frame.received))
        if beacon.at is None:
            return items
        opened, at = beacon.data, beacon.at
        if beacon.encrypted:
            opened, at = self._keys.open(beacon, address_of(device)), 0
        elif address_of(device) in self._keys:
            raise BadFrame(f"{device} has a bindkey, but this packet is not encrypted: somebody else may have sent it")
        model = _MODELS.get(beacon.product, "")
        for known, data in mibeacon.objects(opened, at):
            if known < _PRODUCTS_OWN or model:
                items += _readings(frame, device, model, known, data)
        return items

    def sequence(self, frame: Frame) -> int | None:
        """The number of the frame, which is sent several times."""
        return frame.payload[mibeacon.COUNTER_AT] if len(frame.payload) > mibeacon.COUNTER_AT else None


def _readings(frame: Frame, device: str, model: str, known: int, data: bytes) -> Iterator[Decoded]:
    read = OBJECTS.get(known)
    if read is None:
        return
    try:
        said = list(read(data, model))
    except (struct.error, IndexError) as trouble:
        raise BadFrame(f"Object {known:#06x} ends too early", len(frame.payload)) from trouble
    at = _moment(data[_TIMES[known]]) if known in _TIMES else None
    for metric, value in said:
        name, _, part = metric.partition("/")
        yield frame.reading(f"{device}/{part}" if part else device, name, value, at)


def _moment(seconds: bytes) -> datetime | None:
    """None for a clock that was never set."""
    if len(seconds) < 4:
        return None
    said = datetime.fromtimestamp(int.from_bytes(seconds, "little"), UTC)
    return said if said >= OLDEST else None


_Said = Iterator[tuple[str, Value]]
_Reader = Callable[[bytes, str], _Said]


def _number(metric: str, form: str, divisor: float = 1.0) -> _Reader:
    layout = struct.Struct(f"<{form}")

    def read(data: bytes, _model: str) -> _Said:
        yield metric, layout.unpack_from(data)[0] / divisor

    return read


def _float(metric: str) -> _Reader:
    def read(data: bytes, _model: str) -> _Said:
        (value,) = struct.unpack_from("<f", data)
        if math.isfinite(value):
            yield metric, round(value, 2)

    return read


def _flag(metric: str, *, on: int = 1, off: int = 0) -> _Reader:
    def read(data: bytes, _model: str) -> _Said:
        if data[0] in {on, off}:
            yield metric, data[0] == on

    return read


def _always(*said: tuple[str, Value]) -> _Reader:
    """An event: it happened, or was told with 0 that it did not."""

    def read(data: bytes, _model: str) -> _Said:
        if data[0]:
            yield from said

    return read


# ------------------------------------------------------------------ air, plants, alarms

_WHOLE_PERCENT = {"LYWSD03MMC", "MHO-C401"}  # the tenths of their humidity (0x1006) follow no humidity
_LIGHT_IS_A_FLAG = {"MJYD02YL", "RTCGQ02LM", "MCCGQ02HL"}


def _humidity(data: bytes, model: str) -> _Said:
    (tenths,) = struct.unpack_from("<H", data)
    yield "humidity", float(tenths // 10) if model in _WHOLE_PERCENT else tenths / 10


def _air(data: bytes, _model: str) -> _Said:
    temperature, humidity = struct.unpack_from("<hH", data)
    yield "temperature", temperature / 10
    yield "humidity", humidity / 10


def _light(data: bytes, model: str) -> _Said:
    raw_lux = data[0] | data[1] << 8 | data[2] << 16
    if model not in _LIGHT_IS_A_FLAG:
        yield "illuminance", float(raw_lux)


def _moving_with_light(data: bytes, model: str) -> _Said:
    yield "occupancy", True
    yield from _light(data, model)


def _moving_with_float(data: bytes, model: str) -> _Said:
    yield "occupancy", True
    yield from _float("illuminance")(data, model)


def _near(_data: bytes, model: str) -> _Said:
    if model == "MUE4094RT":
        yield "occupancy", True


def _nobody_for(form: str) -> _Reader:
    """Seconds since somebody moved; what says so is repeated until then, so the first 30 are somebody."""
    layout = struct.Struct(form)

    def read(data: bytes, _model: str) -> _Said:
        yield "occupancy", layout.unpack_from(data)[0] <= 30

    return read


def _somebody(data: bytes, _model: str) -> _Said:
    yield "occupancy", data[0] != 0


def _nobody_any_more(data: bytes, _model: str) -> _Said:
    yield "occupancy", not any(data)


def _detector(metric: str, *tests: int) -> _Reader:
    """0 nothing, 1 an alarm, 2 a fault; `tests` are neither."""

    def read(data: bytes, _model: str) -> _Said:
        if data[0] in {0, 1}:
            yield metric, data[0] == 1
        if data[0] not in tests:
            yield "sensor_fault", data[0] == 2

    return read


def _skin(data: bytes, _model: str) -> _Said:
    _skin_temperature, inside, battery = struct.unpack_from("<hhB", data)
    yield "device_temperature", inside / 100
    yield "battery", float(battery)


def _bracelet(data: bytes, _model: str) -> _Said:
    (steps, rate) = struct.unpack_from("<HB", data)
    yield "steps", float(steps)
    if rate:
        yield "heart_rate", float(rate)


def _scale(data: bytes, model: str) -> _Said:
    """Weight with heart rate and impedance at 50 kHz, then in a message of its own that at 250 kHz."""
    if model not in {"MJTZC01YM", "MJTZC03YM"}:
        return
    (packed,) = struct.unpack_from("<I", data, 1)
    weight, rate, impedance = packed & 0x7FF, packed >> 11 & 0x7F, packed >> 18
    if weight:
        yield "body_weight", weight / 10
    if 0 < rate < 0x7F:
        yield "heart_rate", float(rate + 50)
    if impedance:
        yield "body_impedance" if weight else "body_impedance_high", impedance / 10


# ------------------------------------------------------------------ doors and locks


def _door(data: bytes, _model: str) -> _Said:
    """0 opened, 1 closed, 2 left open, 3 somebody knocks, 4 pried open, 5 stuck."""
    state = data[0]
    if state in {0, 1, 2, 4}:
        yield "door_open", state != 1
    if state in {1, 4}:
        yield "tamper", state == 4
    if state in {0, 5}:
        yield "technical_alarm", "door stuck" if state else ""


def _opening(data: bytes, _model: str) -> _Said:
    """0 opened, 1 closed, 2 left open; 3 is a reset of the sensor."""
    if data[0] in {0, 1, 2}:
        yield "door_open", data[0] != 1


_LOCKED = {0: False, 1: True, 4: False, 5: True, 8: True}
_LOCK_PROBLEMS = {
    0xC0DE1000: "battery below 10%",
    0xC0DE1001: "battery below 5%",
    0xC0DE1002: "fingerprint sensor abnormal",
    0xC0DE1003: "accessory battery low",
    0xC0DE1004: "mechanical failure",
    0xC0DE1005: "lock sensor faulty",
}
_PICKED, _SAFE_MOVED = 0xC0DE0003, 0xC0DE0010


def _lock(data: bytes, _model: str) -> _Said:
    """Low half of the first byte: what was done; then the key that did it, or a problem."""
    action, who = data[0] & 0x0F, int.from_bytes(data[1:5], "little")
    if len(data) < 5:
        raise IndexError
    if action in _LOCKED:
        yield "locked", _LOCKED[action]
    if who in _LOCK_PROBLEMS:
        yield "technical_alarm", _LOCK_PROBLEMS[who]
    elif who in {_PICKED, _SAFE_MOVED}:
        yield "tamper", True


def _bolts(data: bytes, _model: str) -> _Said:
    """Bits 0 and 1: the bolts that lock; bit 2 is the latch of a door that is only shut."""
    yield "locked", bool(data[0] & 0x03)


OBJECTS: Mapping[int, _Reader] = {
    0x0003: _near,
    0x0007: _door,
    0x000A: _number("body_temp", "h", 100),
    0x000B: _lock,
    0x000C: _flag("leak"),
    0x000D: _detector("smoke", 3, 4),
    0x000E: _detector("gas_detected", 3, 4, 5, 6),
    0x000F: _moving_with_light,
    0x1001: button,
    0x1004: _number("temperature", "h", 10),
    0x1005: _flag("switch_on"),
    0x1006: _humidity,
    0x1007: _light,
    0x1008: _number("moisture", "B"),
    0x1009: _number("conductivity", "H"),
    0x100A: _number("battery", "B"),
    0x100D: _air,
    0x100E: _bolts,
    0x100F: _flag("door_open", on=0, off=1),
    0x1010: _number("formaldehyde", "H", 100),
    0x1012: _flag("switch_on"),
    0x1014: _flag("leak"),
    0x1015: _detector("smoke"),
    0x1016: _flag("gas_detected"),
    0x1017: _nobody_for("<I"),
    0x1019: _opening,
    0x101B: _nobody_any_more,
    0x101C: _flag("occupancy"),
    0x2000: _skin,
    0x2003: _bracelet,
    0x4801: _float("temperature"),
    0x4802: _number("humidity", "B"),
    0x4803: _number("battery", "B"),
    0x4804: _flag("door_open", on=1, off=2),
    0x4805: _float("illuminance"),
    0x4806: _flag("leak"),
    0x4808: _float("humidity"),
    0x4818: _nobody_for("<H"),
    0x483C: _flag("occupancy"),
    0x484E: _somebody,
    0x4A01: _flag("battery_low"),
    0x4A08: _moving_with_float,
    0x4A0C: press("press"),
    0x4A0D: press("double_press"),
    0x4A0E: press("long_press"),
    0x4A0F: _always(("tamper", True), ("door_open", True)),
    0x4A12: _flag("door_open", on=1, off=2),
    0x4A13: _always(("action", "press")),
    0x4A1A: _always(("door_open", True)),
    0x4C01: _float("temperature"),
    0x4C02: _number("humidity", "B"),
    0x4C03: _number("battery", "B"),
    0x4C08: _float("humidity"),
    0x4E01: _flag("battery_low"),
    0x4E0C: press("press"),
    0x4E0D: press("double_press"),
    0x4E0E: press("long_press"),
    0x5003: _number("battery", "B"),
    0x5403: _number("battery", "B"),
    0x5413: _flag("occupancy"),
    0x5601: _flag("battery_low"),
    0x560C: press("press"),
    0x560D: press("double_press"),
    0x560E: press("long_press"),
    0x6E16: _scale,
}
"""By object id, what has a metric."""
