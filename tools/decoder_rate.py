"""How many frames one core decodes in a second of its time, beside a bare `struct`: `python -m tools.decoder_rate`."""

import statistics
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from pydantic import SecretStr

from collector.reading import Frame
from drivers.dialects import Dialects, dialect

ROUNDS = 7
FRAMES = 20_000
HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
ADDRESS = "54:48:E6:8F:80:A5"
RUUVI = bytes.fromhex("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F")
PLAIN = bytes.fromhex("4002CA0903BF13")
ENCRYPTED = bytes.fromhex("41e445f3c9962b332211006c7c4519")
OXIMETER = bytes.fromhex("1fdef3caf3caf35af5d4f3b2f220010000007ae3")


def rate(once: Callable[[], object]) -> int:
    """The median of some rounds, in frames a second."""
    took = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _ in range(FRAMES):
            once()
        took.append(time.process_time() - begin)
    return round(FRAMES / statistics.median(took))


def main() -> None:
    """Print a line for each kind of frame."""
    key = {"bindkeys": {ADDRESS: SecretStr("231d39c1d7cc1ab1aee224cd096db932")}}
    plain = Dialects([dialect("ble.ruuvi"), dialect("ble.bthome"), dialect("ble.ibeacon")])
    keyed = Dialects([dialect("ble.bthome", key)])
    gatt = Dialects([dialect("gatt.pulse_oximeter")])
    bare = struct.Struct(">BhHHhhhHBH6s")
    print(f"{'struct, Ruuvi 5':28}{rate(partial(bare.unpack, RUUVI)):>10,}/s")
    for name, family, topic, payload, dialects in (
        ("ble.ruuvi, format 5", "ble", "manufacturer/0499", RUUVI, plain),
        ("ble.bthome", "ble", "service/fcd2", PLAIN, plain),
        ("ble.bthome, encrypted", "ble", "service/fcd2", ENCRYPTED, keyed),
        ("gatt.pulse_oximeter", "gatt", "2a5f", OXIMETER, gatt),
    ):
        frame = Frame("ward", topic, payload, HEARD, device=f"ble:{ADDRESS}", family=family, rssi_dbm=-60)
        [decoder] = dialects.decoders(topic, family)
        alone, whole = rate(partial(decoder.decode, frame)), rate(partial(dialects.decode, frame))
        print(f"{name:28}{alone:>10,}/s  with dispatch {whole:>10,}/s  {len(dialects.decode(frame) or ())} items")


if __name__ == "__main__":
    main()
