"""IntelliVue data export: messages built as the guide has them, in; readings, polls and answers out."""

import struct
from datetime import timedelta

import pytest

from collector.metrics import is_vital
from collector.reading import Announcement, Quality
from drivers.codecs.checksums import crc16_x25
from drivers.codecs.framer import Framer
from drivers.serial.intellivue import ASSOCIATE, FORM, Associate, Config, Created, Poll, session
from tests.drivers.serial.bench import asked, said
from tests.drivers.serial.conftest import NOW

PUBLISHED_ASSOCIATION = bytes.fromhex(
    "0dec 0508130100160102800014020002 c1dc 3180a08080010100 00a280a003000001a480 3080020101060452010001"
    "3080060251010000 0000 3080020102060c2a8648ce1402010000000101 3080060c2a8648ce1402010000000201 000000000000"
    "61803080020101a0806080a180060c2a8648ce1402010000000301 0000be802880060c2a8648ce1402010000000101 020102 8148"
    "80000000 40000000 00000000 80000000 20000000 00000000 0001002c 00010028 80000000 000009c4 000009c4 000003e8"
    "ffffffff 60000000 0001000c f0010008 8c000000 00000000" + "00" * 16
)
NUMERIC, ALERTS, MONITOR = 0x06, 0x36, 0x21
PERCENT, RATE, MMHG = 544, 2720, 3872


def framed(body):
    plain = b"\x11\x01" + struct.pack(">H", len(body)) + body
    return FORM.framed(plain + crc16_x25(plain).to_bytes(2, "little"))


def counted(*elements):
    inside = b"".join(elements)
    return struct.pack(">HH", len(elements), len(inside)) + inside


def attribute(what, value):
    return struct.pack(">HH", what, len(value)) + value


def label(text):
    return struct.pack(">H", len(text)) + text.encode()


def value(what, unit, raw, state=0):
    return struct.pack(">HHHI", what, state, unit, raw)


def command(kind, invoke, number, argument, linked=b""):
    inside = struct.pack(">HHH", invoke, number, len(argument)) + argument
    return framed(b"\xe1\x00\x00\x02" + struct.pack(">HH", kind, len(linked + inside)) + linked + inside)


def polled(kind, *attributes, apdu=2, linked=b""):
    observed = struct.pack(">H", 5) + counted(*attributes)
    reply = bytes(2 + 4 + 8) + struct.pack(">HHH", 1, kind, 0) + counted(struct.pack(">H", 0) + counted(observed))
    return command(apdu, 1, 7, bytes.fromhex("002100000000 0c16") + struct.pack(">H", len(reply)) + reply, linked)


def numerics(*values):
    return polled(NUMERIC, *(attribute(0x0950, each) for each in values))


def alarm(text, kind=516):
    words = (text + "\0").encode("utf-16-be")
    info = bytes(10) + struct.pack(">H", len(words)) + words
    return bytes(14) + struct.pack(">HH", kind, len(info)) + info


MODEL = attribute(0x0928, label("Philips") + label("M8004A"))
PRODUCT = attribute(
    0x092D, counted(bytes.fromhex("00010000") + label("DE123"), bytes.fromhex("00040000") + label("H.15"))
)
ASSOCIATED = framed(b"\x0e\x00")
WHO = bytes(6) + counted(MODEL)
CREATE = command(1, 3, 1, bytes.fromhex("002100000000 00000000 0d06") + struct.pack(">H", len(WHO)) + WHO)
CREATED = command(2, 3, 1, bytes.fromhex("002100000000 00000000 0d06 0000"))
VITALS = numerics(value(16770, RATE, 72), value(19384, PERCENT, 0xFF0003CA), value(18466, RATE, 71))
NO_ALARMS = polled(ALERTS, attribute(0x0904, counted()))


def new(**settings):
    return session(Config(**settings), "serial:icu/mp50")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_the_association_request_is_the_published_one():
    [(_, plain)] = list(Framer(FORM).feed(ASSOCIATE.data))
    assert plain[4:-2] == PUBLISHED_ASSOCIATION


def test_numerics_alone_and_in_a_compound(listen):
    readings, bad = listen(new(), VITALS)
    assert not bad
    assert values(readings) == {"heart_rate": 72, "spo2": 97, "pulse_rate": 71}
    pressures = counted(value(18949, MMHG, 120), value(18950, MMHG, 80), value(18951, MMHG, 93))
    assert values(listen(new(), polled(NUMERIC, attribute(0x094B, pressures)))[0]) == {
        "nibp_sys": 120,
        "nibp_dia": 80,
        "nibp_mean": 93,
    }


def test_a_linked_result_is_read_and_the_last_one_answers_the_poll(listen):
    linked = polled(NUMERIC, attribute(0x0950, value(16770, RATE, 72)), apdu=5, linked=b"\x01\x01")
    assert values(listen(new(), linked)[0]) == {"heart_rate": 72}


def test_end_tidal_co2_in_percent_and_in_mmhg(listen):
    assert values(listen(new(), numerics(value(20636, 544, 5)))[0]) == {"etco2": 5}
    assert values(listen(new(), numerics(value(20636, MMHG, 38)))[0]) == {"etco2_pressure": 38}


@pytest.mark.parametrize("raw", [0x007FFFFF, 0x00800000, 0x007FFFFE, 0x00800002])
def test_what_is_no_number_gives_no_reading(listen, raw):
    assert listen(new(), numerics(value(16770, RATE, raw))) == ([], [])


@pytest.mark.parametrize("state", [0x8000, 0x2000, 0x1000, 0x0800, 0x0400])
def test_invalid_unavailable_calibrating_test_and_demo_give_no_reading(listen, state):
    assert listen(new(), numerics(value(16770, RATE, 72, state))) == ([], [])


def test_questionable_is_uncertain_and_another_unit_none(listen):
    [one] = listen(new(), numerics(value(16770, RATE, 72, 0x4000), value(19384, MMHG, 38), value(1, RATE, 7)))[0]
    assert (one.metric, one.quality) == ("heart_rate", Quality.UNCERTAIN)


def test_alarms_in_words_those_of_the_monitor_apart_from_those_about_the_patient(listen):
    lists = attribute(0x0904, counted(alarm("ECG LEADS OFF"), alarm("BATT LOW"), alarm("", 513)))
    patient = attribute(0x0902, counted(alarm("***ASYSTOLE")))
    assert values(listen(new(), polled(ALERTS, lists, patient))[0]) == {
        "technical_alarm": "ECG LEADS OFF, BATT LOW",
        "patient_alarm": "ASYSTOLE",
    }
    assert values(listen(new(), NO_ALARMS)[0]) == {"technical_alarm": "", "patient_alarm": ""}
    assert is_vital("patient_alarm"), "kept, never judged"


def test_who_it_is():
    one = new()
    [first] = one.receive(CREATE, NOW)
    assert isinstance(first, Announcement)
    assert first.facts == {"kind": "patient monitor", "maker": "Philips", "model": "M8004A"}
    [second] = one.receive(polled(MONITOR, MODEL, PRODUCT), NOW)
    assert second.facts["serial"] == "DE123"
    assert second.facts["firmware"] == "H.15"
    assert one.receive(CREATE, NOW) == []


def test_it_associates_answers_and_polls_what_it_may(listen):
    one = new()
    assert isinstance(one.next(NOW), Associate)
    listen(one, ASSOCIATED + CREATE)
    answer = one.next(NOW)
    assert isinstance(answer, Created)
    assert answer.data == CREATED
    kinds, now = [], NOW
    while len(kinds) < 5:
        now = max(now, one.due())
        if query := one.next(now):
            assert isinstance(query, Poll)
            [(_, plain)] = list(Framer(FORM).feed(query.data))
            kinds.append(plain[-6:-2].hex())
            listen(one, VITALS, now)
    assert kinds == ["00060803", "00360801", "0021080c", "00060803", "00360801"]


@pytest.mark.parametrize("end", [b"\x0c\x00", b"\x19\x00", b"\x0a\x00"])
def test_refused_released_or_aborted_it_associates_again(listen, end):
    one = new(every_s=1.0)
    listen(one, CREATE)
    one.next(NOW)
    listen(one, framed(end))
    assert isinstance(one.next(one.due()), Associate)


def test_a_silent_monitor_is_asked_for_a_new_association(listen):
    one = new(every_s=1.0)
    listen(one, CREATE)
    one.next(NOW)
    later = NOW + timedelta(minutes=1)
    assert isinstance(one.next(later), Associate)


@pytest.mark.parametrize("end", [-1, -9, 30])
def test_what_is_cut_or_changed_gives_no_reading(listen, end):
    plain = FORM.plain(VITALS)[4:-2]
    readings, bad = listen(new(), framed(plain[:end]))
    assert (readings, len(bad)) == ([], 1)
    dirty = VITALS.replace(b"\x03\xca", b"\x03\xcb")
    assert dirty != VITALS
    assert listen(new(), dirty + VITALS)[1]


def test_a_monitor_on_a_port_is_sent_association_answer_and_polls_alone(tmp_path):
    def monitor(heard):
        if heard == ASSOCIATE.data:
            return ASSOCIATED + CREATE
        if heard.startswith(CREATED):
            return VITALS
        return NO_ALARMS

    with asked(tmp_path, "serial.intellivue", monitor) as (intake, far):
        intake.wait(lambda _: {"spo2", "technical_alarm"} <= said(intake).keys())
    assert far.sent.startswith(ASSOCIATE.data + CREATED)
    for _, plain in Framer(FORM).feed(far.sent.removeprefix(ASSOCIATE.data + CREATED)):
        assert plain[8:10] == b"\x00\x01"
        assert plain[-6:-2].hex() in {"00060803", "00360801", "0021080c"}
