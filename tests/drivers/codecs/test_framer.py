"""The framer: a form and a stream in, frames with their places out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.checksums import crc16_ccitt_false, last_is_sum8, sum8
from drivers.codecs.framer import BadBytes, Delimited, Enclosed, Fixed, Framer

LINES = Delimited(end=b"\n", longest=8)
SUMMED = Fixed(sync=b"\x01", length=4, check=last_is_sum8)
PACKED = Enclosed(start=b"\x02", end=b"\x03", longest=12, tail=1, check=last_is_sum8)


def frames(form, *chunks):
    framer, found, bad = Framer(form), [], []
    for chunk in chunks:
        rest = chunk
        while True:
            try:
                found += [frame for _, frame in _kept(framer.feed(rest), found)]
            except BadBytes as trouble:
                bad.append((trouble.offset, trouble.data))
                rest = b""
            else:
                break
    return found, bad


def _kept(feed, found):
    for _, frame in feed:
        found.append(frame)
    return ()


def packed(text):
    return b"\x02" + text + b"\x03" + bytes([sum8(b"\x02" + text + b"\x03")])


@pytest.mark.parametrize(
    "form,data,found,bad",
    [
        (LINES, b"a\nbc\nd", [b"a\n", b"bc\n"], []),
        (LINES, b"too long by far\nok\n", [b"ok\n"], [(0, b"too long by far\n")]),
        (SUMMED, b"xx\x01ab\xc4y\x01ab\xc4", [b"\x01ab\xc4"] * 2, [(0, b"xx"), (6, b"y")]),
        (SUMMED, b"\x01\x01ab\xc4", [b"\x01ab\xc4"], [(0, b"\x01")]),
        (PACKED, b"\x02lo" + packed(b"ab"), [packed(b"ab")], [(0, b"\x02lo")]),
        (PACKED, packed(b"ab")[:-1] + b"\x00" + packed(b"cd"), [packed(b"cd")], [(0, packed(b"ab")[:-1] + b"\x00")]),
    ],
)
def test_frames_behind_noise(form, data, found, bad):
    assert frames(form, data) == (found, bad)
    assert frames(form, *(data[at : at + 1] for at in range(len(data))))[0] == found


@pytest.mark.parametrize("form", [LINES, SUMMED, PACKED])
def test_noise_without_end_is_said_and_not_kept(form):
    framer, said = Framer(form), 0
    for _ in range(100):
        try:
            list(framer.feed(b"\x02" * 100))
        except BadBytes as trouble:
            said += len(trouble.data)
    assert said >= 8000
    assert len(framer._data) + len(framer._noise) < 2100


@given(st.sampled_from([LINES, SUMMED, PACKED]), st.lists(st.binary(max_size=40), max_size=8))
def test_no_byte_is_lost_or_doubled(form, chunks):
    found, bad = frames(form, *chunks)
    assert sum(map(len, found)) + sum(len(data) for _, data in bad) <= sum(map(len, chunks))


def test_published_check_value():
    assert crc16_ccitt_false(b"123456789") == 0x29B1
