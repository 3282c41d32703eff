"""The location engine as a process of its own, so that its arithmetic never holds up a thread of the product.

`python -m wardkeeper.located.child` reads one message after the other on standard input, MessagePack behind four bytes
of length, and answers each `Judge` with the fixes. It ends when its standard input is closed, which happens when its
parent dies.
"""

import struct
import sys
from datetime import datetime
from typing import IO

import msgspec

from asset_registry.locating.mapped import Ageing, MappedSite
from asset_registry.locating.model import Model
from asset_registry.locating.ports import Fix
from collector.reading import Sighting

_LENGTH = struct.Struct(">I")


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """A plan, new or changed, and what was known of the tags before."""

    model: Model
    places: dict[str, int]
    ageing: Ageing
    known: list[Fix]


class Judge(msgspec.Struct, frozen=True, tag="judge"):
    """What was heard since the last time, who spoke, and when it is."""

    heard: list[Sighting]
    alive: dict[str, datetime]
    now: datetime


class Judged(msgspec.Struct, frozen=True):
    """The answer."""

    fixes: list[Fix]
    drift: dict[str, float]


_encode = msgspec.msgpack.Encoder().encode


def write(stream: IO[bytes], message: Begin | Judge | Judged) -> None:
    """One message."""
    packed = _encode(message)
    stream.write(_LENGTH.pack(len(packed)) + packed)
    stream.flush()


def read(stream: IO[bytes]) -> bytes:
    """The next message as it came; nothing at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if head is None or len(head) < _LENGTH.size:
        return b""
    return stream.read(_LENGTH.unpack(head)[0])


def main() -> None:
    """Answer until the parent is gone."""
    decode = msgspec.msgpack.Decoder(Begin | Judge).decode
    site: MappedSite | None = None
    while packed := read(sys.stdin.buffer):
        message = decode(packed)
        if isinstance(message, Begin):
            site = MappedSite(message.model, message.places, message.ageing)
            site.restore(message.known)
        elif site is not None:
            for sighting in message.heard:
                site.hear(sighting)
            for gateway, at in message.alive.items():
                site.alive(gateway, at)
            write(sys.stdout.buffer, Judged(list(site.judge(message.now)), site.drift()))


if __name__ == "__main__":
    main()
