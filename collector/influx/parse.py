"""Line protocol in, a line at a time (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/).

Takes what InfluxDB 1 and 2 take, and lines that end in CR LF. Stricter where InfluxDB keeps nonsense: a text ends with
its quote. The words of an error are InfluxDB's own.
"""

import math
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from collector.errors import BadFrame
from collector.reading import Value

NS_PER: Final = {
    "ns": 1,
    "n": 1,
    "us": 1_000,
    "u": 1_000,
    "µ": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""Nanoseconds of each precision."""

_FARTHEST: Final = 2**63 - 2  # ns around 1970, as InfluxDB has it
_SPACE: Final = " \t\0"
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"(-?[0-9]+)([iu])")
_TIME = re.compile(r"-?[0-9]+")
_KEY_END = re.compile(r"(?<!\\) ")
_COMMA = re.compile(r"(?<!\\),")
_EQUALS = re.compile(r"(?<!\\)=")
_FIELD = re.compile(r'((?:[^\\,= ]|\\.)+)=(?:"((?:[^"\\]|\\.)*)"|([^, "\\]+))', re.DOTALL)
_TEXT_ESCAPE = re.compile(r'\\(["\\])')
_NAME_ESCAPE = re.compile(r'\\([,= "])')
_BOOLEANS: Final = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}

Fields = list[tuple[str, Value | int]]


class Line(NamedTuple):
    """`key` is measurement and tags as they are written (`key_of` reads them); `at_ns` since 1970, None: not said."""

    key: str
    fields: Fields
    at_ns: int | None


class Key(NamedTuple):
    """What a series is called; `tags` by name."""

    measurement: str
    tags: tuple[tuple[str, str], ...]


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Every line that is neither empty nor a comment, and where it begins. A text's newlines end no line."""
    start, length = 0, len(text)
    while start < length:
        end = text.find("\n", start)
        end = length if end < 0 else end
        line = text[start:end]
        if '"' in line or "\\" in line:
            end = _end(text, start)
            line = text[start:end]
        bare = line.lstrip(_SPACE)
        if bare and bare != "\r" and bare[0] != "#":
            yield start + len(line) - len(bare), bare.removesuffix("\r")
        start = end + 1


def _end(text: str, start: int) -> int:
    """Where the line ends that begins at `start`: quotes count only where a field's value may begin."""
    quoted = fields = False
    equals = commas = 0
    at, length = start, len(text)
    while at < length:
        char = text[at]
        if char == "\\":
            at += 2
            continue
        if char == "\n" and not quoted:
            return at
        if char == " ":
            fields = True
        elif fields and char == '"' and equals > commas:
            quoted = not quoted
        elif fields and not quoted:
            equals += char == "="
            commas += char == ","
        at += 1
    return length


def parsed(line: str, ns: int) -> Line:
    """One line, whose time counts `ns` nanoseconds. Raises BadFrame with InfluxDB's words and where in the line."""
    if "\\" in line or '"' in line:
        found = _KEY_END.search(line, 1)
        cut = found.start() if found else -1
    else:
        cut = line.find(" ")
    if line[0] == ",":
        raise BadFrame("missing measurement")
    if cut < 0:
        key_of(line)  # what is wrong with its tags is said first
        raise BadFrame("missing fields", len(line))
    key = line[:cut]
    rest = line[cut:].lstrip(_SPACE)
    begin = len(line) - len(rest)
    if not rest:
        raise BadFrame("missing fields", begin)
    if "\\" in rest or '"' in rest:
        fields, end = _escaped_fields(rest, begin)
        time = rest[end:]
    else:
        written, _, time = rest.partition(" ")
        fields = _plain_fields(written, begin)
    time = time.strip(_SPACE)
    if not time:
        return Line(key, fields, None)
    return Line(key, fields, _time(time, ns, len(line) - len(time)))


def _plain_fields(written: str, begin: int) -> Fields:
    fields: Fields = []
    for field in written.split(","):
        name, equals, raw = field.partition("=")
        if not (name and raw):
            why = "missing field key" if equals and not name else "missing field value" if equals else None
            raise BadFrame(why or "invalid field format", begin)
        fields.append((name, _value(raw, begin)))
    return fields


def _escaped_fields(rest: str, begin: int) -> tuple[Fields, int]:
    """The fields and where they end in `rest`, which begins at `begin` of its line."""
    fields: Fields = []
    at, length = 0, len(rest)
    while True:
        found = _FIELD.match(rest, at)
        if found is None:
            raise BadFrame(_what_is_wrong(rest, at), begin + at)
        name, text, raw = found.groups()
        if "\\" in name:
            name = _NAME_ESCAPE.sub(r"\1", name)
        value = _value(raw, begin + at) if text is None else _TEXT_ESCAPE.sub(r"\1", text) if "\\" in text else text
        fields.append((name, value))
        at = found.end()
        if at == length or rest[at] == " ":
            return fields, at
        if rest[at] != ",":
            raise BadFrame("invalid field format", begin + at)
        at += 1


def _what_is_wrong(rest: str, at: int) -> str:
    key = re.match(r"(?:[^\\,= ]|\\.)*", rest[at:], re.DOTALL)
    behind = at + (key.end() if key else 0)
    if behind >= len(rest) or rest[behind] != "=":
        return "invalid field format"
    if behind == at:
        return "missing field key"
    if rest[behind + 1 : behind + 2] in {"", ",", " "}:
        return "missing field value"
    return "unbalanced quotes" if rest[behind + 1] == '"' else "invalid field format"


def _value(raw: str, offset: int) -> Value | int:
    if _NUMBER.fullmatch(raw):
        number = float(raw)
        if math.isinf(number):
            raise BadFrame("invalid float", offset)
        return number
    known = _BOOLEANS.get(raw)
    if known is not None:
        return known
    found = _WHOLE.fullmatch(raw)
    if found is None:
        raise BadFrame("invalid number" if raw[0] in "0123456789.-Nn" else "invalid boolean", offset)
    digits, kind = found.groups()
    whole = int(digits) if len(digits) <= 40 else 2**70
    if kind == "u" and digits[0] == "-":
        raise BadFrame("invalid number", offset)
    if not (-(2**63) <= whole < 2**63 if kind == "i" else whole < 2**64):
        raise BadFrame(f"unable to parse {'integer' if kind == 'i' else 'unsigned'}: value out of range", offset)
    return whole


def _time(time: str, ns: int, offset: int) -> int:
    if not _TIME.fullmatch(time):
        behind = time.partition(" ")[0]
        raise BadFrame("point is invalid" if _TIME.fullmatch(behind) else "bad timestamp", offset)
    at_ns = int(time) * ns if len(time) <= 40 else 2**70
    if not -_FARTHEST <= at_ns <= _FARTHEST:
        raise BadFrame(f"time outside range -{_FARTHEST} - {_FARTHEST}", offset)
    return at_ns


def key_of(key: str) -> Key:
    """Measurement and tags, by name. Raises BadFrame."""
    measurement, *written = _COMMA.split(key) if "\\" in key else key.split(",")
    tags: dict[str, str] = {}
    offset = len(measurement)
    for tag in written:
        parts = _EQUALS.split(tag) if "\\" in tag else tag.split("=")
        name = _unescaped(parts[0])
        if not name:
            raise BadFrame("missing tag key", offset)
        if len(parts) == 1 or parts[1] == "":
            raise BadFrame("missing tag value", offset)
        if len(parts) > 2:
            raise BadFrame("invalid tag format", offset)
        if name in tags:
            raise BadFrame("duplicate tags", offset)
        tags[name] = _unescaped(parts[1])
        offset += len(tag) + 1
    return Key(_unescaped(measurement, ", "), tuple(sorted(tags.items())))


def _unescaped(text: str, escaped: str = ",= ") -> str:
    if "\\" in text:
        for char in escaped:
            text = text.replace(f"\\{char}", char)
    return text
