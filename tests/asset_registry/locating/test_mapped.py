import math
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from asset_registry.locating.calibration import Calibration
from asset_registry.locating.mapped import Ageing, MappedSite
from asset_registry.locating.model import Model
from collector.reading import Sighting

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def places(world):
    return {room.id: 100 + n for n, room in enumerate(world.plan.rooms)}


@pytest.fixture
def site(world, places):
    return MappedSite(Model(world.plan), places)


def live(site, world, rows, start=START, motion=None):
    """Rows of `World.tag` as they would come in, judged every second; the last fix of each tag."""
    rows = sorted(rows)
    fixes, second = {}, 0
    for t, rssi, _, _, gateway, tag in rows:
        while t >= second + 1:
            second += 1
            fixes |= {fix.tag: fix for fix in site.judge(start + timedelta(seconds=second))}
        site.hear(Sighting(tag, str(gateway), rssi, start + timedelta(seconds=t), motion))
    return fixes | {fix.tag: fix for fix in site.judge(start + timedelta(seconds=second + 1))}


def test_a_fix_says_where_how_surely_and_why(site, world, places):
    world.fading_db = 0.5
    fix = live(site, world, world.tag((2.5, 3, 30), name="ble:17"))["ble:17"]
    assert fix.place_id == 100 + world.room_at(2.5, 3)
    assert (fix.x_m, fix.y_m) == (pytest.approx(2.5, abs=2), pytest.approx(3, abs=2))
    assert math.dist((fix.x_m, fix.y_m), (2.5, 3)) <= fix.radius_m + 1
    assert 0.3 < fix.radius_m < 6
    assert 0 < fix.confidence < 1
    assert fix.at > START
    assert len(fix.evidence) == 3
    assert fix.evidence[0][0] == fix.gateway
    assert fix.evidence[0][1] >= fix.evidence[1][1]


def test_confidence_fades_and_after_a_quarter_of_an_hour_nobody_knows(site, world):
    fix = live(site, world, world.tag((2.5, 3, 30)))["pump"]
    later = [next(iter(site.judge(START + timedelta(seconds=s)))) for s in (335, 900 + 40)]
    assert later[0].confidence == pytest.approx(fix.confidence / 2, rel=0.1)
    assert (later[1].place_id, later[1].confidence) == (None, 0.0)


def test_a_tag_long_gone_makes_room_for_another(world, places):
    site = MappedSite(Model(world.plan), places, Ageing(most_tags=1))
    live(site, world, world.tag((2.5, 3, 10), name="a"))
    assert "b" not in live(site, world, world.tag((2.5, 3, 10), name="b"), START + timedelta(seconds=20))
    list(site.judge(START + timedelta(minutes=40)))
    assert "b" in live(site, world, world.tag((2.5, 3, 10), name="b"), START + timedelta(minutes=41))


def test_a_restart_goes_on_where_it_was(world, places, site):
    before = live(site, world, world.tag((2.5, 3, 60)))["pump"]
    again = MappedSite(Model(world.plan), places)
    again.restore([before])
    fix = next(iter(again.judge(START + timedelta(seconds=61))))
    assert (fix.place_id, fix.since) == (before.place_id, before.since)
    fix = live(again, world, world.tag((2.5, 3, 20)), START + timedelta(seconds=62))["pump"]
    assert (fix.place_id, fix.since) == (before.place_id, before.since)


def test_what_nobody_believes_is_unknown(world, places):
    model = replace(Model(world.plan), calibration=Calibration(above=(0.0,), right=(0.9,), unknown=1.1))
    assert live(MappedSite(model, places), world, world.tag((2.5, 3, 20)))["pump"].place_id is None


def test_a_clock_that_was_set_back_begins_anew(site, world):
    live(site, world, world.tag((2.5, 3, 20)), START + timedelta(hours=3))
    fix = live(site, world, world.tag((17.5, 9, 20)))["pump"]
    assert fix.place_id == 100 + world.room_at(17.5, 9)


def test_gateways_that_are_not_on_the_plan_place_nothing(site):
    site.hear(Sighting("pump", "elsewhere", -50.0, START))
    assert list(site.judge(START + timedelta(seconds=1))) == []


def test_without_a_survey_nobody_is_sure_of_a_room_whose_own_gateway_died(world, site):
    world.fading_db = 0.5
    others = [world.tag((18, 9, 60), name="other"), world.tag((6, 6, 60), name="third")]
    before = live(site, world, [*world.tag((2.2, 2.2, 60)), *others[0], *others[1]])["pump"]
    assert before.confidence > 0.7
    rows = [*world.tag((2.2, 2.2, 60)), *world.tag((18, 9, 60), name="other")]
    after = live(site, world, [row for row in rows if row[4] != 0], START + timedelta(seconds=61))["pump"]
    assert (after.place_id, after.confidence <= 0.65) == (before.place_id, True)
