"""ChirpStack: events of its documentation in, readings out; as JSON and as protobuf, of version 4 and 3.

The protobuf is what ChirpStack's own Python library (chirpstack-api 4.20 and 3.12) makes of the same events.
"""

import json
from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.reading import Announcement
from tests.drivers.costs import seconds
from tests.drivers.mqtt.conftest import HEARD
from tests.drivers.mqtt.proto import double, number, sized

EUI = "0101010101010101"
DEVICE = f"lorawan:{EUI}"
APPLICATION, APPLICATION_3 = "17c82e96-be03-4f38-aef3-f83d48582d97", "123"
AT = datetime(2022, 7, 18, 9, 34, 15, 775000, tzinfo=UTC)
INFO = {"deviceProfileName": "Test device-profile", "deviceName": "Test device", "devEui": EUI}
UP = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2022-07-18T09:34:15.775023242+00:00",
    "deviceInfo": INFO,
    "devAddr": "00189440",
    "fPort": 1,
    "data": "qg==",
    "rxInfo": [
        {"gatewayId": "0016c001f153a14c", "rssi": -96, "snr": -2.5},
        {"gatewayId": "0016c001f153a14d", "rssi": -36, "snr": 10.5},
    ],
}
RADIO = {"signal": -36, "snr": 10.5}
WHO = Announcement(DEVICE, {"name": "Test device", "model": "Test device-profile", "address": EUI}, HEARD)

UP_4 = (
    "0a2433616337653363342d343430312d346238642d393338362d613563393032663932303264120c0897d2d49606108ad5c7f1021a52120a43"
    "68697270537461636b221054657374206170706c69636174696f6e321354657374206465766963652d70726f66696c653a0b54657374206465"
    "7669636542103031303130313031303130313031303122083030313839343430300140015201aa5a83010a1b0a04646f6f7212132a110a0f0a"
    "09646f6f725f6f70656e120220010a150a0868756d696469747912091100000000008047400a0a0a046e6f7465120208000a270a1174656d70"
    "6572617475726553656e736f7212122a100a0e0a013312091100000000000011400a180a0b74656d7065726174757265120911000000000080"
    "354062280a103030313663303031663135336131346310cfdeefda0f30a0ffffffffffffffff013d000020c062220a10303031366330303166"
    "3135336131346430dcffffffffffffffff013d000028416a0608e0cabb9d03"
)
STATUS_4 = (
    "0a2462663261393734362d316338622d343962652d613932652d663062383963383533346534120c08cad2d49606109e908eba031a52120a43"
    "68697270537461636b221054657374206170706c69636174696f6e321354657374206465766963652d70726f66696c653a0b54657374206465"
    "7669636542103031303130313031303130313031303128fdffffffffffffffff01459a99b042"
)
POWERED_4 = (
    "0a2462663261393734362d316338622d343962652d613932652d663062383963383533346534120c08cad2d49606109e908eba031a52120a43"
    "68697270537461636b221054657374206170706c69636174696f6e321354657374206465766963652d70726f66696c653a0b54657374206465"
    "766963654210303130313031303130313031303130313001"
)
LOG_4 = (
    "0a0c08edd4d49606108d9abf94011252120a4368697270537461636b221054657374206170706c69636174696f6e3213546573742064657669"
    "63652d70726f66696c653a0b5465737420646576696365421030313031303130313031303130313031180220062a1e4d4943206f66206a6f69"
    "6e2d7265717565737420697320696e76616c6964"
)
UP_3 = (
    "087b121274656d70657261747572652d73656e736f721a0d67617264656e2d73656e736f72220801010101010101012a2c0a08030303030303"
    "0303120c08c5cbe1c10510d4a38d8d0128c7ffffffffffffffff01310000000000002440320608a0cff89d034005480a50055a010162387b22"
    "74656d706572617475726553656e736f72223a7b2231223a32357d2c2268756d696469747953656e736f72223a7b2231223a33327d7d6a0c0a"
    "036b6579120576616c756582010608c6cbe1c10592010770726f66696c65"
)
STATUS_3 = (
    "087b121274656d70657261747572652d73656e736f721a0d67617264656e2d73656e736f722208010101010101010128064500009742"
)


@pytest.fixture
def event(heard):
    """A function: `event(kind, payload, application=…, **settings)`; bytes are protobuf."""

    def decode(kind, payload, application=APPLICATION, eui=EUI, **settings):
        return heard(f"application/{application}/device/{eui}/event/{kind}", payload, **settings)

    return decode


def with_object(said):
    return UP | {"object": said}


# ---------------------------------------------------------------- the documented events


def test_an_uplink_says_how_it_was_heard_and_what_its_codec_made_of_it(event):
    said = event("up", with_object({"temperature": 21.5, "humidity": 47}))
    assert said.by_device == {DEVICE: {**RADIO, "temperature": 21.5, "humidity": 47}}
    assert said.times == {AT}
    assert said.others == [WHO]


def test_an_uplink_without_a_codec_says_how_it_was_heard(event):
    assert event("up", UP).by_device == {DEVICE: RADIO}


def test_an_event_that_comes_twice_says_the_same_at_the_same_time(event):
    twice = [event("up", with_object({"temperature": 21.5})).readings for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize(
    "more, values",
    [
        ({"margin": 10, "batteryLevel": 88.3}, {"link_margin": 10, "battery": 88.3}),
        ({"margin": -3, "externalPowerSource": True}, {"link_margin": -3, "mains": True}),
        ({"batteryLevelUnavailable": True, "batteryLevel": 0}, {"link_margin": 0}),
    ],
)
def test_a_status(event, more, values):
    said = event("status", {"time": "2022-07-18T09:34:15.775+00:00", "deviceInfo": INFO, **more})
    assert said.by_device == {DEVICE: values}
    assert said.times == {AT}


@pytest.mark.parametrize("kind", ["join", "ack", "log"])
def test_other_events_say_who_it_is(event, kind):
    assert event(kind, {"deviceInfo": INFO, "acknowledged": True, "level": "ERROR"}).items == [WHO]


def test_what_goes_down_is_not_subscribed_to(heard):
    topic = f"application/{APPLICATION}/device/{EUI}/"
    assert heard.claimed(f"{topic}event/up")
    assert not any(heard.claimed(topic + last) for last in ("event/txack", "command/down"))


def test_version_3(event):
    said = {
        "applicationID": "123",
        "deviceName": "garden-sensor",
        "devEUI": "AQEBAQEBAQE=",
        "rxInfo": [
            {"gatewayID": "AwMDAwMDAwM=", "time": "2016-11-25T16:24:37.295915988Z", "rssi": -57, "loRaSNR": 10},
        ],
        "fPort": 5,
        "object": {"temperatureSensor": {"1": 25}, "humiditySensor": {"1": 32}},
        "tags": {"key": "value"},
    }
    found = {DEVICE: {"signal": -57, "snr": 10, "temperature": 25, "humidity": 32}}
    up = event("up", said, APPLICATION_3)
    assert up.by_device == found
    assert up.times == {datetime(2016, 11, 25, 16, 24, 37, 295000, tzinfo=UTC)}
    assert up.others == [Announcement(DEVICE, {"name": "garden-sensor", "address": EUI}, HEARD)]
    as_text = {**said, "objectJSON": json.dumps(said.pop("object"))}  # the marshaler `json`
    assert event("up", as_text, APPLICATION_3).by_device == found


# ---------------------------------------------------------------- protobuf


def test_protobuf_of_version_4(event):
    up = event("up", bytes.fromhex(UP_4))
    assert up.by_device == {
        DEVICE: {**RADIO, "door_open": True, "humidity": 47, "temperature": 21.5},
        f"{DEVICE}/temperatureSensor": {"temperature": 4.25},
    }
    assert up.times == {AT}
    assert up.others == [WHO]
    assert event("status", bytes.fromhex(STATUS_4)).values == {"link_margin": -3, "battery": 88.3}
    assert event("status", bytes.fromhex(POWERED_4)).values == {"link_margin": 0, "mains": True}
    assert event("log", bytes.fromhex(LOG_4)).items == [WHO]


def test_protobuf_of_version_3(event):
    up = event("up", bytes.fromhex(UP_3), APPLICATION_3)
    assert up.values == {"signal": -57, "snr": 10, "temperature": 25, "humidity": 32}
    assert up.times == {datetime(2016, 11, 25, 16, 24, 37, 295000, tzinfo=UTC)}
    assert up.others == [Announcement(DEVICE, {"name": "garden-sensor", "model": "profile", "address": EUI}, HEARD)]
    published = sized(10, number(1, 1480091078) + number(2, 0))
    status = event("status", bytes.fromhex(STATUS_3) + published, APPLICATION_3)
    assert status.values == {"link_margin": 6, "battery": 75.5}
    assert status.times == {datetime(2016, 11, 25, 16, 24, 38, tzinfo=UTC)}
    assert status.others == [Announcement(DEVICE, {"name": "garden-sensor", "address": EUI}, HEARD)]


# ---------------------------------------------------------------- objects of codecs


@pytest.mark.parametrize(
    "said, found",
    [
        ({"TempC_SHT": "4.25", "Hum_SHT": "60.1"}, {"temperature": 4.25, "humidity": 60.1}),
        ({"BatV": 3.05, "TempC_DS": 4}, {"battery_voltage": 3.05}),
        ({"battery": 98, "temperature": -79.9}, {"battery": 98, "temperature": -79.9}),
        ({"battery": 3.6}, {}),
        ({"temperature": {"value": 68, "unit": "°F"}}, {"temperature": 20}),
        ({"temp_c": 20, "temp_f": 68}, {"temperature": 20}),
        ({"limits": {"temperature": 8}, "temperature_alarm": 1}, {}),
        ({"history": [{"temperature": 4}], "temperature": None}, {}),
        ({"pressure": 1013, "err": "x", "temperature": "--"}, {}),
        ({"a": {"b": {"c": {"d": {"temperature": 1}}}}}, {}),
    ],
)
def test_an_object(event, said, found):
    assert event("up", with_object(said)).values == RADIO | found


def test_several_channels_are_told_apart(event):
    said = event("up", with_object({"temperatureSensor": {"1": 4, "2": -20}, "humiditySensor": {"3": 40}}))
    assert said.by_device == {
        DEVICE: RADIO | {"humidity": 40},
        f"{DEVICE}/temperatureSensor.1": {"temperature": 4},
        f"{DEVICE}/temperatureSensor.2": {"temperature": -20},
    }


def test_the_site_says_what_its_codecs_mean_and_may_say_it_by_profile(event):
    mapping = {
        "TempC_DS": {"metric": "probe_temperature"},
        "Test device-profile/vdd": {"metric": "battery_voltage", "scale": 0.001},
        "vdd": {"metric": "voltage"},
    }
    said = event("up", with_object({"TempC_DS": 4.5, "vdd": 3600}), mapping=mapping)
    assert said.values == RADIO | {"probe_temperature": 4.5, "battery_voltage": 3.6}


# ---------------------------------------------------------------- what is none


@pytest.mark.parametrize("eui", ["x", "01010101010101", "0101010101010101ff"])
def test_who_has_no_eui_says_nothing(event, eui):
    assert event("up", with_object({"temperature": 21.5}), eui=eui).items == []


@pytest.mark.parametrize("raw", [b"{", b"\xff\xff", bytes.fromhex(UP_4)[:-30], b"\x1a\x02\x0b\x0c"])
def test_what_is_no_event(event, raw):
    with pytest.raises(BadFrame):
        event("up", raw)


def nested(size):
    data = sized(4, b"")
    while len(data) < size:
        data = sized(1, sized(1, "a") + sized(2, sized(5, data)))
    return sized(11, data)


@pytest.mark.parametrize(
    "raw",
    [
        nested(64_000),
        sized(11, b"".join(sized(1, sized(1, f"{n} temp") + sized(2, double(2, n))) for n in range(2_500))),
        sized(12, b"") * 32_000,
        json.dumps(with_object({f"{n}": {"temperature": n} for n in range(2_500)})).encode(),
        b'{"object":' + b'{"a":' * 12_000,
    ],
    ids=["depth", "fields", "gateways", "channels", "braces"],
)
def test_64_kb_take_no_time(event, raw):
    assert seconds(event, "up", raw) < 0.8
