"""ASTM E1381 and E1394: transfers built as the documents have them, in; readings and acknowledgements out."""

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from serial.tools.list_ports import comports

from collector.clock import SystemClock
from collector.counters import Counters
from collector.reading import Announcement, Quality
from drivers.links.link import House
from drivers.links.serial_channels import open_channel
from drivers.links.serial_port import Plug, Port
from drivers.serial.astm import LINE, QUERIES, Config, session
from tests.drivers.links.conftest import Memory
from tests.drivers.serial.bench import asked, said
from tests.drivers.serial.conftest import NOW
from tests.ptys import Device

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"

HEADER = r"H|\^&|||Gasstat^04.02^S0815|||||||P||20261124064000"
PATIENT = "P|1||4711||Doe^Jane||19590203|F"
ORDER = "O|1|S-17||^^^SO2|R||||||N"
SATURATION = "R|1|^^^SO2|0.97|frac||N||F||||20261124064100"
WARMTH = "R|2|^8310-5^^TEMP|37.2|C||N||P||||20261124064100"
MESSAGE = (HEADER, PATIENT, ORDER, SATURATION, WARMTH, "L|1|N")

SETTINGS = {
    "analytes": {
        "SO2": {"metric": "spo2", "unit": "frac", "factor": 100.0},
        "8310-5": {"metric": "body_temp", "unit": "C"},
    },
    "flags": {"E17": "sample clotted"},
}
FUZZED = SETTINGS


def frame(number, text, end=b"\x03"):
    body = b"%d" % (number % 8) + text + end
    return b"\x02" + body + b"%02X\r\n" % (sum(body) & 255)


def frames(*records):
    return [frame(n, record.encode() + b"\r") for n, record in enumerate(records, 1)]


def transfer(*records):
    return ENQ + b"".join(frames(*records)) + EOT


def new(**settings):
    return session(Config(**SETTINGS, **settings), "serial:lab/gas")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_who_listens_hears_a_whole_transfer_and_sends_nothing(listen):
    one = new()
    readings, bad = listen(one, transfer(*MESSAGE))
    assert not bad
    assert values(readings) == {"spo2": 97, "body_temp": 37.2, "technical_alarm": ""}
    assert [each.quality for each in readings][:2] == [Quality.GOOD, Quality.UNCERTAIN]
    assert one.due() is None
    assert one.next(NOW) is None


def test_both_directions_on_one_tap(listen):
    sent = frames(*MESSAGE)
    readings, bad = listen(new(), ENQ + ACK + b"".join(each + ACK for each in sent) + EOT)
    assert not bad
    assert len(readings) == 3


def test_all_records_in_one_frame_and_a_record_over_three(listen):
    whole = "\r".join(MESSAGE).encode() + b"\r"
    assert len(listen(new(), ENQ + frame(1, whole) + EOT)[0]) == 3
    thirds = [whole[:70], whole[70:130], whole[130:]]
    parts = frame(1, thirds[0], b"\x17") + frame(2, thirds[1], b"\x17") + frame(3, thirds[2])
    assert len(listen(new(), ENQ + parts + EOT)[0]) == 3


def test_the_time_counts_with_a_zone(listen):
    assert {one.at for one in listen(new(timezone="UTC"), transfer(*MESSAGE))[0] if one.metric == "spo2"} == {
        datetime(2026, 11, 24, 6, 41, tzinfo=UTC)
    }


def test_the_header_says_what_it_is_and_other_makers_order_it_otherwise():
    def facts(one, header):
        return [each.facts for each in one.receive(transfer(header), NOW) if isinstance(each, Announcement)]

    one = new()
    assert facts(one, HEADER) == [
        {"kind": "laboratory analyser", "model": "Gasstat", "firmware": "04.02", "serial": "S0815"}
    ]
    assert facts(one, HEADER) == []
    other = new(sender=["name", "maker", "model", "firmware"])
    assert facts(other, r"H|\^&|||wardlab^Maker^c7^4.2^1^13||")[0]["model"] == "c7"


def test_other_delimiters_and_escapes(listen):
    said = listen(new(), transfer("H!@^\\!!!x", "R!1!^^^SO2!^0.97!frac!!!!F", "C!1!I!E17^text!I", "L!1!N"))[0]
    assert values(said) == {"spo2": 97, "technical_alarm": "sample clotted"}


@pytest.mark.parametrize(
    "result",
    [
        "R|1|^^^SO2|<0.5|frac||||F",
        "R|1|^^^SO2|high|frac||||F",
        "R|1|^^^SO2||frac||||F",
        "R|1|^^^SO2|nan|frac||||F",
        "R|1|^^^SO2|97|%||||F",
        "R|1|^^^SO2|0.97|frac||||I",
        "R|1|^^^OTHER|0.97|frac||||F",
    ],
)
def test_what_is_no_result_gives_no_reading(listen, result):
    assert values(listen(new(), transfer(HEADER, ORDER, result, "L|1"))[0]) == {"technical_alarm": ""}


def test_a_test_that_cannot_be_done_is_a_technical_alarm(listen):
    said = listen(new(), transfer(HEADER, ORDER, "R|1|^^^SO2||||||X", "L|1"))[0]
    assert values(said) == {"technical_alarm": "no result of SO2"}


@pytest.mark.parametrize("header,order", [(HEADER, ORDER[:-1] + "Q"), (HEADER.replace("|P|", "|D|"), ORDER)])
def test_a_control_sample_is_no_patient(listen, header, order):
    assert values(listen(new(), transfer(header, order, SATURATION, "L|1"))[0]) == {"technical_alarm": ""}


def test_no_patient_anywhere(listen):
    noted = "C|1|I|Doe^Jane^E17|I"
    dirty = frames(*MESSAGE[:2])[1].replace(b"Doe", b"D0e")
    one = new()
    items = one.receive(transfer(HEADER, PATIENT, ORDER, noted, WARMTH, "L|1"), NOW)
    _, bad = listen(one, dirty)
    assert "sample clotted" in str(items)
    for word in ("Doe", "Jane", "D0e", "4711", "1959", "S-17"):
        assert word not in str(items)
        assert word not in "".join(map(str, bad))
    assert bad


def test_a_frame_sent_again_counts_once(listen):
    first, patient, order, result, *rest = frames(*MESSAGE)
    dirty = result.replace(b"0.97", b"0.87")
    readings, bad = listen(
        new(), ENQ + first + first + patient + order + dirty + result + result + b"".join(rest) + EOT
    )
    assert [str(trouble) for trouble in bad] == ["The frame's checksum is wrong"]
    assert [one.value for one in readings if one.metric == "spo2"] == [97]


def test_who_joins_in_the_middle_of_a_record_waits_for_the_next(listen):
    readings, bad = listen(new(), frame(2, b"0.97|frac||||F\r") + frame(3, WARMTH.encode() + b"\r"))
    assert "beginning" in str(bad[0])
    assert values(readings) == {"body_temp": 37.2}


def test_units_and_metrics_of_the_settings_are_checked():
    with pytest.raises(ValidationError):
        Config(analytes={"X": {"metric": "nothing", "unit": "%"}})
    with pytest.raises(ValidationError):
        Config(analytes={"X": {"metric": "technical_alarm", "unit": "%"}})


# ---------------------------------------------------------------- the receiver


def answer(one, now=NOW):
    query = one.next(now)
    return query.data if query else None


def test_a_receiver_acknowledges_what_was_handed_over_frame_by_frame(listen):
    one = new(role="receiver")
    assert one.due() is None
    listen(one, ENQ)
    assert (one.due(), answer(one)) == (NOW, ACK)
    for sent in frames(*MESSAGE):
        readings, bad = listen(one, sent[:9])
        assert (readings, bad, answer(one)) == ([], [], None)
        listen(one, sent[9:])
        assert answer(one) == ACK
        assert answer(one) is None
    listen(one, EOT)
    assert (one.due(), answer(one)) == (None, None)


def test_it_refuses_what_is_damaged_or_out_of_order_and_takes_a_repeated_frame_once(listen):
    one = new(role="receiver")
    first, second, third, *_ = frames(*MESSAGE)
    listen(one, ENQ)
    answer(one)
    for sent, expected in (
        (first, ACK),
        (first, ACK),
        (third, NAK),
        (second.replace(b"Doe", b"Dxe"), NAK),
        (second, ACK),
    ):
        listen(one, sent)
        assert answer(one) == expected


def test_outside_a_transfer_it_takes_and_answers_nothing(listen):
    one = new(role="receiver")
    readings, bad = listen(one, frame(1, SATURATION.encode() + b"\r"))
    assert (readings, len(bad), answer(one)) == ([], 1, None)


def test_an_answer_that_is_late_is_not_sent_and_30_seconds_end_a_transfer(listen):
    one = new(role="receiver")
    listen(one, ENQ)
    assert answer(one, NOW + timedelta(seconds=15)) is None
    assert one.due() == NOW + timedelta(seconds=30)
    assert answer(one, NOW + timedelta(seconds=30)) is None
    assert one.due() is None
    assert len(listen(one, frames(HEADER)[0])[1]) == 1


@given(st.lists(st.sampled_from([*frames(*MESSAGE), ENQ, EOT, ACK, NAK, b"x"]), max_size=12), st.booleans())
def test_whatever_comes_only_a_receiver_answers_and_only_with_ack_and_nak(listen, chunks, receiver):
    one = new(role="receiver" if receiver else "listen")
    for chunk in chunks:
        listen(one, chunk)
        assert answer(one) in ({ACK, NAK, None} if receiver else {None})


def test_an_analyser_on_a_port_delivers_everything_and_hears_ack_alone(tmp_path):
    records, delivered = iter([*frames(*MESSAGE), EOT]), threading.Event()

    def analyse(_heard):
        record = next(records)
        if record == EOT:
            delivered.set()
        return record

    with asked(tmp_path, "serial.astm", analyse, {**SETTINGS, "role": "receiver"}, ENQ) as (intake, analyser):
        assert delivered.wait(5)
        assert said(intake) == {"spo2": 97, "body_temp": 37.2, "technical_alarm": ""}
        assert analyser.sent == ACK * 7


def test_a_tap_on_a_port_sends_nothing(tmp_path):
    with asked(tmp_path, "serial.astm", lambda _: b"", SETTINGS, transfer(*MESSAGE)) as (intake, analyser):
        intake.wait(lambda _: "technical_alarm" in said(intake))
    assert analyser.sent == b""


def test_nothing_is_acknowledged_before_it_is_on_disk(tmp_path):
    analyser, intake, clock = Device(tmp_path / "analyser"), Memory(), SystemClock()
    receiver = partial(session, Config(**SETTINGS, role="receiver"), "serial:lab/gas")
    plug = Plug("gas", str(analyser.path), LINE, "serial.astm", receiver, QUERIES)
    port = Port("lab", plug, 100, House(intake, Counters(clock), clock, lambda *_: ""))
    channel = open_channel(plug.address, LINE, comports)
    with closing(analyser), closing(channel):
        port.opened(channel)
        intake.slow = True
        analyser.send(ENQ + frames(HEADER)[0])
        while not intake.waiting:
            port.hear(channel)
        assert port.due() is None
        intake.confirm()
        assert port.due() is not None
        port.ask(channel)
        assert analyser.heard() == ACK
