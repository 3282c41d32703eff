"""GE S/5 record interface: records built as the document has them, in; readings and one request out."""

import struct

import pytest

from collector.reading import Announcement
from drivers.codecs.framer import Framer
from drivers.serial.datex_dri import FORM, Config, Request, session
from tests.drivers.serial.bench import asked, said
from tests.drivers.serial.conftest import NOW

VALUES = {"hr": (6, 72), "nibp": (78, 12050), "dia": (80, 7525), "t1": (92, 3710), "spo2": (124, 9700), "pr": (126, 71)}
GAS = {
    "et": (138, 512),
    "rr": (142, 12),
    "fio2": (154, 4000),
    "ppeak": (186, 2000),
    "tv": (194, 4505),
    "mv": (198, 541),
}
NO_DATA, NOT_UPDATED, UNDER_RANGE, LIMIT = -32767, -32766, -32764, -32001


def record(values, kind=0, subrecord=1):
    basic = bytearray(struct.pack("<h", NO_DATA) * 135)
    for place, value in values.values():
        basic[place : place + 2] = struct.pack("<h", value)
    data = struct.pack("<I", 1795502520) + bytes(basic) + bytes(4)
    subrecords = struct.pack("<hB", 0, subrecord) + struct.pack("<hB", 0, 0xFF) + bytes(18)
    header = struct.pack("<hBBHIBBHh", 40 + len(data), 7, 6, 0x7E7D, 1795502520, 0, 0, 0, kind) + subrecords
    return FORM.framed(header + data + bytes([sum(header + data) & 255]))


def new(**settings):
    return session(Config(**settings), "serial:ward/s5")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_displayed_values(listen):
    readings, bad = listen(new(), record(VALUES))
    assert not bad
    assert values(readings) == {
        "heart_rate": 72,
        "nibp_sys": 120.5,
        "nibp_dia": 75.25,
        "body_temp": 37.1,
        "spo2": 97,
        "pulse_rate": 71,
    }


def test_gas_and_ventilation_in_the_units_of_the_metrics(listen):
    assert values(listen(new(), record(GAS))[0]) == {
        "etco2": 5.12,
        "resp_rate": 12,
        "fio2": 40,
        "airway_pressure_peak": 20,
        "tidal_volume_expired": 450.5,
        "minute_volume_expired": 5.41,
    }


@pytest.mark.parametrize("marker", [NO_DATA, NOT_UPDATED, UNDER_RANGE, LIMIT])
def test_markers_give_no_reading(listen, marker):
    assert listen(new(), record({"hr": (6, marker)})) == ([], [])


def test_without_co2_the_respiratory_rate_is_the_electrodes(listen):
    assert values(listen(new(), record({"imp_rr": (14, 15)}))[0]) == {"resp_rate": 15}


def test_the_monitor_is_announced_once():
    one = new()
    assert [type(each) for each in one.receive(record(VALUES) * 2, NOW)].count(Announcement) == 1


@pytest.mark.parametrize("other", [{"kind": 1}, {"kind": 4}, {"subrecord": 2}])
def test_waves_alarms_and_trends_are_nobodys(listen, other):
    assert listen(new(), record(VALUES, **other)) == ([], [])


def test_a_changed_byte_and_a_cut_record(listen):
    whole = record(VALUES)
    place = whole.index(struct.pack("<h", 9700))
    readings, bad = listen(new(), whole[:place] + b"\x01" + whole[place + 1 :] + whole[:60] + whole)
    assert bad
    assert values(readings)["spo2"] == 97
    assert "values" in str(listen(new(), FORM.framed(bytes(18) + b"\x01" + bytes(31) + b"\x01"))[1][0])
    assert "header" in str(listen(new(), FORM.framed(bytes(21)))[1][0])


def test_the_request_is_for_displayed_values_and_nothing_else():
    query = new(every_s=20).next(NOW)
    assert isinstance(query, Request)
    [(_, plain)] = list(Framer(FORM).feed(query.data))
    assert len(plain) == 50
    assert struct.unpack("<h", plain[14:16]) == (0,)
    assert struct.unpack("<hBhB", plain[16:22]) == (0, 0, 0, 0xFF)
    assert struct.unpack("<BhIh", plain[40:49]) == (1, 20, 0, 0)


def test_it_asks_again_only_when_nothing_comes(listen):
    one = new(every_s=10)
    assert one.next(NOW) is not None
    listen(one, record(VALUES), NOW)
    assert one.next(NOW) is None
    assert one.next(one.due()) is not None


def test_a_monitor_on_a_port_is_sent_the_request_alone(tmp_path):
    request = new().next(NOW).data
    with asked(tmp_path, "serial.datex_dri", {request: record(VALUES)}.get) as (intake, monitor):
        intake.wait(lambda _: said(intake).get("spo2") == 97)
    assert monitor.sent == request
