"""Access points of Aruba: messages built after Aruba's .proto in, sightings and what our own parts read of the adverts.

The advertisement is Ruuvi's published one of data format 5.
"""

import pytest

from collector.errors import BadFrame
from collector.reading import Announcement, Sighting
from tests.drivers.costs import seconds
from tests.drivers.mqtt.conftest import HEARD
from tests.drivers.mqtt.proto import number, sized

TOPIC = "aruba/iot"
AP, GATEWAY = "20:4C:03:81:E3:A0", "mqtt:aruba/20:4C:03:81:E3:A0"
TAG = "CB:B8:33:4C:88:4F"
RUUVI = bytes.fromhex("0201061bff99040512fc5394c37c0004fffc040cac364200cdcbb8334c884f")
PUBLIC, STATIC, NON_RESOLVABLE, RESOLVABLE = range(4)
FUZZED = {"topics": [TOPIC]}


@pytest.fixture
def heard_by(heard):
    def decode(payload, **settings):
        return heard(TOPIC, payload, topics=["aruba/#"], also=["ble.ruuvi", "ble.ibeacon"], **settings)

    return decode


def raw(address):
    return bytes.fromhex(address.replace(":", ""))


def zigzag(value):
    return value << 1 ^ value >> 31


def advert(data=RUUVI, address=TAG, rssi=-60, kind=STATIC):
    known = [number(5, kind)] if kind is not None else []
    row = [sized(1, raw(address)), number(2, 0), sized(3, data), number(4, zigzag(rssi)), *known]
    return sized(6, b"".join(row))


def message(*rows, version=1, address=AP):
    meta = number(1, version) + sized(2, "a token, which nobody keeps") + number(3, 3)
    reporter = (
        sized(1, "Ward 4 south")
        + sized(2, raw(address))
        + sized(3, "10.0.0.7")
        + sized(5, "AP-515")
        + sized(6, "8.11.2")
    )
    return sized(1, meta) + sized(2, reporter) + b"".join(rows)


def test_an_advertisement_is_read_as_one_that_an_adapter_heard(heard_by):
    said = heard_by(message(advert()))
    assert said.by_device[f"ble:{TAG}"]["temperature"] == 24.3
    assert {one.gateway for one in said.readings} == {GATEWAY}
    assert [(one.tag, one.gateway, one.rssi_dbm) for one in said.others if isinstance(one, Sighting)] == [
        (f"ble:{TAG}", GATEWAY, -60)
    ]


def test_an_access_point_says_who_it_is(heard_by):
    facts = {"name": "Ward 4 south", "model": "AP-515", "firmware": "8.11.2", "maker": "HPE Aruba Networking"}
    said = heard_by(message())
    assert said.items == [Announcement(GATEWAY, {**facts, "kind": "gateway", "address": AP}, HEARD)]


def test_an_ibeacon_is_one_tag_under_whatever_address(heard_by):
    beacon = bytes.fromhex("0201061aff4c0002151de4b189115e45f6b44e50935226997700000000be")
    rows = (advert(beacon, f"4{digit}:78:20:76:BC:24", kind=RESOLVABLE) for digit in "12")
    tags = {one.tag for one in heard_by(message(*rows)).others if isinstance(one, Sighting)}
    assert tags == {"ble:iBeacon:1de4b189-115e-45f6-b44e-509352269977-0-0"}


@pytest.mark.parametrize(
    "kind, seen", [(PUBLIC, True), (STATIC, False), (NON_RESOLVABLE, False), (RESOLVABLE, False), (None, True)]
)
def test_an_address_that_will_change_is_no_tag(heard_by, kind, seen):
    said = heard_by(message(advert(b"", "4C:78:20:76:BC:24", kind=kind)))
    assert any(isinstance(one, Sighting) for one in said.others) is seen


def test_reported_telemetry_gives_sightings_each_at_its_time(heard_by):
    def reported(address, levels, last_seen):
        row = sized(1, raw(address)) + number(7, last_seen) + sized(10, levels) + sized(14, number(2, 80))
        return sized(3, row)

    said = heard_by(
        message(
            reported(TAG, number(1, zigzag(-71)) + number(2, zigzag(-75)), 1795547748),
            reported("CB:B8:33:4C:88:50", number(2, zigzag(-80)), 1795547743),
        )
    )
    levels = {one.tag: (one.rssi_dbm, (HEARD - one.received).seconds) for one in said.others[1:]}
    assert levels == {f"ble:{TAG}": (-71, 0), "ble:CB:B8:33:4C:88:50": (-80, 5)}
    assert said.readings == []


def test_a_bad_advertisement_takes_no_other_with_it(heard_by):
    with pytest.raises(BadFrame, match=r"CB:B8:33:4C:88:50: An element of 9 bytes") as bad:
        heard_by(message(advert(b"\x09\xff\x99", "CB:B8:33:4C:88:50"), advert()))
    tags = {one.tag for one in bad.value.said if isinstance(one, Sighting)}
    assert tags == {f"ble:{TAG}", "ble:CB:B8:33:4C:88:50"}


@pytest.mark.parametrize(
    "payload", [message(version=2), sized(2, sized(2, raw(AP))), b'{"meta":{"version":1}}', message()[:-1], b"\xff"]
)
def test_what_is_no_message_of_an_access_point(heard_by, payload):
    with pytest.raises(BadFrame):
        heard_by(payload)


def test_without_an_address_nobody_knows_where(heard_by):
    assert heard_by(message(advert(), address="20:4C")).items == []
    assert heard_by(b"").items == []


def test_without_topics_nothing_is_subscribed_to(heard):
    assert not heard.claimed(TOPIC)


@pytest.mark.parametrize(
    "rows",
    [[advert()] * 1_100, [sized(6, b"")] * 32_000, [advert(b"\x01\x09" * 15_000)]],
    ids=["adverts", "rows", "elements"],
)
def test_64_kb_take_no_time(heard_by, rows):
    assert seconds(heard_by, message(*rows)) < 0.8
