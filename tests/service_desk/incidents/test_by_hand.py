import pytest
from sqlalchemy import select

from asset_registry.audit import Audit
from asset_registry.errors import Conflict
from service_desk.alarms.model import Alarm
from service_desk.incidents import by_hand
from service_desk.incidents.model import Apart, Incident
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Comment, Ticket

DOOR, PRESSURE = "mqtt:zigbee2mqtt/4.12/door", "mqtt:zigbee2mqtt/4.12/pressure"


@pytest.fixture
def together(house):
    """The door is open and the pressure is gone: one incident, one ticket."""
    house.say(DOOR, "door_open", True)
    house.say(PRESSURE, "differential_pressure", -0.4)
    house.after(61)
    house.work()
    assert len(house.incidents) == len(house.all(Ticket)) == 1
    return house


def alarm(house, subject):
    return next(one for one in house.all(Alarm) if one.subject == subject)


def split(house, subject, why="the fan is loud too"):
    with house.database.write() as session:
        return by_hand.split(
            session, alarm(house, subject).id, "okafor", why, house.clock.now(), house.practice.custom.notify
        ).id


def join(house, subject, incident):
    with house.database.write() as session:
        by_hand.join(
            session, alarm(house, subject).id, incident, "okafor", "", house.clock.now(), house.practice.custom.notify
        )


def test_what_is_taken_apart_has_an_incident_and_a_ticket_of_its_own_and_both_say_who(together):
    own = split(together, PRESSURE)
    together.work()
    assert [alarm(together, subject).incident_id for subject in (DOOR, PRESSURE)] == [1, own]
    assert len(together.all(Ticket)) == 2
    assert any(turn.who == "okafor" and turn.did.startswith("took apart") for turn in together.all(Comment))
    with together.database.read() as session:
        (line,) = session.scalars(select(Audit).where(Audit.action == "move"))
    assert (line.who, line.before, line.after["incident"]) == ("okafor", {"incident": 1}, own)


def test_it_is_never_joined_so_again_also_after_a_restart(together):
    split(together, PRESSURE)
    together.say(PRESSURE, "differential_pressure", -4.0)
    together.clock.advance(3 * 3600)
    together.restart()
    together.say(PRESSURE, "differential_pressure", -0.4)
    together.after(31)
    assert alarm(together, PRESSURE).incident_id not in (None, 1)
    assert alarm(together, DOOR).incident_id == 1


def test_others_still_join(together):
    split(together, PRESSURE)
    with together.database.read() as session:
        barred = {(one.subject, one.cause) for one in session.scalars(select(Apart))}
    assert {subject for subject, _ in barred} == {PRESSURE}


def test_undone_it_is_forgotten(together):
    own = split(together, PRESSURE)
    together.work()
    join(together, PRESSURE, 1)
    together.work()
    assert alarm(together, PRESSURE).incident_id == 1
    assert together.all(Apart) == []
    child = together.incidents[-1]
    assert (child.id, child.parent_id, child.closed is not None) == (own, 1, True)
    assert [one.state for one in together.all(Ticket)] == ["new", "solved"]


def test_what_is_alone_cannot_be_taken_apart(house):
    house.say("mqtt:zigbee2mqtt/pump/P-117", "battery", 20.0)
    with pytest.raises(Conflict):
        split(house, "mqtt:zigbee2mqtt/pump/P-117")


def test_nothing_joins_what_is_closed(together):
    own = split(together, PRESSURE)
    with together.database.write() as session:
        session.get(Incident, 1).closed = together.clock.now()
    with pytest.raises(Conflict):
        join(together, PRESSURE, 1)
    assert alarm(together, PRESSURE).incident_id == own


def test_the_cause_itself_can_be_taken_out(house):
    with house.database.write() as session:
        text = "rules: [{name: Link, metric: link_up, equals: false}, {name: Gone, metric: available, equals: false}]"
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.say("link:ward", "link_up", False)
    house.say("mqtt:a", "available", False)
    house.say("mqtt:b", "available", False)
    assert len(house.incidents) == 1
    split(house, "link:ward")
    assert len(house.incidents) == 2
    house.clock.advance(1)
    house.say("mqtt:b", "available", True)
    house.clock.advance(3600)
    house.say("mqtt:b", "available", False)
    assert alarm(house, "mqtt:b").incident_id != alarm(house, "link:ward").incident_id
