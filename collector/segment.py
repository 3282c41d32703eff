"""One file of the spool: records framed so that a torn or flipped byte costs one record (docs/spool.md).

Record, little-endian: magic 4 | payload length u32 | position u64 | CRC-32 of the payload u32 |
CRC-32 of the 20 bytes before u32 | payload.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

MAGIC = b"\xf0WK1"
HEADER = struct.Struct("<4sIQII")
SUFFIX = ".spool"
_CHUNK = 1 << 20


class Record(NamedTuple):
    """A record that is whole, and the offsets of its first byte and of the byte after it."""

    position: int
    payload: bytes
    start: int
    end: int


class Damage(NamedTuple):
    """Bytes `start` to `end` of a segment that are no whole record. `torn`: the file ends inside of it."""

    segment: str
    start: int
    end: int
    why: str
    torn: bool = False

    def __str__(self) -> str:
        return f"{self.segment}, bytes {self.start} to {self.end}: {self.why}"


def frame(position: int, payload: bytes) -> bytes:
    """A record as it stands in the file."""
    head = struct.pack("<4sIQI", MAGIC, len(payload), position, zlib.crc32(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def name(first: int) -> str:
    """The file name of the segment whose first position is `first`."""
    return f"{first:020d}{SUFFIX}"


def scan(path: Path, start: int = 0, end: int | None = None) -> Iterator[Record | Damage]:
    """Everything between two offsets of a segment. After damage it goes on at the next whole header."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        end = size if end is None else min(end, size)
        offset = start
        while offset < end:
            found = _record(file, path, offset, end)
            yield found
            offset = found.end


def _record(file: BinaryIO, path: Path, offset: int, end: int) -> Record | Damage:
    header = _header(file, offset, end)
    if header is None:
        resumed = _next_header(file, offset + 1, end)
        if resumed is None:
            torn = end - offset < HEADER.size
            return Damage(path.name, offset, end, "the file ends inside a header" if torn else "no header", torn)
        return Damage(path.name, offset, resumed, "no header")
    length, position, crc = header
    after = offset + HEADER.size + length
    if after > end:
        return Damage(path.name, offset, end, f"the file ends inside record {position}", torn=True)
    payload = file.read(length)
    if zlib.crc32(payload) != crc:
        return Damage(path.name, offset, after, f"record {position} was changed")
    return Record(position, payload, offset, after)


def _header(file: BinaryIO, offset: int, end: int) -> tuple[int, int, int] | None:
    """Length, position and CRC of the payload, when a whole header stands at `offset`; the file is left behind it."""
    file.seek(offset)
    raw = file.read(min(HEADER.size, end - offset))
    if len(raw) < HEADER.size:
        return None
    magic, length, position, crc, check = HEADER.unpack(raw)
    if magic != MAGIC or zlib.crc32(raw[:-4]) != check:
        return None
    return length, position, crc


def _next_header(file: BinaryIO, offset: int, end: int) -> int | None:
    """Where the next whole header stands."""
    while offset < end:
        file.seek(offset)
        chunk = file.read(min(_CHUNK, end - offset))
        at = chunk.find(MAGIC)
        while at >= 0:
            if _header(file, offset + at, end) is not None:
                return offset + at
            at = chunk.find(MAGIC, at + 1)
        offset += max(1, len(chunk) - len(MAGIC) + 1)
    return None
