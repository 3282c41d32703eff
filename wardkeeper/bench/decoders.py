"""How many frames one core decodes, family by family, with the dispatch that links do."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from pydantic import SecretStr

from collector.reading import Frame
from drivers.dialects import Dialects, dialect, kinds
from wardkeeper.bench.rates import rate

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
ADDRESS = "54:48:E6:8F:80:A5"
RUUVI = bytes.fromhex("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")
_RUUVI = struct.Struct(">BhHHhhhHBH6s")
_ENCRYPTED = "ble.bthome, encrypted"
_FRAMES = (
    ("ble.ruuvi", "ble", "manufacturer/0499", RUUVI),
    ("ble.bthome", "ble", "service/fcd2", bytes.fromhex("4002CA0903BF13")),
    (_ENCRYPTED, "ble", "service/fcd2", bytes.fromhex("41e445f3c9962b332211006c7c4519")),
    ("gatt.pulse_oximeter", "gatt", "2a5f", bytes.fromhex("1fdef3caf3caf35af5d4f3b2f220010000007ae3")),
    (
        "mqtt.wardkeeper",
        "mqtt",
        "wardkeeper/bed-0017/readings",
        b'{"device":"mqtt:a","metric":"temperature","value":21.37}',
    ),
    (
        "mqtt.zigbee2mqtt",
        "mqtt",
        "zigbee2mqtt/OR-2/air",
        b'{"temperature":21.37,"humidity":44.1,"battery":88,"linkquality":120}',
    ),
    ("mqtt.tasmota", "mqtt", "tele/plug/SENSOR", b'{"Time":"2026-11-24T06:42:00","ENERGY":{"Power":17,"Voltage":230}}'),
)


def measure(frames: int, rounds: int) -> dict[str, int]:
    """Frames a second of each; `struct` is what unpacking alone costs."""
    key = {"bindkeys": {ADDRESS: SecretStr("231d39c1d7cc1ab1aee224cd096db932")}}
    usual = Dialects([dialect(kind) for family in ("ble", "gatt", "mqtt") for kind in kinds(family)])
    keyed = Dialects([dialect("ble.bthome", key)])
    found = {"struct": round(rate(_repeated(lambda: _RUUVI.unpack(RUUVI), frames), frames, rounds))}
    for name, family, topic, payload in _FRAMES:
        dialects = keyed if name == _ENCRYPTED else usual
        frame = Frame("bench", topic, payload, HEARD, device=f"ble:{ADDRESS}", family=family, rssi_dbm=-60)
        if not dialects.decode(frame):
            raise AssertionError(f"{name} says nothing")
        found[name] = round(rate(_repeated(_decoding(dialects, frame), frames), frames, rounds))
    return found


def _decoding(dialects: Dialects, frame: Frame) -> Callable[[], object]:
    """A new frame each time, as it costs a link."""
    return lambda: dialects.decode(msgspec.structs.replace(frame))


def _repeated(once: Callable[[], object], times: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(times):
            once()

    return work
