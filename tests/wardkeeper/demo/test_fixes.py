"""How honest the words for a fix are, against where the demo's things truly are: half of its rooms have no gateway."""

import heapq
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from asset_registry.locating.nearest import NearestGateway
from asset_registry.locating.ports import spots_of
from asset_registry.locating.words import word_of
from asset_registry.snapshot import SnapshotSource
from collector.clock import ManualClock
from collector.reading import Sighting
from wardkeeper.database import open_database
from wardkeeper.demo.movement import Movement
from wardkeeper.demo.radio import Radio
from wardkeeper.demo.seed import seed
from wardkeeper.demo.simulator import REST_S, SIGHTING_S
from wardkeeper.demo.world import SITE, build_world, tag_of

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
PREFIX = "mqtt:espresense/"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """By word, whether the fix was right: three minutes of a working day, the first of them left out."""
    world = build_world(1)
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('demo')}/w.db")
    seed(database, world, START)
    source = SnapshotSource(database, SITE, ManualClock(START))
    source.refresh()
    spots, places = spots_of(source.current), source.current.places
    movement, radio, chance = Movement(world), Radio(world), random.Random(1)
    engine, found, judged = NearestGateway(lambda: spots), defaultdict(list), START
    turns = [(START + timedelta(seconds=chance.uniform(0, SIGHTING_S)), n) for n in range(len(world.tagged))]
    heapq.heapify(turns)
    before = {}
    while judged < START + timedelta(minutes=3):
        now, n = turns[0]
        spot = movement.spot(world.tagged[n], now)
        for gateway, rssi, _ in radio.heard(tag_of(n), spot, chance):
            engine.hear(Sighting(str(n), PREFIX + gateway.slug, rssi, now))
        pause = REST_S if before.get(n, spot) == spot else SIGHTING_S
        before[n] = spot
        heapq.heapreplace(turns, (now + timedelta(seconds=chance.uniform(0.9, 1.1) * pause), n))
        if now - judged < timedelta(seconds=5):
            continue
        judged = now
        for fix in engine.judge(now):
            true = movement.spot(world.tagged[int(fix.tag)], now).room
            if now - START > timedelta(minutes=1):
                found[word_of(fix.confidence)].append(fix.place_id is not None and places[fix.place_id].number == true)
    database.close()
    return found


def right(verdicts, word):
    return sum(verdicts[word]) / len(verdicts[word])


def test_sure_and_likely_are_meant(verdicts):
    assert right(verdicts, "sure") >= 0.95
    assert right(verdicts, "likely") >= 0.9


def test_what_is_mostly_wrong_is_called_unknown(verdicts):
    assert right(verdicts, "perhaps") >= 0.5
    assert right(verdicts, "unknown") < 0.4


def test_most_things_can_still_be_found(verdicts):
    said = {word: len(cases) for word, cases in verdicts.items()}
    assert (said["sure"] + said["likely"]) / sum(said.values()) > 0.55, said
