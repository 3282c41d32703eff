"""Who hears of what happens to an incident."""

import pytest

from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.people import Person
from service_desk.notices import choices
from tests.service_desk.conftest import PUMP


def test_who_wants_to_hear_of_it_is_told_once_with_what_they_need_and_no_more(desk, house):
    desk.wants("brandt", "mail")
    house.warm_fridge()
    desk.work()
    [message] = desk.by["mail"].said
    assert message.address == "brandt by mail"
    assert message.subject == "HIGH Vaccine fridge F-07 in 4.18 is at 8.9\u00a0°C"
    assert message.text.splitlines() == [
        "Vaccine fridge F-07 in 4.18 is at 8.9\u00a0°C.",
        "Where: 4.18 Medication",
        "Since: 07:52",
        "Priority: high",
        "https://ward.linden.example/alarms#incident-1",
        "",
        "Linden General, Wardkeeper. Not for patient monitoring.",
    ]
    assert message.short == (
        "HIGH Vaccine fridge F-07 in 4.18 is at 8.9 C since 07:52 https://ward.linden.example/alarms#incident-1"
    )
    assert desk.work() == 0


def test_the_ticket_says_who_was_told_and_how(desk, house):
    desk.wants("brandt", "mail")
    house.warm_fridge()
    desk.work()
    house.work()
    assert [(one["how"], one["who"]) for one in house.ticket.evidence["told"]] == [
        ("screen", "Wardkeeper's screens"),
        ("mail", desk.person("brandt").name),
    ]


def test_the_row_is_written_with_the_transition_or_neither(desk, house, monkeypatch):
    desk.wants("brandt", "mail")
    monkeypatch.setattr(house.alarms, "_keep", lambda *_: (_ for _ in ()).throw(RuntimeError("the power went")))
    with pytest.raises(RuntimeError):
        house.say(PUMP, "battery", 20.0)
    assert (desk.notices, house.incidents) == ([], [])
    house.restart()
    house.say(PUMP, "battery", 20.0)
    assert len(desk.notices) == len(house.incidents) == 1


@pytest.mark.dialects("sqlite")
@pytest.mark.parametrize(
    "wish,heard",
    [
        ({"priority": "medium"}, True),
        ({"priority": "high"}, False),
        ({"priority": ""}, False),
        ({"departments": ("Imaging",)}, False),
        ({"departments": ("ICU", "Imaging")}, True),
    ],
)
def test_each_chooses_from_which_priority_and_for_which_department(desk, house, wish, heard):
    from asset_registry.assets import Asset
    from asset_registry.audit import bump

    with house.database.write() as session:
        session.get(Asset, house.ids["P-117"]).department = "ICU"
        bump(session)
    house.registered.refresh()
    desk.wants("brandt", "mail", **wish)
    house.say(PUMP, "battery", 20.0)
    assert bool(desk.notices) is heard


@pytest.mark.dialects("sqlite")
@pytest.mark.parametrize("place,heard", [("building", True), ("floor", True), ("4.18", True), ("4.12", False)])
def test_a_building_means_everything_in_it(desk, house, place, heard):
    desk.wants("brandt", "mail", places=(house.ids[place],))
    house.warm_fridge()
    assert bool(desk.notices) is heard


@pytest.mark.dialects("sqlite")
def test_who_left_or_has_no_way_hears_nothing_and_an_address_in_the_registry_is_a_way(desk, house):
    for login in ("brandt", "okafor"):
        desk.wants(login)
    with house.database.write() as session:
        session.get(Person, house.ids["okafor"]).email = "okafor@linden.example"
    house.say(PUMP, "battery", 20.0)
    assert [(notice.channel, notice.address) for notice in desk.notices] == [("mail", "okafor@linden.example")]
    with house.database.write() as session:
        session.get(Person, house.ids["okafor"]).active = False
    house.warm_fridge()
    assert len(desk.notices) == 1


@pytest.mark.dialects("sqlite")
def test_that_it_is_over_hears_who_was_told_and_wants_to(desk, house):
    desk.wants("brandt", "mail", over=True)
    desk.wants("okafor", "sms")
    house.say(PUMP, "battery", 20.0)
    desk.work()
    house.after(60)
    house.say(PUMP, "battery", 90.0)
    house.after(400)
    desk.work()
    assert desk.told == [("brandt by mail", "opened"), ("brandt by mail", "closed"), ("okafor by sms", "opened")]
    assert desk.by["mail"].said[-1].subject.startswith("MEDIUM Over: Pump 117")


@pytest.mark.dialects("sqlite")
def test_what_comes_and_goes_is_told_again_only_after_a_while(desk, house):
    desk.wants("brandt", "mail")
    for _ in range(4):
        house.say(PUMP, "battery", 20.0)
        house.after(60)
        house.say(PUMP, "battery", 90.0)
        house.after(60)
    desk.work()
    assert [what for _, what in desk.told] == ["opened"]
    house.after(600)
    house.say(PUMP, "battery", 20.0)
    desk.work()
    assert [what for _, what in desk.told] == ["opened", "reopened"]


@pytest.mark.dialects("sqlite")
def test_quiet_hours_wait_for_the_morning_and_what_is_over_by_then_wakes_nobody(desk, house):
    desk.wants("brandt", "mail", quiet_from="07:00", quiet_until="09:00")  # it is 07:42
    house.warm_fridge()
    desk.work()
    assert desk.told == []
    house.clock.advance(66 * 60 + 1)
    desk.work()
    assert desk.told == [("brandt by mail", "opened")]
    house.clock.advance(23 * 3600)
    house.say(PUMP, "battery", 20.0)
    assert desk.work() == 0
    house.after(60)
    house.say(PUMP, "battery", 90.0)
    house.after(400)
    house.clock.advance(2 * 3600)
    desk.work()
    assert desk.told == [("brandt by mail", "opened")]
    assert desk.notices[-1].failed == "it was over before it could be told"


@pytest.mark.dialects("sqlite")
def test_what_a_person_chooses_is_checked_and_only_theirs(desk, house):
    now, brandt, okafor = house.clock.now(), desk.person("brandt"), desk.person("okafor")
    desk.wants("brandt", "mail", "sms")
    with house.database.write() as session:
        first, second = choices.ways_of(session, brandt.person_id)
        choices.try_first(session, brandt, second.id, now)
        assert [way.channel for way in choices.ways_of(session, brandt.person_id)] == ["sms", "mail"]
        with pytest.raises(Conflict, match="one of your ways already"):
            choices.add_way(session, desk.teller, brandt, "sms", second.address, now)
        with pytest.raises(Invalid, match='no channel "pigeon"'):
            choices.add_way(session, desk.teller, brandt, "pigeon", "loft", now)
        with pytest.raises(Missing):
            choices.remove_way(session, desk.teller, okafor, first.id, now)
        choices.remove_way(session, desk.teller, brandt, first.id, now)
        assert [way.rank for way in choices.ways_of(session, brandt.person_id)] == [0]
        for wrong in ({"quiet_from": "22:00"}, {"quiet_from": "22:00", "quiet_until": "soon"}, {"priority": "huge"}):
            with pytest.raises(Invalid):
                choices.set_wish(session, brandt, choices.Wanted(**wrong), now)
