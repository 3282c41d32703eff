"""Locating as `serve` does it: in a child process, by the plan, and by the nearest gateway where nothing is drawn."""

import os
import signal
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from asset_registry.known import Content, KnownPlace
from asset_registry.locating.layout import GatewayAt, Plan, Room
from asset_registry.locating.mapped import Ageing
from asset_registry.locating.model import Model
from asset_registry.locating.ports import Fix
from asset_registry.snapshot import Snapshot
from collector.errors import ConfigError, Unreachable
from collector.reading import Sighting
from wardkeeper.located.live import ChildSite, Follows, sited_by

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def room(name, x):
    return Room(name, "", [(x, 0), (x + 5, 0), (x + 5, 5), (x, 5)])


PLAN = Plan([GatewayAt("a", 2.5, 2.5), GatewayAt("b", 7.5, 2.5)], [room("4.12", 0), room("4.13", 5)], walls=True)
SITED = (Model(PLAN), {"4.12": 12, "4.13": 13})


@pytest.fixture
def child():
    child = ChildSite(SITED, Ageing())
    yield child
    child.close()


def hear(engine, seconds, start=START, near="a", far="b"):
    for second in range(seconds):
        now = start + timedelta(seconds=second)
        for _ in range(2):
            engine.hear(Sighting("ble:17", near, -62.0, now))
            engine.hear(Sighting("ble:17", far, -80.0, now))
        fixes = engine.judge(now)
    return fixes


def test_the_child_locates(child):
    (fix,) = hear(child, 15)
    assert (fix.tag, fix.place_id, fix.gateway) == ("ble:17", 12, "a")
    assert fix.confidence > 0.4
    assert dict(fix.evidence)["a"] == pytest.approx(-62, abs=0.1)


def test_a_child_that_dies_is_started_again_with_what_was_known(child):
    hear(child, 15)
    os.kill(child._process.pid, signal.SIGKILL)
    child._process.wait()
    with pytest.raises(Unreachable, match="another was started"):
        child.judge(START + timedelta(seconds=16))
    (fix,) = child.judge(START + timedelta(seconds=17))
    assert fix.place_id == 12


def test_it_ends_when_its_parent_lets_go(child):
    child.close()
    assert child._process.returncode == 0


class Snapshots:
    """A source whose snapshot is set by hand."""

    def __init__(self, snapshot):
        self.current = snapshot


class Facts:
    """What `Follows` looks at."""

    def __init__(self, drawn):
        self.places, self.gateways, self.drawn = {1: drawn}, {}, drawn
        self.content = Content("linden", 1, START, [], [], [], [], [], [])


class Nearest:
    """An engine that is only asked whether it was asked."""

    def __init__(self):
        self.heard, self.known = [], []

    def hear(self, sighting):
        self.heard.append(sighting)

    def alive(self, gateway, at):
        pass

    def restore(self, fixes):
        self.known = list(fixes)

    def drift(self):
        return {}

    def judge(self, now):
        return [Fix("ble:17", 13, "b", 0.8, now, now)]


def test_where_nothing_is_drawn_the_nearest_gateway_is_asked_and_a_plan_takes_over_when_it_comes():
    nearest, source = Nearest(), Snapshots(Facts(False))
    engine = Follows(source, lambda facts: SITED if facts.drawn else None, lambda: nearest)
    assert hear(engine, 3)[0].place_id == 13
    assert nearest.heard
    source.current = Facts(True)
    (fix,) = engine.judge(START + timedelta(seconds=4))
    assert fix.place_id == 13, "what was known is taken over"
    (fix,) = hear(engine, 40, START + timedelta(seconds=5))
    assert fix.place_id == 12
    engine.close()


@pytest.fixture
def registry():
    known = KnownPlace(7, "room", None, "4.07", "", None, "patient_room", {})
    return Snapshot(Content("linden", 1, START, [known], [], [], [], [], []))


def test_the_map_in_use_goes_before_the_given_model_and_that_before_the_plan(registry):
    given, walked = (Model(Plan(PLAN.gateways, [room("4.07", x)])) for x in (0, 5))
    sited = sited_by(given, {3: walked}.get)
    assert sited(registry)[0] is given
    assert sited(Snapshot(msgspec.structs.replace(registry.content, map=3)))[0] is walked
    assert sited(Snapshot(msgspec.structs.replace(registry.content, map=4)))[0] is given, "a map that is gone"


def test_a_model_finds_its_rooms_by_their_numbers(registry):
    model = Model(Plan(PLAN.gateways, [room("4.07", 0), room("elsewhere", 5)]))
    _, places = sited_by(model)(registry)
    assert places == {"4.07": 7}
    with pytest.raises(ConfigError, match="no room of the registry"):
        sited_by(Model(PLAN))(registry)
