"""The command `decode` for serial protocols: any kind of capture in, JSON lines out, bad bytes named."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import ConfigError
from drivers.codecs.telnet import escaped
from drivers.streams import FORMS, decode_stream
from tests.drivers.serial.test_masimo_ascii1 import LINE
from tests.drivers.serial.test_nonin_df2 import packet

NONIN, MASIMO = "serial.nonin_df2", "serial.masimo_ascii1"


def run(kind, *chunks, form="raw", device=""):
    out, err = io.StringIO(), io.StringIO()
    bad = decode_stream(kind, chunks, out, err, form, device)
    return bad, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().splitlines()


def values(lines, metric):
    return [one["value"] for one in lines if one["metric"] == metric]


def test_bytes_as_they_are():
    bad, out, err = run(NONIN, packet(72, 97), device="bench")
    assert (bad, err) == (0, [])
    assert out[0] == {
        "device": "bench",
        "metric": "pulse_rate",
        "value": 72.0,
        "unit": "/min",
        "quality": "GOOD",
        "at": None,
    }
    assert values(out, "spo2") == [97]


def test_bad_bytes_are_named_with_their_place_and_the_others_go_on():
    bad, out, err = run(NONIN, packet(72), b"\x00\x07" + packet(73), packet(74)[:3])
    assert values(out, "pulse_rate") == [72, 73]
    assert bad == 2
    assert err == ["byte 125: 2 bytes are no frame", "byte 252: 3 bytes at the end are no frame"]


def test_noise_alone_is_named():
    assert run(NONIN, b"hello") == (1, [], ["byte 0: 5 bytes at the end are no frame"])


def test_the_last_line_needs_no_end():
    bad, out, _ = run(MASIMO, LINE.encode().rstrip())
    assert (bad, values(out, "spo2")) == (0, [98])
    assert run(MASIMO, LINE.encode() + b"cut off")[0] == 1


def test_hex_with_any_white_space():
    digits = packet(72).hex()
    text = f"{digits[:31]} \t{digits[31:90]}\r\n\r\n{digits[90:].upper()}\n".encode()
    assert values(run(NONIN, text[:7], text[7:8], text[8:], form="hex")[1], "pulse_rate") == [72]


def test_what_is_no_hex_is_named_with_its_place_in_the_input():
    bad, out, err = run(NONIN, b"xy " + packet(72).hex().encode(), b" g 0", form="hex")
    assert values(out, "pulse_rate") == [72]
    assert err == [
        "input byte 0: no hex digits: xy",
        "input byte 254: no hex digits: g",
        "input byte 257: half a byte at the end",
    ]
    assert bad == 3


@pytest.mark.parametrize(
    "log",
    [
        'Script started on 2026-11-24 08:11:03+00:00 [TERM="xterm"]\n{}\n\nScript done on 2026-11-24 08:11:09+00:00\n',
        "=~=~=~=~=~=~=~=~=~=~=~= PuTTY log 2026.11.24 08:11:03 =~=~=~=~=~=~=~=~=~=~=~=\r\n{}\r\n",
        "\x1b[2J\x1b[1;1H\x1b]0;COM3 - PuTTY\x07\x1b[?25l{}\x1b[0m\x1b(B\x1b7\x1b=\r\n",
        "\x0f\x1b]0;a title\x1b\\{}\x07\r\r\n\x00",
    ],
)
def test_the_log_of_a_terminal(log):
    colored = LINE.strip().replace("SPO2=098%", "\x1b[1;32mSPO2=098%\x1b[0m")
    text = log.format(colored).encode()
    for chunks in ([text], [text[at : at + 1] for at in range(len(text))]):
        bad, out, err = run(MASIMO, *chunks, form="ansi")
        assert (bad, err) == (0, [])
        assert values(out, "spo2") == [98]


@given(st.integers(1, 60))
def test_what_went_through_telnet(piece):
    said = b"\xff\xfb\x2c" + escaped(packet(72, pleth=255)) + b"\xff\xfa\x2c\x6b\x10\xff\xf0" + packet(73)
    chunks = [said[at : at + piece] for at in range(0, len(said), piece)]
    bad, out, _ = run(NONIN, *chunks, form="telnet")
    assert (bad, values(out, "pulse_rate")) == (0, [72, 73])


@pytest.mark.parametrize(
    "kind,form", [("serial", "raw"), ("serial.nonin", "raw"), ("mqtt.tasmota", "raw"), (NONIN, "base64")]
)
def test_what_is_unknown_is_refused(kind, form):
    with pytest.raises(ConfigError, match="there are "):
        run(kind, form=form)


@given(st.sampled_from([NONIN, MASIMO]), st.sampled_from(sorted(FORMS)), st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_at_all(kind, form, chunks):
    bad, _, err = run(kind, *chunks, form=form)
    assert bad == len(err)
