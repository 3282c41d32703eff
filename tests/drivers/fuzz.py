"""Frames that nobody would send, for every decoder and protocol: `python -m tests.drivers.fuzz ble --seconds 60`.

The seeds are what the part's own test sends: every run of bytes, hexadecimal and JSON that its source holds. They are
cut, joined, flipped, stretched and mixed with noise. Whatever comes, a decoder gives items that are sound, or raises
BadFrame, and is done within a second of processor time: a machine with more to do is no hang.
"""

import argparse
import ast
import importlib
import math
import random
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.parts import part
from collector.reading import Announcement, Frame, Item, Reading, Sighting
from drivers.codecs.advertisement import is_whole
from drivers.dialects import Dialect, dialect, kinds

LONGEST_S = 1.0
FAMILIES = ("ble", "gatt", "mqtt", "serial")
NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)

_HERE = Path(__file__).parent
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:]?){3,}")
_WORDS = ("", "0", "-1", "NaN", "null", "1e999", "on", "{}", "[]", '{"a":1}', "--", "ü", "\x00")


class Broken(AssertionError):
    """What a part did that it must not, and with which bytes."""


class Target:
    """One part, and what to send it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        family, _, name = kind.partition(".")
        source = (_HERE / family / f"test_{name}.py").read_text()
        strings = [
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        ]
        self.seeds = sorted(set(_seeds(strings))) or [b"\x00"]
        self.words = [one for one in strings if isinstance(one, str) and 0 < len(one) < 200 and "\n" not in one]
        settings = getattr(importlib.import_module(f"tests.drivers.{family}.test_{name}"), "FUZZED", {})
        self.run = _serial(kind, settings) if family == "serial" else _decoder(dialect(kind, settings), self.words)

    def check(self, chance: random.Random) -> None:
        """Send one thing. Raises Broken."""
        payload = mutated(self.seeds, chance)
        began = time.thread_time()
        try:
            self.run(payload, chance)
        except Exception as trouble:
            raise Broken(f"{self.kind}: {trouble!r} from {payload.hex()}") from trouble
        if (took := time.thread_time() - began) > LONGEST_S:
            raise Broken(f"{self.kind} took {took:.1f} s for {payload.hex()}")


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """A seed, and what can become of one."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(0, 3)):
        at = chance.randint(0, len(data))
        match chance.randrange(8):
            case 0:
                del data[at:]
            case 1:
                del data[:at]
            case 2:
                data += chance.choice(seeds)
            case 3 if data:
                data[at - 1] ^= 1 << chance.randrange(8)
            case 4 if data:
                data[at - 1] = chance.choice((0, 0x7F, 0x80, 0xFF))
            case 5:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
            case 6:
                data[at:at] = chance.choice(_WORDS).encode()
            case 7:
                data = bytearray(chance.randbytes(chance.randint(0, 64)))
    return bytes(data)


def _seeds(strings: Sequence[str | bytes]) -> Iterator[bytes]:
    for one in strings:
        if isinstance(one, bytes):
            yield one
            continue
        for found in _HEX.findall(one):
            digits = re.sub(r"[\s:]", "", found)
            yield bytes.fromhex(digits[: len(digits) // 2 * 2])
        yield one.encode(errors="replace")


def _decoder(which: Dialect, words: Sequence[str]):
    claims = which.claims or ("nobody/claims",)
    sequence = getattr(which.decoder, "sequence", None)

    def run(payload: bytes, chance: random.Random) -> None:
        topic = "/".join(_level(level, words, chance) for level in chance.choice(claims).split("/"))
        frame = Frame(
            "fuzz",
            topic,
            payload,
            NOW,
            retained=chance.random() < 0.1,
            device="" if which.family == "mqtt" else "ble:C4:7C:8D:6A:11:02",
            family=which.family,
            gateway="ble:hci0",
            rssi_dbm=chance.choice((None, -60.0)),
            name=topic.partition("/")[2] if is_whole(topic) else chance.choice(("", *words[:20])),
        )
        if sequence is not None:
            number = sequence(frame)
            assert number is None or isinstance(number, int)
        try:
            items = which.decoder.decode(frame)
        except BadFrame as trouble:
            if 0 <= trouble.offset <= len(payload):
                return
            raise AssertionError(f"byte {trouble.offset} of {len(payload)} is bad") from trouble
        for item in items:
            sound(item)

    return run


def _level(level: str, words: Sequence[str], chance: random.Random) -> str:
    if level in {"+", "#"}:
        word = chance.choice(words or ["x"])
        return word if level == "#" else word.replace("/", "_")
    return level[:-1] + chance.choice(("", " 12AB", "_1F3C", "x")) if level.endswith("*") else level


def _serial(kind: str, settings: dict[str, object]):
    module: ModuleType = part(kind, ["drivers"]).module
    config = module.Config.model_validate(settings)
    queries = getattr(module, "QUERIES", ())
    session, sent = module.session(config, "serial:fuzz"), 0

    def run(payload: bytes, chance: random.Random) -> None:
        nonlocal session, sent
        if sent % 50 == 0:
            session = module.session(config, "serial:fuzz")
        sent += 1
        now = NOW + timedelta(seconds=sent / 2)
        if session.due() is not None or queries:
            asked = session.next(now)
            assert asked is None or isinstance(asked, queries), "it asks what it has not declared"
        at = chance.randint(0, len(payload))
        for chunk in (payload[:at], payload[at:]):
            _receive(session, chunk, now)

    return run


def _receive(session, data: bytes, now: datetime) -> None:
    for _ in range(10_000):
        try:
            items = session.receive(data, now)
        except BadFrame:
            data = b""
            continue
        for item in items:
            sound(item)
        return
    raise AssertionError("it finds bad bytes for ever")


def sound(item: Item | Frame) -> None:
    """Fails when the collector could not take it."""
    if isinstance(item, Reading):
        kind = METRICS[item.metric].kind
        assert type(item.value) is kind, f"{item.metric} is {item.value!r}, not {kind.__name__}"
        assert not isinstance(item.value, float) or math.isfinite(item.value), f"{item.metric} is {item.value}"
        assert item.at.tzinfo is not None
        assert item.device, "a reading of no device"
    elif isinstance(item, Sighting):
        assert item.tag
        assert math.isfinite(item.rssi_dbm)
    elif isinstance(item, Announcement):
        assert item.device
        assert all(isinstance(fact, str) for pair in item.facts.items() for fact in pair)
    else:
        assert isinstance(item, Frame)


def fuzz(family: str, seconds: float, seed: int, told=lambda _line: None) -> int:
    """Send to every part of `family` in turns for so long; how many frames it was. Raises Broken."""
    targets = [Target(kind) for kind in kinds(family)]
    chance, count = random.Random(seed), 0
    end = time.monotonic() + seconds
    next_told = 0.0
    while (left := end - time.monotonic()) > 0:
        for target in targets:
            for _ in range(200):
                target.check(chance)
            count += 200
        if time.monotonic() > next_told:
            next_told = time.monotonic() + 60
            told(f"{family}: {count:,} frames to {len(targets)} parts, {left:.0f} s to go")
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", default=FAMILIES, metavar="FAMILY", help=", ".join(FAMILIES))
    parser.add_argument("--seconds", type=float, default=60.0, help="of each family (60)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for each in options.families:
        print(f"{each}: {fuzz(each, options.seconds, options.seed, print):,} frames, nothing broke")
