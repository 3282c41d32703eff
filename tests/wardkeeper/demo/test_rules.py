"""The demo's rules on the demo's own stream: every story becomes an alarm in time and ends; nothing else does."""

import heapq
import importlib
from datetime import timedelta
from itertools import takewhile

import pytest

from collector.reading import Frame, Reading
from service_desk.ports import Facts, Subject
from service_desk.rulebook import built
from service_desk.rules_yaml import read
from wardkeeper.demo.history import history
from wardkeeper.demo.hospital import RULES
from wardkeeper.demo.simulator import Hospital
from wardkeeper.demo.wire import DIALECTS

MINUTES = 22


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
        )
    return found


def readings(stream):
    decoders = {}
    for dialect in DIALECTS[:2]:
        part = importlib.import_module(f"drivers.{dialect['kind']}")
        config = part.Config.model_validate({key: value for key, value in dialect.items() if key != "kind"})
        for claim in part.claims(config):
            decoders[claim.split("/")[0]] = part.decoder(config)
    for at, topic, payload, retained in stream:
        decoder = decoders.get(topic.split("/")[0])
        for item in decoder.decode(Frame("demo", topic, payload, at, retained)) if decoder else ():
            if isinstance(item, Reading):
                yield item


@pytest.fixture(scope="module")
def told(world, morning):
    """Every verdict of a day of history and the live stream behind it: (minutes since the start, raised, title)."""
    rules = [built(draft) for draft in read(RULES.read_text(encoding="utf-8"))]
    known = subjects(world)
    hospital, until = Hospital(world, morning), morning + timedelta(minutes=MINUTES)
    live = takewhile(lambda event: event[0] < until, heapq.merge(*hospital.devices(), key=lambda event: event[0]))
    found, states = [], {}
    for reading in readings(heapq.merge(history(hospital), live, key=lambda event: event[0])):
        subject = known.get(reading.device, Subject(reading.device))
        for rule in rules:
            if rule.metric == reading.metric and rule.concerns(subject):
                key = (id(rule), reading.device)
                state, verdict = rule.judge(states.get(key), Facts(reading), reading.received)
                states[key] = state
                if verdict:
                    minutes = (verdict.at - morning).total_seconds() / 60
                    found.append((minutes, verdict.raised, rule.title(subject, verdict)))
    return found


def test_the_first_alarm_comes_within_two_minutes_and_is_the_fridge(told):
    minutes, raised, title = told[0]
    assert raised
    assert minutes < 2.2
    assert title.startswith("Fridge F-07 in 4.18 is at 8.")


def test_every_story_raises_within_two_minutes_of_its_beginning(told):
    raised = {title.split(" is ")[0].split(" has ")[0]: minutes for minutes, up, title in reversed(told) if up}
    assert raised["Fridge F-07 in 4.18"] < 2.2
    assert 4 < raised["4.12"] < 5.5
    assert 5 < raised["The door of 4.12"] < 5.7
    assert 8 < raised["Pump 117 in 4.15"] < 10.2
    assert 12 < raised["Air handler 3 runs at 38\N{NO-BREAK SPACE}%"] < 13.5
    assert 16 < raised["Fridge F-05 in 3.15"] < 18.2


def test_nothing_else_raises_and_what_ended_is_clear(told):
    raised = [title for _, up, title in told if up]
    about = (
        "Fridge F-07",
        "4.12",
        "The door of 4.12",
        "Pump 117",
        "Air handler 3",
        "Fridge F-05",
        "4.13",
        "The door of 4.13",
    )
    assert [title for title in raised if not title.startswith(about)] == []
    cleared = [title for _, up, title in told if not up]
    for name in ("Fridge F-07 in 4.18 is", "4.12 is", "The door of 4.12", "Pump 117"):
        assert any(title.startswith(name) for title in cleared), name
