"""What must be told is told, or the sign of life stops."""

from datetime import timedelta

import pytest

from collector.errors import Unreachable
from service_desk.incidents.model import Outbox
from service_desk.progress import stuck
from tests.service_desk.conftest import DOOR, PUMP
from tests.service_desk.notices.conftest import desk  # noqa: F401 - a fixture

pytestmark = pytest.mark.dialects("sqlite")

LATE = timedelta(minutes=5)


def words(house):
    with house.database.read() as session:
        return stuck(session, house.clock.now(), LATE)


def test_what_is_tried_and_fails_goes_on(house):
    house.say(PUMP, "battery", 20.0)
    house.clock.advance(3600)
    assert words(house) == []


def test_a_claim_that_nobody_finishes_does_not(house):
    house.say(PUMP, "battery", 20.0)
    with house.database.write() as session:
        session.query(Outbox).one().lease_until = house.clock.now()
    house.clock.advance(301)
    assert words(house) == ["the outbox does not go on"]


def test_a_high_notice_that_nobody_takes_and_a_call_that_hangs(house, desk):  # noqa: F811 - the fixture
    class Hangs(BaseException):
        pass

    desk.wants("brandt", "mail")
    desk.by["mail"].fails = [Unreachable("down")] * 99
    house.say(DOOR, "door_open", True)
    house.after(60)
    desk.work()
    assert words(house) == []
    house.clock.advance(400)
    assert words(house) == ["nobody could be told of 1 high notice"]
    desk.by["mail"].fails = [Hangs()]
    with pytest.raises(Hangs):
        desk.work()
    house.clock.advance(121 + 301)
    assert "a channel does not go on" in words(house)
