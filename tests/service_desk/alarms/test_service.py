from datetime import timedelta

import pytest

from asset_registry.audit import history
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import Principal
from service_desk.alarms import book, service
from tests.databases import DIALECTS

PUMP = "mqtt:zigbee2mqtt/pump/P-117"
DAY = timedelta(days=1)

pytestmark = pytest.mark.dialects("sqlite")


def person(login, *roles, number=1):
    return Principal(number, login, login.title(), frozenset(roles))


NURSE, BIOMED, OTHER = person("lind", "clinician"), person("okafor", "biomed"), person("brandt", "facilities")


@pytest.fixture
def low(house):
    house.say(PUMP, "battery", 20.0)
    house.clock.advance(60)
    return house


def ask(house, who=BIOMED, until=DAY, why="battery pack is on order"):
    with house.database.write() as session:
        now = house.clock.now()
        return service.ask(session, house.alarm.id, now + until, why, who, now).id


def decide(house, request, who=OTHER, approve=True):
    with house.database.write() as session:
        return service.decide(session, request, who, house.clock.now(), approve=approve)


def put_back(house, request, who=NURSE):
    with house.database.write() as session:
        return service.put_back(session, request, who, house.clock.now())


def name(house):
    return book.isa_name(house.alarm, house.clock.now())


@pytest.mark.dialects(*DIALECTS)
def test_one_asks_another_approves_and_anybody_puts_it_back(low):
    request = ask(low)
    assert name(low) == "unacknowledged"
    decide(low, request)
    assert name(low) == "out_of_service"
    put_back(low, request)
    assert name(low) == "unacknowledged"
    assert low.whats == ["raised", "asked to be out of service", "out of service", "in service"]
    with low.database.read() as session:
        said = [(line.action, line.who) for line in history(session, "alarm", low.alarm.id)]
    assert said == [("in service", "lind"), ("approved", "brandt"), ("ask out of service", "okafor")]


def test_nobody_approves_what_they_asked_for_an_administrator_neither(low):
    request = ask(low)
    with pytest.raises(Forbidden, match="another person"):
        decide(low, request, BIOMED)
    decide(low, request, person("root", "admin"))
    put_back(low, request)
    request = ask(low, person("root", "admin"))
    with pytest.raises(Forbidden, match="another person"):
        decide(low, request, person("root", "admin"))


def test_it_is_approved_by_biomed_or_facilities_only(low):
    request = ask(low)
    with pytest.raises(Forbidden, match="biomed or facilities"):
        decide(low, request, NURSE)
    with pytest.raises(Forbidden, match="Only a person"):
        decide(low, request, person("robot", "biomed", number=0))


def test_what_was_declined_leaves_it_in_service_and_may_be_asked_for_again(low):
    request = ask(low)
    decide(low, request, approve=False)
    assert name(low) == "unacknowledged"
    with pytest.raises(Conflict, match="was declined"):
        decide(low, request)
    assert ask(low) != request


def test_after_the_day_of_review_it_is_in_service_again(low):
    decide(low, ask(low))
    low.after(86_401)
    assert name(low) == "unacknowledged"
    with low.database.read() as session:
        assert service.standing(session) == []


def test_what_nobody_decided_by_then_is_over_too(low):
    request = ask(low)
    low.after(86_401)
    with pytest.raises(Conflict):
        decide(low, request)


def test_what_is_raised_meanwhile_opens_nothing(low):
    low.say(PUMP, "battery", 90.0)
    low.after(400)
    decide(low, ask(low))
    low.say(PUMP, "battery", 10.0)
    low.after(400)
    assert low.told == ["opened", "cleared", "closed"]
    low.after(86_401)
    assert low.told[3:] == ["opened"]


@pytest.mark.parametrize(
    "wanted, error",
    [({"why": " "}, Invalid), ({"until": timedelta(0)}, Invalid), ({"until": 91 * DAY}, Invalid)],
)
def test_a_reason_and_a_day_of_review_are_needed(low, wanted, error):
    with pytest.raises(error):
        ask(low, **wanted)


def test_it_is_asked_for_once(low):
    ask(low)
    with pytest.raises(Conflict, match="asked for already"):
        ask(low, OTHER)


def test_what_is_not_there(low):
    with pytest.raises(Missing):
        decide(low, 99)
    with pytest.raises(Missing), low.database.write() as session:
        service.ask(session, 99, low.clock.now() + DAY, "why", BIOMED, low.clock.now())
