"""The stream: deterministic, in order, within the broker's rate, and understood by the real dialects."""

import importlib
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from collector.reading import Announcement, Frame, Reading, Sighting
from wardkeeper.demo.history import history
from wardkeeper.demo.process import ALL_MOST, LIVE_MOST
from wardkeeper.demo.signals import WARM
from wardkeeper.demo.simulator import FIRST_S, Hospital, Pace, events
from wardkeeper.demo.wire import DIALECTS
from wardkeeper.demo.world import build_world

MINUTES = 6


@pytest.fixture(scope="module")
def live(world, morning):
    return list(events(world, morning, morning + timedelta(minutes=MINUTES)))


@pytest.fixture(scope="module")
def past(world, morning):
    return list(history(Hospital(world, morning)))


@pytest.fixture(scope="module")
def decode():
    """The decoder whose claims hold the topic, and what it says."""
    decoders = {}
    for dialect in DIALECTS:
        part = importlib.import_module(f"drivers.{dialect['kind']}")
        config = part.Config.model_validate({key: value for key, value in dialect.items() if key != "kind"})
        for claim in part.claims(config):
            decoders[claim.split("/")[0]] = part.decoder(config)

    def said(event):
        at, topic, payload, retained = event
        return decoders[topic.split("/")[0]].decode(Frame("demo", topic, payload, at, retained))

    return said


def test_the_same_seed_says_the_same(world, morning):
    until = morning + timedelta(minutes=2)
    once = list(events(world, morning, until))
    assert once == list(events(build_world(1), morning, until))
    assert once != list(events(build_world(2), morning, until))


def test_the_stream_is_in_order_and_ends_where_it_is_told(live, morning):
    assert all(one[0] <= other[0] for one, other in pairwise(live))
    assert live[0][0] == morning
    assert live[-1][0] < morning + timedelta(minutes=MINUTES)


def test_it_stays_under_two_hundred_messages_a_second(live, morning):
    a_second = Counter(int((event[0] - morning).total_seconds()) for event in live)
    assert a_second[0] < 1200, "who is there: once, most of it kept by the broker"
    assert max(count for second, count in a_second.items() if 0 < second <= FIRST_S) < 450
    assert max(count for second, count in a_second.items() if second > 60) < 200
    assert len(live) / (MINUTES * 60) < 130


@pytest.mark.parametrize("speed", [1, 5, 10, 20, 60])
def test_a_fast_clock_is_thinned_to_under_a_thousand(world, morning, speed):
    last = morning + timedelta(seconds=25 * speed)
    seconds = (
        int((event[0] - morning).total_seconds() / speed) for event in events(world, morning, last, Pace.at(speed))
    )
    settled = Counter(second for second in seconds if second >= 5)
    assert sum(settled.values()) / 20 <= LIVE_MOST < ALL_MOST < 1000
    assert max(settled.values()) < 1000


def test_everybody_has_spoken_within_ten_seconds(world, live, morning):
    heard = {event[1] for event in live if event[0] < morning + timedelta(seconds=10)}
    silent = [one.topic for one in world.zigbees if f"zigbee2mqtt/{one.topic}" not in heard]
    assert silent == []


def test_every_payload_says_something_to_the_real_dialect(live, past, decode):
    for event in (*live, *past):
        assert decode(event), event


def test_the_devices_that_are_heard_are_the_devices_of_the_world(world, live, decode):
    everyone = (*world.devices, *world.strangers)
    known = {talker.native_id for talker in everyone if talker.dialect != "serial"}  # those talk on their own ports
    items = [item for event in live for item in decode(event)]
    heard = {item.tag if isinstance(item, Sighting) else item.device for item in items}
    assert heard == known
    assert {item.gateway for item in items if isinstance(item, Sighting)} <= known


def test_devices_introduce_themselves_with_model_and_firmware(world, live, decode):
    facts = {}
    for event in live:
        for item in decode(event):
            if isinstance(item, Announcement):
                facts.setdefault(item.device, {}).update(item.facts)
    for talker in world.devices:
        if talker.kind not in {"tag", "bridge"} and talker.dialect != "serial":
            assert facts[talker.native_id]["model"], talker
            assert talker.firmware in facts[talker.native_id]["firmware"], talker


def test_history_is_a_day_with_the_devices_own_time(past, decode, morning):
    assert 25_000 < len(past) <= 32_000
    assert all(one[0] <= other[0] for one, other in pairwise(past))
    for event in past:
        assert not event[3]
        for item in decode(event):
            assert isinstance(item, Reading)
            assert morning - timedelta(days=1, seconds=1) <= item.at < morning
            assert abs((item.at - event[0]).total_seconds()) <= 1


def test_nothing_of_the_past_is_out_of_order(world, past, decode):
    """So that a fresh demo starts without an old alarm: fridges cold, isolation rooms tight, batteries fine."""
    limits = {
        "probe_temperature": (2, 8),
        "temperature": (20, 24),
        "humidity": (20, 60),
        "co2": (0, 1000),
        "air_changes": (4, 100),
        "battery": (35, 100),
    }
    rooms = {talker.native_id: world.room[talker.room].room_type for talker in world.devices if talker.room}
    numbers = {talker.native_id: talker.room for talker in world.devices}
    for event in past:
        for item in decode(event):
            low, high = limits.get(item.metric, (None, None))
            if item.metric == "temperature" and numbers.get(item.device) in WARM:
                assert item.value > 25, "the one room that is out of range, and that no rule judges"
            elif item.metric == "temperature" and rooms.get(item.device) == "sterile_compounding":
                assert item.value <= 20, item
            elif low is not None:
                assert low <= item.value <= high, item
            if item.metric == "differential_pressure" and "4.1" in item.device:
                assert item.value <= -2.5, item


def test_the_nearest_gateway_is_mostly_right(world, live, decode, morning):
    room = {f"mqtt:espresense/{spot.slug}": spot.room for spot in world.gateways}
    stands = {f"ble:{tag.topic}": world.asset[tag.asset] for tag in world.talkers("tag")}
    movement = Hospital(world, morning).movement
    loudest = {}
    for event in live:
        if event[0] < morning + timedelta(seconds=12):
            for item in decode(event):
                if isinstance(item, Sighting):
                    loudest[item.tag] = max(loudest.get(item.tag, (-200, "")), (item.rssi_dbm, item.gateway))
    heard = {tag: room[gateway] for tag, (_, gateway) in loudest.items()}
    assert len(heard) > 0.99 * len(stands)
    right = [room == movement.spot(stands[tag], morning).room for tag, room in heard.items()]
    assert sum(right) / len(right) > 0.7
