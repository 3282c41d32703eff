"""Cold chain, isolation and medical gas never close by themselves: an authorised person signs what becomes of it."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from asset_registry.cold_chain import records as cold
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import Principal
from service_desk import reserved
from service_desk.incidents.book import Custom
from service_desk.reserved import MATTERS, Disposition, Reserved
from service_desk.rulebook import import_yaml
from service_desk.tickets import desk
from tests.databases import DIALECTS
from wardkeeper.sections import Alarms

FRIDGE, PUMP = "mqtt:zigbee2mqtt/fridge/F-07", "mqtt:zigbee2mqtt/pump/P-117"
DOOR, PRESSURE = "mqtt:zigbee2mqtt/4.12/door", "mqtt:zigbee2mqtt/4.12/pressure"

pytestmark = pytest.mark.dialects("sqlite")


def person(role, number=1):
    return Principal(number, role, role.title(), frozenset({role}))


PHARMACY, PREVENTION, BIOMED = person("pharmacy_lab"), person("infection_prevention"), person("biomed")


def decide(house, decision="product discarded", who=PHARMACY, reason="8.9 °C for 11 min", incident=0):
    with house.database.write() as session:
        return reserved.decide(session, house.incidents[incident].id, decision, reason, who, house.clock.now())


def solve(house):
    with house.database.write() as session:
        return desk.set_state(session, house.ticket.id, "solved", "okafor", house.clock.now()).state


@pytest.fixture
def warm(house):
    """The fridge was warm and is cold again; its ticket is open."""
    house.warm_fridge()
    house.say(FRIDGE, "probe_temperature", 5.0)
    house.stays(FRIDGE, "probe_temperature", 5.0, 400)
    house.work()
    return house


@pytest.mark.dialects(*DIALECTS)
def test_neither_time_nor_a_person_closes_it_before_somebody_has_decided(warm):
    assert warm.incidents[0].closed is None
    with pytest.raises(Conflict, match=r"W-1001 is about the cold chain: pharmacy lab first signs"):
        solve(warm)
    decide(warm)
    warm.after(2)
    assert warm.incidents[0].closed is not None
    warm.work()
    assert warm.ticket.state == "new", "a person closes it"
    assert warm.turns[-1] == ("wardkeeper", "leaves it open")
    assert solve(warm) == "solved"


def test_the_signature_says_who_in_which_role_when_and_what_it_means(warm):
    row = decide(warm)
    assert (row.name, row.role, row.at) == ("Pharmacy_Lab", "pharmacy_lab", warm.clock.now())
    assert (row.meaning, row.decision, row.reason) == (reserved.MEANING, "product discarded", "8.9 °C for 11 min")


def test_what_begins_anew_is_decided_anew(warm):
    decide(warm)
    warm.clock.advance(60)
    for _ in range(12):
        warm.say(FRIDGE, "probe_temperature", 9.5)
        warm.after(60)
    assert len(warm.incidents) == 1
    with pytest.raises(Conflict, match="first signs"):
        solve(warm)


def test_nothing_is_released_while_it_is_out_of_range(house):
    house.warm_fridge()
    house.work()
    with pytest.raises(Conflict, match="not back to normal"):
        decide(house, "product released")
    decide(house, "product discarded")


def test_isolation_is_decided_by_infection_prevention_or_facilities(house):
    house.say(DOOR, "door_open", True)
    house.after(61)
    house.say(DOOR, "door_open", False)
    house.stays(DOOR, "door_open", False, 400)
    assert (house.incidents[0].reserved, house.incidents[0].closed) == ("isolation", None)
    with pytest.raises(Forbidden, match="infection prevention or facilities"):
        decide(house, "room released", PHARMACY)
    decide(house, "room released", PREVENTION, "pressure back, room purged")
    house.after(2)
    assert house.incidents[0].closed is not None


def test_medical_gas_is_known_by_its_metric(house):
    text = "rules: [{name: Gas, metric: gas_pressure, below: 400}]"
    with house.database.write() as session:
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.say(PRESSURE, "gas_pressure", 350.0)
    assert house.incidents[0].reserved == "medical_gas"


def test_the_rest_closes_as_ever(house):
    house.say(PUMP, "battery", 20.0)
    house.after(5)
    house.say(PUMP, "battery", 90.0)
    house.stays(PUMP, "battery", 90.0, 400)
    assert (house.incidents[0].reserved, house.incidents[0].closed is None) == ("", False)
    with pytest.raises(Missing):
        decide(house)


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"who": BIOMED}, Forbidden),
        ({"who": person("pharmacy_lab", number=0)}, Forbidden),
        ({"decision": "looks fine"}, Invalid),
        ({"reason": "  "}, Invalid),
    ],
)
def test_what_is_no_decision(warm, wrong, error):
    with pytest.raises(error):
        decide(warm, **wrong)
    assert warm.all(Disposition) == []


def test_a_decision_signed_at_the_cold_store_counts_and_one_signed_here_stands_there(warm):
    with warm.database.write() as session:
        store = cold.ColdStore(asset_id=warm.ids["F-07"], product="vaccine", since=warm.clock.now())
        session.add(store)
        session.flush()
        cold.decide(session, store.asset_id, "discarded", {}, PHARMACY, warm.clock.now(), "too long")
    assert solve(warm) == "solved"
    decide(warm, "product returned")
    with warm.database.read() as session:
        newest = cold.records_of(session, warm.ids["F-07"])[0]
    assert (newest.kind, newest.content["decision"]) == ("disposition", "returned")


@pytest.mark.dialects(*DIALECTS)
def test_a_decision_is_never_changed_and_the_chain_shows_if_it_was(warm):
    decide(warm)
    decide(warm, "product returned")
    rows = list(reversed(warm.all(Disposition)))
    assert reserved.broken_at(rows) is None
    rows[1].reason = "something else"
    assert reserved.broken_at(rows) is rows[1]
    with pytest.raises(DBAPIError, match="only ever added"), warm.database.write() as session:
        session.execute(update(Disposition).values(reason="something else"))


def test_the_settings_begin_as_the_house_does():
    shipped, plain = Alarms(), Reserved()
    assert tuple(shipped.cold_categories) == plain.cold_categories
    assert tuple(shipped.isolation_room_types) == plain.isolation_room_types
    assert Custom().reserved == plain
    assert set(MATTERS) == {"cold_chain", "isolation", "medical_gas"}
