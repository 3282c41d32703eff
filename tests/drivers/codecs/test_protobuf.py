"""Protocol Buffers: the encoding guide's own examples in, values by name out; whatever else is a bad frame, at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BadFrame
from drivers.codecs import protobuf
from tests.drivers.costs import seconds
from tests.drivers.mqtt.proto import double, float32, number, sized, varint

TABLE = {
    1: protobuf.uint("a"),
    2: protobuf.text("b"),
    3: protobuf.within("c", {1: protobuf.uint("a")}),
    4: protobuf.within("d", {1: protobuf.uint("a")}, repeated=True),
    5: protobuf.zigzag("z"),
    6: protobuf.sint("i"),
    7: protobuf.float32("f"),
    8: protobuf.float64("g"),
    9: protobuf.flag("on"),
    10: protobuf.octets("raw"),
    11: protobuf.uint("many", repeated=True),
}
NESTED: dict[int, protobuf.Part] = {}
NESTED[1] = protobuf.within("self", lambda: NESTED)
LARGEST = 64 * 1024


def read(data):
    return protobuf.message(bytes.fromhex(data) if isinstance(data, str) else data, TABLE)


@pytest.mark.parametrize(
    "frame, values",
    [
        ("089601", {"a": 150}),  # the guide's Test1
        ("120774657374696e67", {"b": "testing"}),  # its Test2
        ("1a03089601", {"c": {"a": 150}}),  # its Test3
        ("220308960122020801", {"d": [{"a": 150}, {"a": 1}]}),
        ("2801", {"z": -1}),
        ("2802", {"z": 1}),
        ("28feffffffffffffffff01", {"z": 2**63 - 1}),
        ("30feffffffffffffffff01", {"i": -2}),  # the guide: -2 as int64
        ("3d9a994141", {"f": 12.1}),
        ("410000000000002840", {"g": 12.0}),
        ("4801", {"on": True}),
        ("5202ff00", {"raw": b"\xff\x00"}),
        ("58015802", {"many": [1, 2]}),
        ("08010802", {"a": 2}),  # the last counts
        ("08ffffffffffffffffff01", {"a": 2**64 - 1}),
        ("08968080808000", {"a": 22}),  # longer than it need be
        ("f80701", {}),  # field 127: a later version's
        ("", {}),
    ],
)
def test_what_a_message_says(frame, values):
    assert read(frame) == values


@pytest.mark.parametrize(
    "frame, offset",
    [
        ("08", 1),
        ("0896", 1),
        ("08ffffffffffffffffff02", 1),  # 65 bits
        ("08ffffffffffffffffffff01", 1),
        ("1207746573", 0),
        ("12ffffffff0f74", 0),
        ("1a020896", 3),  # seen in the message inside, counted from the start of all
        ("1a05089601", 0),
        ("3d9a9941", 0),
        ("0b0c", 0),  # a group
        ("0e", 0),
        ("0001", 0),  # field 0
        ("0a0161", 2),  # a is a number
        ("1001", 1),  # b is text
        ("120361ff61", 3),  # not UTF-8
    ],
)
def test_what_is_none_and_where(frame, offset):
    with pytest.raises(BadFrame) as bad:
        read(frame)
    assert bad.value.offset == offset


@pytest.mark.parametrize(
    "data, bits, value", [(0xFF, 8, -1), (0xFFFFFFF6, 32, -10), (2**64 - 10, 16, -10), (0x7F, 8, 127)]
)
def test_twos_complement_of_so_many_bits(data, bits, value):
    assert protobuf.signed(data, bits) == value


@given(st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63 - 1), st.text(), st.binary(), st.floats(allow_nan=False))
def test_whatever_was_written_is_read(unsigned, zigzagged, words, raw, real):
    written = (
        number(1, unsigned)
        + sized(2, words.encode())
        + number(5, zigzagged << 1 ^ zigzagged >> 63)
        + sized(10, raw)
        + double(8, real)
    )
    assert read(written) == {"a": unsigned, "b": words, "z": zigzagged, "raw": raw, "g": real}


def test_a_float_has_the_digits_it_was_given():
    assert read(float32(7, 21.37)) == {"f": 21.37}
    assert read(float32(7, 1e-20)) == {"f": 1e-20}


def nested(size):
    data = b""
    while len(data) < size:
        data = sized(1, data)
    return data


@pytest.mark.parametrize(
    "data, table",
    [
        (nested(LARGEST - 8), NESTED),
        (sized(4, b"") * (LARGEST // 2), TABLE),
        (number(11, 1) * (LARGEST // 2), TABLE),
        (number(1, 2**64 - 1) * (LARGEST // 11), TABLE),
        (b"\x08" + b"\x80" * LARGEST, TABLE),
        (b"\x12" + varint(2**64 - 1) + b"x" * LARGEST, TABLE),
        (sized(2, b"x" * LARGEST), TABLE),
    ],
    ids=["depth", "messages", "numbers", "huge numbers", "endless number", "length bomb", "text"],
)
def test_64_kb_take_no_time(data, table):
    assert seconds(protobuf.message, data, table) < 0.5
