"""A ward of five rooms in a row, 6 m apart, a gateway in each; signals fade over distance and scatter with 4 dB."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.locating.nearest import NearestGateway, Tuning, certainty, nearness
from asset_registry.locating.ports import Fix, Spot
from asset_registry.locating.words import word_of
from collector.reading import Sighting

START = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SPOTS = {f"gw/{room}": Spot(room, 4, 6.0 * room, 3.0) for room in range(1, 6)}


def level(spot, x, scatter):
    """dBm at 1 m is -59, and 26 dB less with every tenfold distance (walls included)."""
    return -59.0 - 26.0 * math.log10(max(1.0, math.hypot(spot.x_m - x, spot.y_m - 4.0))) + scatter


class Ward:
    """Runs an engine through time; `at` is where the tag is, in metres along the ward."""

    def __init__(self, seed=1, scatter_db=4.0, tuning=None, spots=SPOTS):
        self.engine = NearestGateway(lambda: spots, tuning)
        self.spots = spots
        self.random = random.Random(seed)
        self.scatter_db = scatter_db
        self.now = START
        self.dead = set()
        self.fix = None
        self.fixes = []

    def run(self, seconds, at, every_s=1.0, talk=True):
        """Let the tag send for `seconds`, with a judgement each second. Living gateways say that they live."""
        for second in range(int(seconds)):
            self.now += timedelta(seconds=1)
            for name, spot in self.spots.items():
                if name in self.dead:
                    continue
                if second % 15 == 0:
                    self.engine.alive(name, self.now)
                strength = level(spot, at, self.random.gauss(0, self.scatter_db))
                if talk and second % every_s == 0 and strength > -95 and self.random.random() < 0.9:
                    self.engine.hear(Sighting("ble:17", name, strength, self.now))
            for fix in self.engine.judge(self.now):
                self.fix = fix
                self.fixes.append(fix)
        return self.fix

    def places(self):
        changes = []
        for fix in self.fixes:
            if not changes or changes[-1] != fix.place_id:
                changes.append(fix.place_id)
        return changes


def test_a_tag_is_in_the_room_of_the_gateway_that_hears_it_best():
    fix = Ward().run(30, at=12.0)
    assert (fix.place_id, fix.gateway, word_of(fix.confidence)) == (2, "gw/2", "sure")
    assert fix.at == START + timedelta(seconds=30)


@pytest.mark.parametrize("seed", range(5))
def test_what_stands_still_between_two_rooms_does_not_flap(seed):
    ward = Ward(seed)
    ward.run(1800, at=14.5)
    assert len(ward.places()) <= 2, "the first packet may be put right once"


def test_a_move_shows_after_the_commit_delay_and_soon_after_it():
    ward = Ward()
    ward.run(60, at=6.0)
    ward.run(15, at=24.0)
    assert ward.fix.place_id == 1
    assert ward.fix.confidence <= 0.65, "while it is being decided nobody is sure"
    ward.run(15, at=24.0)
    assert (ward.fix.place_id, word_of(ward.fix.confidence)) == (4, "sure")
    assert ward.fix.since > START + timedelta(seconds=75)


def test_a_walk_past_a_room_is_no_visit():
    ward = Ward()
    ward.run(60, at=6.0)
    ward.run(6, at=12.0)
    ward.run(60, at=6.0)
    assert ward.places() == [1]


@pytest.mark.parametrize("seed", range(5))
def test_a_gateway_dies_and_nobody_is_confident_of_a_wrong_room(seed):
    ward = Ward(seed)
    ward.run(120, at=18.0)
    assert word_of(ward.fix.confidence) == "sure"
    ward.dead.add("gw/3")
    before = len(ward.fixes)
    ward.run(900, at=18.0)
    wrong = [fix for fix in ward.fixes[before:] if fix.place_id != 3 and word_of(fix.confidence) in ("sure", "likely")]
    assert wrong == []
    assert word_of(ward.fix.confidence) in ("perhaps", "unknown")
    ward.dead.clear()
    ward.run(60, at=18.0)
    assert (ward.fix.place_id, word_of(ward.fix.confidence)) == (3, "sure")


def test_a_dead_gateway_far_from_its_neighbours_is_no_different():
    spots = {"gw/a": Spot(1, 4, 0.0, 3.0), "gw/b": Spot(2, 4, 20.0, 3.0)}
    ward = Ward(spots=spots)
    ward.run(60, at=1.0)
    ward.dead.add("gw/a")
    ward.run(600, at=1.0)
    assert word_of(ward.fix.confidence) not in ("sure", "likely")


def test_a_tag_that_comes_into_a_deaf_room_is_only_perhaps_next_door():
    ward = Ward()
    ward.dead.add("gw/3")
    ward.run(61, at=30.0)
    ward.run(120, at=18.0)
    assert word_of(ward.fix.confidence) == "perhaps"


def test_a_fix_ages_and_then_nobody_knows():
    ward = Ward()
    ward.run(60, at=12.0)
    last = ward.now
    words = []
    for _ in range(16):
        ward.run(60, at=12.0, talk=False)
        words.append(word_of(ward.fix.confidence))
    assert words[0] in ("sure", "likely")
    assert words[4] == "perhaps"
    assert ward.fix.place_id is None
    assert ward.fix.at == last
    assert words == sorted(words, key=["sure", "likely", "perhaps", "unknown"].index), "it only falls"


def test_a_slow_tag_is_found_too():
    ward = Ward()
    ward.run(300, at=12.0, every_s=8)
    assert ward.fix.place_id == 2
    assert word_of(ward.fix.confidence) in ("sure", "likely")


def test_one_gateway_in_a_corridor_gives_the_corridor():
    ward = Ward(spots={"gw/corridor": Spot(9, 4, 10.0, 3.0)})
    assert ward.run(30, at=14.0).place_id == 9


def test_next_to_a_room_without_a_gateway_only_what_is_loud_is_surely_here():
    own, silent = {1: 0.5, 3: 0.5}, {4: 0.4, 7: 0.6}
    spots = {"gw/a": Spot(1, 4, 0.0, 4.0, own, silent), "gw/b": Spot(2, 4, 40.0, 4.0, own)}
    assert word_of(Ward(spots=spots, scatter_db=2).run(30, at=0.5).confidence) in ("sure", "likely")
    assert word_of(Ward(spots=spots, scatter_db=2).run(30, at=7.0).confidence) == "unknown"


def test_a_clock_set_back_by_a_day_neither_holds_the_tag_where_it_was_nor_fills_the_memory():
    ward = Ward()
    ward.run(60, at=6.0)
    ward.now -= timedelta(days=1)
    ward.run(60, at=24.0)
    assert (ward.fix.place_id, word_of(ward.fix.confidence)) == (4, "sure")
    assert len(ward.engine._tracks["ble:17"].packets) < 40 * len(SPOTS)


def test_a_gateway_that_is_not_on_the_map_places_nothing():
    engine = NearestGateway(dict)
    engine.hear(Sighting("ble:17", "gw/1", -50.0, START))
    assert [fix.place_id for fix in engine.judge(START)] == [None]


def test_two_gateways_in_one_room_do_not_compete():
    spots = {"gw/left": Spot(1, 4, 0.0, 3.0), "gw/right": Spot(1, 4, 4.0, 3.0), "gw/next": Spot(2, 4, 20.0, 3.0)}
    fix = Ward(spots=spots).run(30, at=2.0)
    assert (fix.place_id, word_of(fix.confidence)) == (1, "sure")


def test_it_goes_on_from_what_was_known():
    engine = NearestGateway(lambda: SPOTS)
    engine.restore([Fix("ble:17", 2, "gw/2", 0.95, START, START)])
    (fix,) = engine.judge(START + timedelta(seconds=30))
    assert (fix.place_id, fix.confidence) == (2, 0.95)


def test_the_number_of_tags_has_an_end_and_the_forgotten_make_room():
    engine = NearestGateway(lambda: SPOTS, Tuning(most_tags=2))
    for tag in "abc":
        engine.hear(Sighting(tag, "gw/1", -50.0, START))
    assert {fix.tag for fix in engine.judge(START)} == {"a", "b"}
    list(engine.judge(START + timedelta(hours=1)))
    engine.hear(Sighting("c", "gw/1", -50.0, START + timedelta(hours=1)))
    assert {fix.tag for fix in engine.judge(START + timedelta(hours=1))} == {"c"}


@given(st.floats(0, 60), st.integers(1, 100))
def test_certainty_is_a_probability_that_grows_with_margin_and_packets(margin, packets):
    value = certainty(margin, packets)
    assert 0 <= value <= 1
    assert certainty(margin + 1, packets) >= value
    assert certainty(margin, packets + 1) >= value


@given(st.floats(-120, -20))
def test_what_is_faint_may_be_elsewhere(dbm):
    assert 0.6 <= nearness(dbm) <= nearness(dbm + 1) <= 1


sightings = st.lists(
    st.tuples(
        st.sampled_from([*SPOTS, "gw/stranger"]),
        st.floats(-120, 20) | st.floats(allow_nan=True, allow_infinity=True),
        st.floats(-5, 120),
    ),
    max_size=60,
)


@given(sightings)
def test_whatever_is_heard_a_fix_is_a_known_place_or_none_with_an_honest_confidence(heard):
    engine, now, last = NearestGateway(lambda: SPOTS), START, None
    for gateway, dbm, gap in heard:
        now += timedelta(seconds=gap)
        last = max(last or now, now) if -200 <= dbm <= 100 else last
        engine.hear(Sighting("ble:17", gateway, dbm, now))
        for fix in engine.judge(now):
            assert 0 <= fix.confidence <= 1
            assert fix.place_id in {None, 1, 2, 3, 4, 5}
            assert fix.place_id is not None or fix.confidence == 0
            assert fix.at == last
