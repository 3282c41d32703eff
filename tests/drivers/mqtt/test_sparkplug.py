"""Sparkplug B: births, data and deaths in, readings out.

CAPTURED are the messages of an edge node of the library pysparkplug 0.6.1 on a mosquitto, in their order; what it has
no means for (engineering units, qualities) is built from the specification.
"""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.reading import Announcement, Frame, Quality
from drivers.dialects import Dialects, dialect
from tests.drivers.costs import seconds
from tests.drivers.mqtt.conftest import HEARD, Said
from tests.drivers.mqtt.proto import double, float32, number, sized

NODE, OR_2 = "mqtt:spBv1.0/Linden Plant/AHU 3", "mqtt:spBv1.0/Linden Plant/AHU 3/OR 2"
NBIRTH = (
    "08b1b2f1f7a03412200a0e537570706c7920566f6c74616765100118a1b2f1f7a0342009659a994141121f0a0e4f7574646f6f722f74656d70"
    "5f63100218a1b2f1f7a034200250fcff0312330a1850726f706572746965732f4861726477617265204d616b65100318a1b2f1f7a034200c7a"
    "0c52617370626572727920506912120a05626453657118a1b2f1f7a034200458001800"
)
DBIRTH = (
    "08b1b2f1f7a034121e0a0848756d6964697479100b18a1b2f1f7a034200a690000000000c0474012180a0674656d705f63100c18a1b2f1f7a0"
    "34200965c3f5aa4112170a084f63637570696564100d18a1b2f1f7a034200b700112120a03434f32100e18a1b2f1f7a034200638011801"
)
NDATA = "0899baf1f7a034121f0a0e4f7574646f6f722f74656d705f6310021899baf1f7a034200250fbff031802"
DDATA = "089abaf1f7a03412180a0674656d705f63100c189abaf1f7a0342009650000ac411803"
DDEATH = "088ebef1f7a0341804"
NDEATH = "0882c2f1f7a03412120a05626453657118b2b2f1f7a03420045801"
BY_ALIAS = "088ebef1f7a034120e100c188ebef1f7a03465cdccac41120b100d188ebef1f7a03470001804"
"""What the library makes of a DDATA whose metrics have no names: 12 is 21.6, 13 is false."""

BORN = datetime(2026, 11, 24, 19, 15, 48, 641000, tzinfo=UTC)
MS = 1795547748641
INT16, INT32, FLOAT, STRING, BYTES, DATASET, TEMPLATE = 2, 3, 9, 12, 17, 16, 19


@pytest.fixture
def plant():
    """A function: `plant(kind, payload, device="", …)`; a payload is hex, bytes or JSON."""
    decoders = {}

    def hear(kind, payload, device="OR 2", *, kept=False, **settings):
        dialects = decoders.setdefault(str(settings), Dialects([dialect("mqtt.sparkplug", settings)]))
        who = f"AHU 3/{device}" if kind[0] == "D" else "AHU 3"
        topic = f"{'$sparkplug/certificates/' if kept else ''}spBv1.0/Linden Plant/{kind}/{who}"
        raw = bytes.fromhex(payload) if isinstance(payload, str) else payload
        return Said(dialects.decode(Frame("test", topic, raw, HEARD, kept)))

    return hear


def metric(name="", *fields, alias=None, at=MS, unit=None, quality=None, **flags):
    """One metric; `fields` are its datatype and value as they stand on the wire."""
    said = [sized(1, name)] if name else []
    said += [number(2, alias)] if alias is not None else []
    said += [number(3, at)] if at else []
    said += [number({"historical": 5, "transient": 6, "null": 7}[flag], 1) for flag in flags]
    properties = [("engUnit", number(1, STRING) + sized(8, unit))] if unit else []
    properties += [("Quality", number(1, INT32) + number(3, quality))] if quality is not None else []
    if properties:
        keys = b"".join(sized(1, key) for key, _ in properties)
        said.append(sized(9, keys + b"".join(sized(2, value) for _, value in properties)))
    return sized(2, b"".join([*said, *fields]))


def payload(*metrics, seq=0, at=MS):
    return number(1, at) + b"".join(metrics) + (number(3, seq) if seq is not None else b"")


def a_float(value):
    return number(4, FLOAT) + float32(12, value)


# ---------------------------------------------------------------- the captured session


def test_a_session_of_a_real_node_from_birth_to_death(plant):
    born = plant("NBIRTH", NBIRTH)
    assert born.by_device == {NODE: {"available": True, "voltage": 12.1, "temperature": -4}}
    assert born.others == [Announcement(NODE, {"name": "AHU 3", "maker": "Raspberry Pi"}, HEARD)]
    assert {one.at for one in born.readings if one.metric != "available"} == {BORN}

    born = plant("DBIRTH", DBIRTH)
    assert born.by_device == {OR_2: {"available": True, "humidity": 47.5, "temperature": 21.37, "occupancy": True}}
    assert born.others == [Announcement(OR_2, {"name": "OR 2"}, HEARD)]  # and CO2, which is null, is no reading

    assert plant("NDATA", NDATA).by_device == {NODE: {"temperature": -5}}
    assert plant("DDATA", DDATA).by_device == {OR_2: {"temperature": 21.5}}
    assert plant("DDATA", BY_ALIAS).by_device == {OR_2: {"temperature": 21.6, "occupancy": False}}
    assert plant("DDEATH", DDEATH).by_device == {OR_2: {"available": False}}
    assert plant("NDEATH", NDEATH).by_device == {NODE: {"available": False}}


def test_a_node_that_dies_takes_its_devices_with_it(plant):
    plant("NBIRTH", NBIRTH)
    plant("DBIRTH", DBIRTH)
    said = plant("NDEATH", NDEATH)
    assert said.by_device == {NODE: {"available": False}, OR_2: {"available": False}}
    assert said.times == {HEARD}  # its own time is that of the connection, when the will was made


def test_the_specification_s_birth_in_its_json(plant):
    said = plant(
        "NBIRTH",
        b"""{"timestamp": 1486144502122, "metrics": [
        {"name": "bdSeq", "timestamp": 1486144502122, "dataType": "Int64", "value": 0},
        {"name": "Node Control/Rebirth", "timestamp": 1486144502122, "dataType": "Boolean", "value": false},
        {"name": "Properties/Hardware Make", "timestamp": 1486144502122, "dataType": "String", "value": "Raspberry Pi"},
        {"name": "Supply Voltage", "timestamp": 1486144502122, "dataType": "Float", "value": 12.1}], "seq": 0}""",
    )
    assert said.by_device == {NODE: {"available": True, "voltage": 12.1}}
    assert said.readings[-1].at == datetime(2017, 2, 3, 17, 55, 2, 122000, tzinfo=UTC)


# ---------------------------------------------------------------- names, units, values


@pytest.mark.parametrize(
    "one, found",
    [
        (metric("Inputs/Temperature", a_float(68), unit="degF"), {"temperature": 20}),
        (metric("Temperature", a_float(20), unit="°C"), {"temperature": 20}),
        (metric("Temperature", a_float(20)), {}),  # of either kind
        (metric("Temperature", a_float(20), unit="bar"), {}),
        (metric("Setpoints/Temperature", a_float(20), unit="°C"), {}),
        (metric("Pump/Speed", a_float(1450), unit="rpm"), {}),
        (metric("temp_c", number(4, INT16) + number(10, 0xFFF6)), {"temperature": -10}),
        (metric("temp_c", number(4, INT16) + number(10, 2**64 - 10)), {"temperature": -10}),  # some extend the sign
        (metric("temp_c", number(4, 4) + number(11, 2**64 - 10)), {"temperature": -10}),
        (metric("temp_c", number(4, 10) + double(13, 21.5)), {"temperature": 21.5}),
        (metric("temp_c", number(4, STRING) + sized(15, "21.5")), {"temperature": 21.5}),
        (metric("temp_c", number(4, 10) + double(13, float("nan"))), {}),
        (metric("temp_c", number(4, FLOAT), null=True), {}),
        (metric("temp_c", number(4, BYTES) + sized(16, b"\x01")), {}),
        (metric("temp_c", number(4, DATASET) + sized(17, number(1, 1))), {}),
        (metric("temp_c", number(4, TEMPLATE) + sized(18, metric("temp_c", a_float(5)))), {}),
        (metric("temp_c", number(4, 24) + sized(16, b"\x01\0\0\0")), {}),
        (metric("temp_c", a_float(5), transient=True), {}),
        (metric("temp_c", a_float(5), quality=0), {}),
        (metric("Smoke", number(4, 11) + number(14, 1)), {"smoke": True}),
    ],
)
def test_each_metric(plant, one, found):
    plant("NBIRTH", payload())
    assert plant("DBIRTH", payload(one, seq=1)).by_device == {OR_2: {"available": True, **found}}


def test_a_stale_value_is_uncertain(plant):
    said = plant("DBIRTH", payload(metric("temp_c", a_float(5), quality=500)))
    assert {one.quality for one in said.readings if one.metric == "temperature"} == {Quality.UNCERTAIN}


def test_history_has_its_own_time_or_is_none(plant):
    past = MS - 3_600_000
    said = plant("DBIRTH", payload(metric("temp_c", a_float(5), at=past, historical=True)))
    assert [one.at.hour for one in said.readings if one.metric == "temperature"] == [BORN.hour - 1]
    said = plant("DBIRTH", payload(metric("temp_c", a_float(5), at=0, historical=True), at=0, seq=1))
    assert said.by_device == {OR_2: {"available": True}}


def test_several_of_one_quantity_are_told_apart_by_their_folders(plant):
    plant("NBIRTH", payload())
    said = plant(
        "DBIRTH",
        payload(
            metric("Room 1/temp_c", a_float(21)),
            metric("Room 2/temp_c", a_float(22)),
            metric("Room 3/air_temp_c", a_float(23)),
            metric("Room 3/room_temp_c", a_float(24)),
            metric("temp_c", a_float(20)),
            metric("Room 1/Humidity", a_float(40)),
            seq=1,
        ),
    )
    assert said.by_device == {
        OR_2: {"available": True, "temperature": 20, "humidity": 40},
        f"{OR_2}/Room 1": {"temperature": 21},
        f"{OR_2}/Room 2": {"temperature": 22},
        f"{OR_2}/Room 3/air_temp_c": {"temperature": 23},
        f"{OR_2}/Room 3/room_temp_c": {"temperature": 24},
    }


def test_the_site_says_what_its_own_names_mean(plant):
    settings = {
        "mapping": {
            "Linden Plant/AHU 3/OR 2/PDT-17": {"metric": "differential_pressure", "scale": 0.1},
            "PDT-17": {"metric": "voltage"},
        }
    }
    data = payload(metric("PDT-17", number(4, INT16) + number(10, 0xFFAE)))
    assert plant("DDATA", data, **settings).by_device[OR_2] == {"available": True, "differential_pressure": -8.2}
    assert plant("DDATA", data, "OR 3", **settings).values == {"available": True, "voltage": -82}


# ---------------------------------------------------------------- what is missing


def test_messages_that_are_missing_are_counted_and_nothing_else_is_lost(plant):
    plant("NBIRTH", NBIRTH)
    with pytest.raises(BadFrame, match="Linden Plant/AHU 3: 1 missing before") as bad:
        plant("NDATA", NDATA)  # number 2
    assert [one.value for one in bad.value.said] == [-5]
    assert plant("NDATA", NDATA).by_device == {NODE: {"temperature": -5}}  # the same number once more is no gap


def test_after_a_gap_what_has_only_an_alias_is_uncertain_until_the_next_birth(plant):
    """A birth that gave the aliases to others may be among the missing."""

    def quality(said):
        return {one.metric: one.quality for one in said}

    plant("NBIRTH", payload(metric("temp_c", a_float(5), alias=1), metric("Humidity", a_float(40))))
    with pytest.raises(BadFrame) as gap:
        plant("NDATA", payload(metric("", a_float(6), alias=1), metric("Humidity", a_float(41)), seq=7))
    assert quality(gap.value.said) == {"temperature": Quality.UNCERTAIN, "humidity": Quality.GOOD}
    said = plant("NDATA", payload(metric("", a_float(7), alias=1), seq=8))
    assert quality(said.readings) == {"temperature": Quality.UNCERTAIN}
    plant("NBIRTH", payload(metric("temp_c", a_float(5), alias=1)))
    said = plant("NDATA", payload(metric("", a_float(7), alias=1), seq=1))
    assert quality(said.readings) == {"temperature": Quality.GOOD}


def test_numbers_begin_again_after_255(plant):
    plant("NBIRTH", payload(metric("temp_c", a_float(5), alias=1), seq=255))
    said = plant("NDATA", payload(metric("", a_float(6), alias=1), seq=0))
    assert said.values == {"temperature": 6}


def test_aliases_that_no_birth_has_named_are_said_once(plant):
    with pytest.raises(BadFrame, match="Linden Plant/AHU 3/OR 2: 2 values without names"):
        plant("DDATA", BY_ALIAS)
    assert plant("DDATA", BY_ALIAS).items == []
    plant("DBIRTH", payload(metric("temp_c", a_float(5), alias=12), seq=5))
    with pytest.raises(BadFrame, match="1 values without"):  # 13 is still unknown
        plant("DDATA", payload(metric(alias=12), metric(alias=13), seq=6))


def test_who_talks_is_there_though_nobody_heard_its_birth(plant):
    with pytest.raises(BadFrame) as bad:
        plant("DDATA", BY_ALIAS)
    assert {(one.device, one.metric, one.value) for one in bad.value.said} == {
        (NODE, "available", True),
        (OR_2, "available", True),
    }
    assert plant("NDEATH", NDEATH).by_device == {NODE: {"available": False}, OR_2: {"available": False}}


def test_names_alone_are_not_enough_before_the_birth_that_has_the_units(plant):
    with pytest.raises(BadFrame, match="before its next birth"):
        plant("DDATA", payload(metric("Humidity", a_float(40))))


def test_a_birth_ends_the_aliases_of_the_one_before(plant):
    plant("NBIRTH", payload(metric("temp_c", a_float(5), alias=1)))
    plant("DBIRTH", payload(metric("temp_c", a_float(5), alias=2), seq=1))
    plant("NBIRTH", payload(metric("Humidity", a_float(40), alias=1)))
    assert plant("NDATA", payload(metric("", a_float(41), alias=1), seq=1)).by_device == {NODE: {"humidity": 41}}
    with pytest.raises(BadFrame):  # its devices are to be born again
        plant("DDATA", payload(metric("", a_float(6), alias=2), seq=2))


def test_the_will_of_a_session_before_says_nothing(plant):
    def session(seq):
        return metric("bdSeq", number(4, 4) + number(11, seq))

    plant("NBIRTH", payload(session(0)))
    assert plant("NDEATH", payload(session(255), seq=None)).items == []
    assert plant("NDEATH", payload(session(0), seq=None)).values == {"available": False}


def test_births_that_the_broker_keeps_give_names_and_no_news(plant):
    assert plant("NBIRTH", NBIRTH, kept=True).items == []
    assert plant("DBIRTH", DBIRTH, kept=True).items == []
    assert plant("DDATA", BY_ALIAS).by_device[OR_2] == {"available": True, "temperature": 21.6, "occupancy": False}
    plant("NBIRTH", payload(metric("Humidity", a_float(40), alias=2), at=MS + 60_000))
    plant("NBIRTH", NBIRTH, kept=True)  # older than the one that was heard
    assert plant("NDATA", payload(metric("", a_float(41), alias=2), seq=1)).values == {"humidity": 41}


def test_a_birth_that_was_missed_is_known_once_the_broker_gives_what_it_keeps(plant):
    """After the link was away: no gap is said, and nothing is uncertain."""
    plant("NBIRTH", payload(metric("temp_c", a_float(5), alias=1)))
    plant("DBIRTH", payload(metric("temp_c", a_float(5), alias=2), seq=1))
    plant("NBIRTH", payload(metric("Humidity", a_float(40), alias=1), at=MS + 60_000), kept=True)
    said = plant("NDATA", payload(metric("", a_float(41), alias=1), seq=200))
    assert said.by_device == {NODE: {"available": True, "humidity": 41}}
    assert {one.quality for one in said.readings} == {Quality.GOOD}
    with pytest.raises(BadFrame):  # of the session before
        plant("DDATA", payload(metric("", a_float(6), alias=2), seq=201))


# ---------------------------------------------------------------- what is not read


def test_what_is_subscribed_to():
    claims = dialect("mqtt.sparkplug", {"groups": ["Linden Plant"]}).claims
    assert claims[:2] == (
        "$sparkplug/certificates/spBv1.0/Linden Plant/NBIRTH/+",
        "$sparkplug/certificates/spBv1.0/Linden Plant/DBIRTH/+/+",
    )
    assert len(claims) == 8
    assert not any("CMD" in one or "STATE" in one for one in claims)


@pytest.mark.parametrize(
    "raw",
    [b"\xff", b"{", b"[]", bytes.fromhex(NBIRTH)[:-9], sized(4, "SPBV1.0_COMPRESSED") + sized(5, b"x"), b"\x0a\x01a"],
)
def test_what_is_no_payload(plant, raw):
    with pytest.raises(BadFrame):
        plant("NBIRTH", raw)


@pytest.mark.parametrize(
    "raw",
    [
        sized(2, b"") * 32_000,
        metric("temp_c", a_float(5), alias=1) * 2_000,
        b"".join(metric(f"{n}/temp_c", a_float(5), alias=n, at=0, unit="C") for n in range(1_300)),
        sized(2, sized(9, sized(1, b"") * 16_000 + sized(2, b"") * 16_000)),
        b'{"metrics":[' + b"{}," * 21_000 + b"{}]}",
        b'{"metrics":' + b"[" * 64_000,
    ],
    ids=["empty metrics", "the same metric", "metrics", "properties", "json", "depth"],
)
def test_a_birth_of_64_kb_takes_no_time(plant, raw):
    assert seconds(plant, "NBIRTH", raw) < 0.8
