"""The nearest gateway on a published survey (TETAM, CC0): as good as its docstring says, and no better than its words.

Not a hospital: bays without walls, tags that lie still, nobody walking about. A bay is a cell of a 4 x 3 grid.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from asset_registry.locating.nearest import NearestGateway
from asset_registry.locating.ports import Spot
from asset_registry.locating.reach import reaches
from asset_registry.locating.words import word_of
from collector.reading import Sighting

DATA = Path(__file__).parents[3] / "shared" / "data" / "location"
START = datetime(2026, 11, 24, tzinfo=UTC)
SETTLED_S = 30
WIDE, DEEP = 5.166, 5.88
"""Of a bay, in metres."""


def on_the_plan(gateways):
    """The gateways, and how far the bays reach that have none."""
    bays = {(x, y): 3 * x + y for x in range(4) for y in range(3)}
    spots = {}
    for gateway in gateways:
        bay = bays[min(3, int(gateway["x_m"] / WIDE)), min(2, int(gateway["y_m"] / DEEP))]
        spots[str(gateway["gateway"])] = Spot(bay, 1, gateway["x_m"], gateway["y_m"])
    outlines = {
        bay: [
            (x * WIDE, y * DEEP),
            ((x + 1) * WIDE, y * DEEP),
            ((x + 1) * WIDE, (y + 1) * DEEP),
            (x * WIDE, (y + 1) * DEEP),
        ]
        for (x, y), bay in bays.items()
    }
    found = reaches(spots, outlines)
    return {name: replace(spot, own=found[name][0], silent=found[name][1]) for name, spot in spots.items()}


@pytest.fixture(scope="module")
def outcome():
    """(tag, true bay, fix) once a second of the survey's 180, from half a minute on."""
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there")
    spots = on_the_plan(json.loads((DATA / "tetam_gateways.json").read_text()))
    engine, found, now = NearestGateway(lambda: spots), [], START
    rows = pq.read_table(DATA / "tetam_fingerprints_date1.parquet").sort_by("t_s").to_pylist()
    truth = {row["tag"]: int(row["room"].removeprefix("bay-")) for row in rows}
    for row in rows:
        at = START + timedelta(seconds=row["t_s"])
        if at >= now + timedelta(seconds=1):
            now = at
            fixes = list(engine.judge(now))
            if now - START > timedelta(seconds=SETTLED_S):
                found += [(fix.tag, truth[fix.tag], fix) for fix in fixes]
        engine.hear(Sighting(row["tag"], str(row["gateway"]), float(row["rssi_dbm"]), at))
    return found, {spot.place_id for spot in spots.values()}


def share(outcomes):
    return sum(fix.place_id == bay for _, bay, fix in outcomes) / len(outcomes)


def test_it_names_the_right_bay_more_often_than_not_and_where_there_is_a_gateway_mostly(outcome):
    found, covered = outcome
    assert share(found) > 0.53
    assert share([case for case in found if case[1] in covered]) > 0.72


def test_what_lies_still_stays(outcome):
    found, _ = outcome
    places = defaultdict(list)
    for tag, _bay, fix in found:
        if not places[tag] or places[tag][-1] != fix.place_id:
            places[tag].append(fix.place_id)
    changes = sum(len(seen) - 1 for seen in places.values())
    assert changes / (len(places) * (180 - SETTLED_S) / 3600) < 1.0, "false changes an asset-hour"


def test_a_stronger_word_is_right_more_often(outcome):
    found, _ = outcome
    right = {word: share([case for case in found if word_of(case[2].confidence) == word]) for word in WORDS}
    assert right["sure"] > 0.9 > right["likely"] > 0.75 > right["perhaps"] > 0.5


WORDS = ("sure", "likely", "perhaps")
