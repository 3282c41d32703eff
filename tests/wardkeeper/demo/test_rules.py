"""The demo's rules on the demo's own stream: every scene becomes its alarms in time and ends; nothing else does."""

import heapq
import importlib
from datetime import timedelta
from itertools import dropwhile, takewhile

import pytest

from collector.reading import Frame, Reading
from service_desk.alarms.judge import Judge
from service_desk.ports import Subject
from service_desk.rulebook import built
from service_desk.rules_yaml import read
from wardkeeper.demo.history import history
from wardkeeper.demo.hospital import RULES
from wardkeeper.demo.programme import Programme
from wardkeeper.demo.scene import scenes
from wardkeeper.demo.simulator import Hospital
from wardkeeper.demo.wire import DIALECTS

MINUTES = 14

PLAYED = {
    "door_propped_open": ("4.12 is at", "The door of 4.12"),
    "fan_belt_slips": ("Air handler 3 runs", "4.01 gets", "4.02 gets", "4.03 gets", "4.04 gets", "4.05 gets"),
    "humidifier_fails": ("2.08 is at 18",),
    "warm_fridge": ("Fridge F-05 in 3.15 is at 8.", "Fridge F-05 in 3.15 has drawn no power"),
    "pump_battery": ("Pump 117 in 4.15 has 2",),
    "silent_gateway": ("Gateway 4-08 in 4.19 is down",),
    "talking_oximeter": (),
    "nearest_pump": (),
}
"""What each scene raises, as the titles of its alarms begin."""


def subjects(world):
    """Whom each device is about, as the registry would say."""
    found = {}
    for talker in world.devices:
        thing = world.asset.get(talker.asset)
        room = world.room[talker.room or thing.stands]
        found[talker.native_id] = Subject(
            talker.native_id,
            talker.name,
            asset=thing.name if thing else "",
            category=thing.category if thing else "",
            use=thing.use if thing else "",
            room=room.number,
            room_type=room.room_type,
            gateway=talker.kind == "gateway",
        )
    return found


def readings(stream):
    decoders = {}
    for dialect in DIALECTS[:3]:
        part = importlib.import_module(f"drivers.{dialect['kind']}")
        config = part.Config.model_validate({key: value for key, value in dialect.items() if key != "kind"})
        for claim in part.claims(config):
            decoders[claim.split("/")[0]] = part.decoder(config)
    for at, topic, payload, _ in stream:
        decoder = decoders.get(topic.split("/")[0])
        for item in decoder.decode(Frame("demo", topic, payload, at)) if decoder and payload else ():
            if isinstance(item, Reading):
                yield item


def verdicts(world, stream, begin):
    """Every verdict of a stream: (seconds since `begin`, raised, title)."""
    rules = dict(enumerate(built(draft) for draft in read(RULES.read_text(encoding="utf-8"))))
    known = subjects(world)
    judge = Judge(rules, lambda device, _at: known.get(device) or Subject(device))
    for _, rule, subject, verdict, _ in judge.hear(readings(stream)):
        yield (verdict.at - begin).total_seconds(), verdict.raised, rule.title(subject, verdict)


def live(hospital, begin, until, slugs=()):
    """What the devices, and the gateways of these names, say from `begin` to `until`."""
    gateways = [hospital._gateway(nth) for nth, spot in enumerate(hospital.world.gateways) if spot.slug in slugs]
    said = heapq.merge(*hospital.devices(), *gateways, key=lambda event: event[0])
    return dropwhile(lambda event: event[0] < begin, takewhile(lambda event: event[0] < until, said))


@pytest.fixture(scope="module")
def told(world, morning):
    """A day of history and the live stream behind it, in which nobody plays a scene."""
    hospital = Hospital(world, morning)
    stream = (*history(hospital), *live(hospital, morning, morning + timedelta(minutes=MINUTES)))
    return list(verdicts(world, stream, morning))


def test_the_first_alarm_comes_within_a_minute_by_itself_and_is_the_fridge(told):
    second, raised, title = told[0]
    assert raised
    assert second < 75
    assert title.startswith("Fridge F-07 in 4.18 is at 8.")


def test_nothing_else_raises_while_nobody_plays_and_the_fridge_is_repaired(told):
    assert [title for _, up, title in told if up and not title.startswith("Fridge F-07")] == []
    assert sum(up for _, up, _ in told) == sum(not up for _, up, _ in told) == 2


@pytest.mark.parametrize("scene", scenes().values(), ids=scenes())
def test_a_scene_raises_what_it_tells_of_within_80_seconds_once_and_is_put_back(world, morning, scene):
    start = morning - timedelta(minutes=20)  # the fridge of the start is over
    programme = Programme(start)
    programme.play(scene.name, scene.targets[0] if scene.targets else "P-001", morning)
    programme.end(morning + timedelta(seconds=100))
    hospital = Hospital(world, start, programme=programme)
    found = list(verdicts(world, live(hospital, morning, morning + timedelta(minutes=5), scene.targets), morning))
    raised = [(second, title) for second, up, title in found if up]
    assert len(raised) == len(PLAYED[scene.name]), raised
    for beginning in PLAYED[scene.name]:
        assert [second for second, title in raised if title.startswith(beginning) and second < 80], (beginning, raised)
    assert not raised or raised[0][0] < 60
    assert sum(not up for _, up, _ in found) == len(raised)
