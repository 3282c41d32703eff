"""A tag is heard, believed somewhere, and falls silent: who left, by which door, and who is back."""

from datetime import timedelta

import pytest

from asset_registry.audit import bump
from asset_registry.bindings import Binding
from asset_registry.leaving import Departure, Leaving
from asset_registry.places import Place
from collector.latest import Latest
from collector.reading import OWN_GATEWAY, Reading, Sighting

TAG, DOOR, HALL = "ble:17", "mqtt:door", "mqtt:hall"


class Ward:
    """4.07 is the south exit. A tick is fifteen seconds; the gateways hear other tags all the time."""

    def __init__(self, hospital):
        self.hospital, self.clock, self.latest, self.leaving = hospital, hospital.clock, Latest(), Leaving()
        self.pump, self.inside, self.exit = hospital.pump, hospital.r412, hospital.r407
        device = hospital.device(TAG)
        with hospital.database.write() as session:
            floor = session.get(Place, hospital.floor)
            floor.plan = {"zones": [{"kind": "exit", "name": "South exit", "rooms": ["4.07"]}]}
            since = hospital.now() - timedelta(days=1)
            session.add(Binding(device_id=device, asset_id=hospital.pump, role="tag", since=since, until=None))
            bump(session)
        self.snapshot = hospital.snapshot()
        self.begun = hospital.now()
        self.dead = set()

    def runs(self, seconds, room=None, gateway=DOOR, confidence=0.95):
        """So long the tag is heard and believed in `room` ("" for nowhere), or with None is silent; what became."""
        found = []
        for _ in range(seconds // 15):
            now = self.clock.advance(15)
            others = (each for each in (DOOR, HALL) if each not in self.dead)
            self.latest.update(Sighting("ble:other", each, -60, now) for each in others)
            if room is not None:
                self.latest.update([Sighting(TAG, gateway, -60, now)])
                said = (("room", str(room)), ("fix_confidence", confidence if room else 0.0))
                self.latest.update(Reading(TAG, metric, value, now, now, OWN_GATEWAY) for metric, value in said)
            found += self.leaving.look(self.snapshot, self.latest, now)
        return [(each.zone, round((each.at - self.begun).total_seconds())) for each in found]


@pytest.fixture
def ward(hospital):
    return Ward(hospital)


def test_a_tag_that_falls_silent_at_an_exit_left_when_it_was_last_heard(ward):
    assert ward.runs(60, ward.inside, HALL) == []
    assert ward.runs(30, ward.exit) == []
    assert ward.runs(285) == []
    assert ward.runs(15) == [("South exit", 90)]
    assert ward.runs(3_600) == [], "it is said once"


def test_one_that_falls_silent_anywhere_else_did_not_leave(ward):
    ward.runs(60, ward.exit)
    ward.runs(60, ward.inside, HALL)
    assert ward.runs(3_600) == []


@pytest.mark.parametrize("confidence, became", [(0.5, []), (0.9, [("South exit", 60)])])
def test_a_fix_at_the_door_must_be_likely(ward, confidence, became):
    ward.runs(60, ward.exit, confidence=confidence)
    assert ward.runs(600) == became


def test_what_was_heard_on_for_long_without_a_place_did_not_leave(ward):
    ward.runs(60, ward.exit)
    ward.runs(300, "")
    assert ward.runs(600) == []


def test_it_is_back_as_soon_as_it_is_believed_inside(ward):
    ward.runs(60, ward.exit)
    ward.runs(600)
    assert ward.runs(15, ward.inside, HALL) == [("", 675)]
    assert ward.runs(3_600) == []


def test_at_the_door_it_is_back_when_it_stays(ward):
    ward.runs(60, ward.exit)
    ward.runs(600)
    assert ward.runs(300, ward.exit) == []
    assert ward.runs(15, ward.exit) == [("", 975)]


def test_a_tag_that_flaps_at_the_door_is_no_flood(ward):
    ward.runs(60, ward.exit)
    ward.runs(600)
    assert [each for _ in range(20) for each in ward.runs(60, ward.exit) + ward.runs(600)] == []
    assert [each for _ in range(60) for each in ward.runs(15, ward.exit) + ward.runs(240)] == [("", 14_385)]


def test_a_gateway_that_died_at_the_door_takes_nobody_out_until_it_speaks_again(ward):
    ward.runs(60, ward.exit)
    ward.dead.add(DOOR)
    assert ward.runs(3_600) == []
    ward.dead.clear()
    assert ward.runs(15) == [("South exit", 60)]


def test_after_a_restart_it_is_known_to_be_outside(ward):
    ward.runs(60, ward.exit)
    ward.runs(600)
    ward.leaving = Leaving(dict(ward.leaving.left))
    assert ward.runs(600) == []
    assert ward.runs(15, ward.inside, HALL) == [("", 1_275)]


def test_what_is_no_asset_any_more_is_forgotten(ward):
    ward.leaving.left[999] = Departure(999, "South exit", ward.clock.now())
    ward.runs(15)
    assert ward.leaving.left == {}
