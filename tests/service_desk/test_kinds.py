"""What every kind of rule holds to, whoever wrote it: the first of each in `config/rules.example.yaml` is it."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from collector.metrics import METRICS, is_vital
from collector.parts import names
from collector.reading import Quality, Reading
from service_desk.alarms.judge import Judge
from service_desk.ports import Subject
from service_desk.replay import replay
from service_desk.rulebook import RuleRow, built, export_yaml, import_yaml
from service_desk.rules_yaml import PACKAGE, Draft, examples, read, written, written_alone

TEXT = (Path(__file__).parents[2] / "config" / "rules.example.yaml").read_text(encoding="utf-8")
EXAMPLES = examples(TEXT)
KINDS = names([PACKAGE])
START = datetime(2026, 11, 24, 6, tzinfo=UTC)
YEAR = timedelta(days=365)
ROOM = {"room": "4.18", "room_type": "operating_room", "building": "East"}
DERIVED = {"room_profile", "cold_chain", "par_level", "overdue", "left_building"}
WORDS = ("", "blocked", "ok", "12", "Fridge is at 9 °C")


@pytest.fixture(params=KINDS)
def draft(request):
    """A rule of each kind, which judges everybody."""
    example = EXAMPLES[request.param]
    config = {name: value for name, value in example.config.items() if name != "scope"}
    return example._replace(config=config)


def subject(device):
    """Of one room and one asset; every other one a gateway."""
    kind = "link:" if device.startswith("link:") else ""
    return Subject(
        device,
        gateway=device == "d1",
        asset_id=7,
        asset="Fridge",
        number="F-07",
        place_id=3,
        every_s=60.0,
        category="infusion pump",
        **ROOM,
        device_name=kind and device,
    )


def said(rule, count, seed=1):
    """Readings of three devices, of whatever the rule hears: some late, some twice, some of another kind, some bad."""
    chance, now, last = random.Random(seed), START, None
    hears = sorted(rule.hears)
    for number in range(count):
        now += timedelta(seconds=chance.choice([1, 20, 60, 600, 7200]))
        if number == count // 2:
            now -= YEAR  # the clock was ahead
        if last and chance.random() < 0.1:
            yield last
            continue
        metric = chance.choice(hears)
        wrong = chance.random() < 0.05
        value = _value(chance, str if wrong else METRICS[metric].kind)
        late = timedelta(seconds=chance.choice([0, 0, 0, 30, 800, 4000]))
        bad = Quality.BAD if chance.random() < 0.05 else Quality.GOOD
        device = chance.choice(["d0", "d1", "link:ward"])
        last = Reading(device, metric, value, now - late, now, quality=bad, retained=chance.random() < 0.05)
        yield last


def _value(chance, kind):
    if kind is bool:
        return chance.random() < 0.5
    return chance.choice(WORDS) if kind is str else round(chance.uniform(-30, 100), 1)


def judged(rule, readings, restarts=False):
    """Every verdict in words; with `restarts` only JSON is left after each reading. Says the largest state too."""
    judge, found, largest = Judge({1: rule}, lambda name, at: subject(name)), [], 0
    for reading in readings:
        found += [
            (one.subject.device, one.verdict, rule.title(one.subject, one.verdict)) for one in judge.hear([reading])
        ]
        states = json.dumps([[list(key), state] for key, state in judge.states.items()], allow_nan=False)
        largest = max(largest, *(len(json.dumps(state)) for state in judge.states.values()), 0)
        if restarts:
            again = {tuple(key): state for key, state in json.loads(states)}
            judge = Judge({1: rule}, lambda name, at: subject(name), again, heard=judge.heard)
    return found, largest


def test_each_has_an_example_that_says_what_it_judges_and_hears_no_vital(draft):
    rule = built(draft)
    assert rule.condition()
    assert rule.normal()
    assert rule.hears
    assert not any(is_vital(metric) for metric in (rule.metric, *rule.hears))
    assert rule.metric in METRICS


def test_it_is_the_same_over_any_number_of_restarts_and_never_stumbles(draft):
    rule = built(draft)
    readings = list(said(rule, 250))
    straight, _ = judged(rule, readings)
    assert judged(rule, readings, restarts=True)[0] == straight
    assert all(title and "{" not in title for _, verdict, title in straight if verdict.raised)


def test_raised_and_cleared_take_turns_for_everybody(draft):
    rule = built(draft)
    turns = {}
    for device, verdict, _ in judged(rule, said(rule, 600, seed=2))[0]:
        turns.setdefault(device, []).append(verdict.raised)
    for each in turns.values():
        assert each == [number % 2 == 0 for number in range(len(each))]


def test_what_it_remembers_of_one_subject_stays_small(draft):
    rule = built(draft)
    assert judged(rule, said(rule, 600, seed=3))[1] < 8_000


def test_it_comes_and_goes_as_yaml(draft):
    assert read(written([draft])) == read(written_alone(draft)) == [draft]


@pytest.mark.dialects("sqlite")
def test_all_of_them_judge_beside_each_other(house):
    with house.database.write() as session:
        import_yaml(session, TEXT, who="okafor", now=house.clock.now())
        assert {one.name for one in read(TEXT)} <= {one.name for one in read(export_yaml(session))}
    rules = [built(one) for one in EXAMPLES.values()]
    for reading in said(rules[0], 20):
        house.hear([reading])
    assert house.alarms.refused == {}
    assert {row.kind for row in house.all(RuleRow)} == set(KINDS)


def test_it_is_replayed(draft):
    rule = built(draft)
    lines = [
        json.dumps({
            "device": one.device, "metric": one.metric, "value": one.value, "at": one.at.isoformat(),
            "received": one.received.isoformat(), "asset": "Fridge", "number": "F-07", "every_s": 60,
            "gateway": one.device == "d1", "zones": ["Ward 4"], **ROOM,
        })
        for one in said(rule, 60)
    ]  # fmt: skip
    assert json.dumps(list(replay(written([draft]), lines)))


def test_no_example_is_of_a_kind_that_is_not_there():
    assert set(EXAMPLES) == set(KINDS)


def rows():
    """Every example of the table in docs/rules.md."""
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    for kind, told in re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", text, re.MULTILINE):
        yield from ((kind, example) for example in re.findall(r"`({.*?})`(?= |$)", told))


@pytest.mark.parametrize("kind, example", list(rows()))
def test_the_examples_of_the_document_are_good(kind, example):
    assert built(Draft("A rule", yaml.safe_load(example), f"rule.{kind}")).condition()


def test_the_document_has_every_kind():
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind.removeprefix('rule.')}`" not in text] == []
    assert {kind for kind, _ in rows()} == {kind.removeprefix("rule.") for kind in KINDS} - DERIVED
