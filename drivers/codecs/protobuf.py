"""Messages of Protocol Buffers, read by a table of their fields.

Document: https://protobuf.dev/programming-guides/encoding/. What a table does not name is passed over, as the document
wants it; what it names must come as the table says. Groups, which proto3 does not have, are refused. Of a field that
comes twice the last counts, unless it is repeated. Only as deep as the tables go is anything opened.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from collector.errors import BadFrame
from drivers.codecs.json_values import plain

VARINT, I64, LEN, I32 = 0, 1, 2, 5
_WIRES = {VARINT: "a varint", I64: "64 bits", LEN: "bytes", I32: "32 bits"}
_LONGEST = 10  # bytes of a varint of 64 bits
_DEEPEST = 32

Table = Mapping[int, "Part"]
"""By field number."""


class Part(NamedTuple):
    """One field of a message: its name, its type on the wire, and what becomes of its value.

    `number` is for a varint, `raw` for bytes; neither: the field holds a message, and `inside` says of which fields.
    """

    name: str
    wire: int
    number: Callable[[int], object] | None = None
    raw: Callable[[bytes], object] | None = None
    inside: "Callable[[], Table] | None" = None
    repeated: bool = False


class Span(NamedTuple):
    """One field where it stands: a varint's value, or where its bytes begin and end."""

    field: int
    wire: int
    value: int
    begin: int
    end: int


def uint(name: str, *, repeated: bool = False) -> Part:
    """`uint32`, `uint64`, an enumeration."""
    return Part(name, VARINT, int, repeated=repeated)


def sint(name: str) -> Part:
    """`int32`, `int64`: two's complement of 64 bits."""
    return Part(name, VARINT, lambda value: signed(value, 64))


def zigzag(name: str) -> Part:
    """`sint32`, `sint64`."""
    return Part(name, VARINT, lambda value: (value >> 1) ^ -(value & 1))


def flag(name: str) -> Part:
    """`bool`."""
    return Part(name, VARINT, bool)


def float32(name: str) -> Part:
    """`float`, to the digits that it has: 12.1, not 12.100000381469727."""
    return Part(name, I32, raw=lambda data: float(f"{struct.unpack('<f', data)[0]:.7g}"))


def float64(name: str) -> Part:
    """`double`."""
    return Part(name, I64, raw=lambda data: struct.unpack("<d", data)[0])


def text(name: str, *, repeated: bool = False) -> Part:
    """`string`. Raises BadFrame for what is not UTF-8."""
    return Part(name, LEN, raw=plain, repeated=repeated)


def octets(name: str) -> Part:
    """`bytes`."""
    return Part(name, LEN, raw=bytes)


def within(name: str, table: Table | Callable[[], Table], *, repeated: bool = False) -> Part:
    """A message in the message; a function gives the table of one that holds itself."""
    return Part(name, LEN, inside=table if callable(table) else lambda: table, repeated=repeated)


def signed(value: int, bits: int) -> int:
    """The lowest `bits` of a number as two's complement."""
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def message(data: bytes, table: Table) -> dict[str, object]:
    """What `data` says, by name; of repeated fields a list. Raises BadFrame where it is no such message."""
    return _message(data, 0, len(data), table, 0)


def spans(data: bytes, at: int = 0, end: int | None = None) -> Iterator[Span]:
    """Each field of the message between two offsets. Raises BadFrame."""
    end = len(data) if end is None else end
    while at < end:
        start = at
        key, at = _varint(data, at, end)
        field, wire, value = key >> 3, key & 7, 0
        if not field or wire not in _WIRES:
            raise BadFrame(f"Wire type {wire} of field {field} is not to be read", start)
        if wire == VARINT:
            begin = at
            value, at = _varint(data, at, end)
        else:
            size, begin = _varint(data, at, end) if wire == LEN else (8 if wire == I64 else 4, at)
            if size > end - begin:
                raise BadFrame(f"Field {field} of {size} bytes ends {size - (end - begin)} bytes too late", start)
            at = begin + size
        yield Span(field, wire, value, begin, at)


def _message(data: bytes, at: int, end: int, table: Table, depth: int) -> dict[str, object]:
    if depth > _DEEPEST:
        raise BadFrame("The message is nested too deeply", at)
    found: dict[str, object] = {}
    several: dict[str, list[object]] = {}
    for span in spans(data, at, end):
        part = table.get(span.field)
        if part is None:
            continue
        if span.wire != part.wire:
            raise BadFrame(f"{part.name} is {_WIRES[span.wire]}, not {_WIRES[part.wire]}", span.begin)
        value = _value(data, span, part, depth)
        if part.repeated:
            several.setdefault(part.name, []).append(value)
        else:
            found[part.name] = value
    return found | several


def _value(data: bytes, span: Span, part: Part, depth: int) -> object:
    if part.inside is not None:
        return _message(data, span.begin, span.end, part.inside(), depth + 1)
    if part.number is not None:
        return part.number(span.value)
    try:
        return part.raw(data[span.begin : span.end]) if part.raw else None
    except BadFrame as trouble:  # counted from where its own bytes begin
        raise BadFrame(f"{part.name}: {trouble}", span.begin + trouble.offset) from trouble


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of at most 64 bits, and where what follows begins."""
    if at < end and data[at] < 0x80:  # nearly all are
        return data[at], at + 1
    value = 0
    for shift, byte in enumerate(data[at : min(at + _LONGEST, end)]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            if value >> 64:
                raise BadFrame("A number has more than 64 bits", at)
            return value, at + shift + 1
    raise BadFrame("A number ends too early" if end - at < _LONGEST else "A number has more than 64 bits", at)
