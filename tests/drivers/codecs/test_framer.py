"""The framer: a form and a stream in, frames with their places out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.checksums import last_is_sum8, sum8
from drivers.codecs.framer import BadBytes, Counted, Delimited, Enclosed, Escaped, Fixed, Framer, Headed

LINES = Delimited(end=b"\n", longest=8)
SUMMED = Fixed(sync=b"\x01", length=4, check=last_is_sum8)
PACKED = Enclosed(start=b"\x02", end=b"\x03", longest=12, tail=1, check=last_is_sum8)
TEXTS = Enclosed(start=b"\x02", end=b"\x03\x17", longest=12, alone=b"\x05\x04")
FLAGGED = Escaped(start=b"\xc0", end=b"\xc1", longest=12, check=last_is_sum8)
SAME_FLAG = Escaped(start=b"\x7e", end=b"\x7e", longest=12, check=last_is_sum8)
HEADED = Headed(sync=b"\xffA", block=2, end=b"\xfe", longest=12)
COUNTED = Counted(sync=b"\x85", escape=b"\x80", tail=1, check=last_is_sum8)
FORMS = [COUNTED, LINES, HEADED, SUMMED, PACKED, TEXTS, FLAGGED, SAME_FLAG]


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


def counted(text):
    plain = bytes([0x85, len(text)]) + text
    return plain + bytes([sum8(plain)])


def on_the_line(plain):
    return b"\x85" + plain[1:].replace(b"\x80", b"\x80\x00").replace(b"\x85", b"\x80\x05")


@pytest.mark.parametrize(
    "form,data,found,bad",
    [
        (COUNTED, b"x\x85\x02ab\x4a\x85\x00\x80\x05", [counted(b"ab"), counted(b"")], [(0, b"x")]),
        (COUNTED, b"\x85\x02\x80\x05\x80\x00\x8c", [counted(b"\x85\x80")], []),
        (COUNTED, b"\x85\x05lost" + counted(b"ab"), [counted(b"ab")], [(0, b"\x85\x05lost")]),
        (COUNTED, b"\x85\x01\x80\x01\x07" + counted(b"ab"), [counted(b"ab")], [(0, b"\x85\x01\x80\x01\x07")]),
        (COUNTED, b"\x85\x80\x80" + counted(b"ab"), [counted(b"ab")], [(0, b"\x85\x80\x80")]),
        (COUNTED, b"\x85\x02ab\x4b" + counted(b"cd"), [counted(b"cd")], [(0, b"\x85\x02ab\x4b")]),
        (LINES, b"a\nbc\nd", [b"a\n", b"bc\n"], []),
        (LINES, b"too long by far\nok\n", [b"ok\n"], [(0, b"too long by far\n")]),
        (SUMMED, b"xx\x01ab\xc4y\x01ab\xc4", [b"\x01ab\xc4"] * 2, [(0, b"xx"), (6, b"y")]),
        (SUMMED, b"\x01\x01ab\xc4", [b"\x01ab\xc4"], [(0, b"\x01")]),
        (PACKED, b"\x02lo" + packed(b"ab"), [packed(b"ab")], [(0, b"\x02lo")]),
        (TEXTS, b"\x05\x02a\x17\x02b\x03\x04", [b"\x05", b"\x02a\x17", b"\x02b\x03", b"\x04"], []),
        (TEXTS, b"\x02lost\x05\x02b\x03", [b"\x05", b"\x02b\x03"], [(0, b"\x02lost")]),
        (HEADED, b"\xffA\xfe\xfft\xfe", [b"\xffA\xfe\xfft\xfe"], []),
        (HEADED, b"\xffAlost\xffAab\xfe", [b"\xffAab\xfe"], [(0, b"\xffAlost")]),
        (FLAGGED, b"\xc0ab\xc3\xc1", [b"ab\xc3"], []),
        (FLAGGED, b"\xc0\x7d\xe1\x00\x7d\xe1\xc1", [b"\xc1\x00\xc1"], []),
        (FLAGGED, b"\xc0lost\xc0ab\xc3\xc1", [b"ab\xc3"], [(0, b"\xc0lost")]),
        (FLAGGED, b"\xc0ab\xc4\xc1\xc0ab\x7d\xc1\xc0ab\xc3\xc1", [b"ab\xc3"], [(0, b"\xc0ab\xc4\xc1\xc0ab\x7d\xc1")]),
        (FLAGGED, b"\xc0\xc1\xc0ab\xc3\xc1", [b"ab\xc3"], [(0, b"\xc0\xc1")]),
        (SAME_FLAG, b"\x7eab\xc3\x7e\x7e\x7d\x5e\x7d\x5e\x7e", [b"ab\xc3", b"\x7e\x7e"], []),
        (SAME_FLAG, b"b\xc3\x7e\x7eab\xc3\x7e", [b"ab\xc3"], [(0, b"b\xc3\x7e")]),
        (PACKED, packed(b"ab")[:-1] + b"\x00" + packed(b"cd"), [packed(b"cd")], [(0, packed(b"ab")[:-1] + b"\x00")]),
    ],
)
def test_frames_behind_noise(form, data, found, bad):
    assert frames(form, data) == (found, bad)
    assert frames(form, *(data[at : at + 1] for at in range(len(data))))[0] == found


@pytest.mark.parametrize("form", FORMS)
def test_noise_without_end_is_said_and_not_kept(form):
    framer, said = Framer(form), 0
    for _ in range(100):
        try:
            list(framer.feed(b"\x02\xc0" * 50))
        except BadBytes as trouble:
            said += len(trouble.data)
    assert said >= 8000
    assert len(framer._data) + len(framer._noise) < 2100


@given(st.sampled_from(FORMS), st.lists(st.binary(max_size=40), max_size=8))
def test_no_byte_is_lost_or_doubled(form, chunks):
    found, bad = frames(form, *chunks)
    assert sum(map(len, found)) + sum(len(data) for _, data in bad) <= sum(map(len, chunks))


@given(st.sampled_from([FLAGGED, SAME_FLAG]), st.binary(max_size=4))
def test_what_is_escaped_comes_out_as_it_was(form, text):
    plain = text + bytes([sum8(text)])
    sent = b"".join(b"\x7d" + bytes([byte ^ 0x20]) if byte in b"\x7d\x7e\xc0\xc1" else bytes([byte]) for byte in plain)
    assert frames(form, form.start + sent + form.end) == ([plain], [])


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=4), st.data())
def test_what_is_counted_comes_out_as_it_was_wherever_it_is_cut(texts, data):
    """Also behind half a frame, and with noise that is no sync between them."""
    noise = data.draw(st.binary(max_size=20)).replace(b"\x85", b"")
    half = on_the_line(counted(texts[0]))[: data.draw(st.integers(0, len(texts[0]) + 2))]
    sent = half + b"".join(on_the_line(counted(text)) + noise for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    chunks = (sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True))
    assert frames(COUNTED, *chunks)[0] == [counted(text) for text in texts]


@given(st.binary(min_size=1, max_size=64), st.data())
def test_what_is_counted_and_changed_does_not_come_out(text, data):
    sent = bytearray(on_the_line(counted(text)))
    plain = [place for place, byte in enumerate(sent) if place > 1 and byte not in b"\x80\x85"]
    place = data.draw(st.sampled_from(plain or [1]))
    sent[place] = data.draw(st.sampled_from(sorted({*range(256)} - {0x80, 0x85, sent[place]})))
    assert frames(COUNTED, bytes(sent))[0] == []
