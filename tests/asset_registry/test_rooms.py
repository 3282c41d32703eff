"""What people set and sign about rooms: settings along the places, checks, purges; all of it audited."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from asset_registry.audit import history
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.hvac import Profile, rooms
from asset_registry.people import TELEMETRY, Principal
from asset_registry.places import Place
from asset_registry.snapshot import SnapshotSource
from collector.clock import ManualClock

NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
HAAS = Principal(1, "haas", "R. Haas", frozenset({"infection_prevention"}))
NOVAK = Principal(2, "novak", "J. Novak", frozenset({"facilities"}))
ROOM = Profile("isolation_room", mixing_factor=3.0)


@pytest.fixture
def places(database):
    with database.write() as session:
        found, parent = {}, None
        for kind, number in (("site", "linden"), ("building", "A"), ("floor", "4"), ("room", "4.12")):
            row = Place(
                kind=kind, number=number, parent_id=parent, room_type="isolation_room" if kind == "room" else ""
            )
            session.add(row)
            session.flush()
            found[kind], parent = row.id, row.id
    return found


def test_a_room_hears_what_its_site_and_floor_say(database, places):
    with database.write() as session:
        rooms.save_settings(session, places["site"], {"door_grace_s": 30}, "novak", NOW)
        rooms.save_settings(session, places["room"], {"mode": "isolation off", "ranges": {"co2": None}}, "haas", NOW)
    source = SnapshotSource(database, "linden", ManualClock())
    source.refresh()
    said = source.current.said_of_air(places["room"])
    assert said == [{"door_grace_s": 30}, {"mode": "isolation off", "ranges": {"co2": None}}]
    assert source.current.said_of_air(places["floor"]) == said[:1]


def test_settings_are_audited_and_wrong_ones_named(database, places):
    with database.write() as session:
        rooms.save_settings(session, places["room"], {"mode": "isolation off"}, "haas", NOW)
        rooms.save_settings(session, places["room"], {}, "novak", NOW)
        newest, first = history(session, "place", places["room"])
        assert (first.who, first.after) == ("haas", {"mode": "isolation off"})
        assert (newest.who, newest.before, newest.after) == ("novak", {"mode": "isolation off"}, {})
        for said, why in (
            ({"door_grace": 3}, "door_grace: "),
            ({"ranges": {"co2": [5, 1]}}, "ranges.co2: .*the lower one first"),
            ({"ranges": {"spo2": [90, None]}}, "ranges: unknown spo2"),
            ({"types": {"patient_room": {"types": {"x": {}}}}}, "types stand only on the first level"),
            ({"tell": {"fire": ["ward"]}}, "unknown fire"),
        ):
            with pytest.raises(Invalid, match=why):
                rooms.save_settings(session, places["room"], said, "haas", NOW)
        with pytest.raises(Missing):
            rooms.save_settings(session, 999, {}, "haas", NOW)


def test_a_check_is_signed_by_a_person_who_says_what_they_saw(database, places):
    with database.write() as session:
        seen = rooms.sign_check(session, places["room"], HAAS, " ball held in ", NOW, agrees=True, value=-4.1)
        assert (seen.name, seen.at, seen.seen, seen.value) == ("R. Haas", NOW, "ball held in", -4.1)
        assert rooms.checks_of(session, places["room"]) == [seen]
        assert history(session, "place", places["room"])[0].action == "check"
        with pytest.raises(Invalid, match="Say what you have seen"):
            rooms.sign_check(session, places["room"], HAAS, "  ", NOW, agrees=True, value=None)
        with pytest.raises(Forbidden, match="A person signs"):
            rooms.sign_check(session, places["room"], TELEMETRY, "smoke", NOW, agrees=True, value=None)
        span = NOW, NOW + timedelta(seconds=1)
        assert rooms.checks_between(session, [places["room"]], *span) == [seen]
        assert rooms.checks_between(session, [places["site"]], *span) == []


@pytest.mark.parametrize("how", ["UPDATE room_check SET seen = 'nothing'", "DELETE FROM room_check"])
def test_the_database_refuses_to_change_a_check(database, places, how):
    with database.write() as session:
        rooms.sign_check(session, places["room"], HAAS, "smoke went in", NOW, agrees=True, value=None)
    with pytest.raises(DBAPIError, match="only ever added"), database.write() as session:
        session.execute(text(how))


def test_infection_prevention_releases_a_room_when_its_air_is_cleared(database, places):
    room = places["room"]
    with database.write() as session:
        begun = rooms.begin_purge(session, room, NOVAK, ROOM, 12.0, NOW)
        assert begun.minutes == pytest.approx(103.6, abs=0.1)
        with pytest.raises(Conflict, match="already"):
            rooms.begin_purge(session, room, NOVAK, ROOM, 12.0, NOW)
        later = NOW + timedelta(minutes=104)
        with pytest.raises(Forbidden, match="Infection prevention"):
            rooms.release(session, room, NOVAK, "", later)
        with pytest.raises(Invalid, match="not over"):
            rooms.release(session, room, HAAS, " ", NOW)
        assert rooms.release(session, room, HAAS, "", later).released == later
        with pytest.raises(Conflict, match="nothing to release"):
            rooms.release(session, room, HAAS, "", later)
        assert [line.action for line in history(session, "place", room)] == ["release", "begin purge"]


def test_without_air_changes_nothing_is_estimated(database, places):
    with database.write() as session:
        with pytest.raises(Invalid, match="no time can be estimated"):
            rooms.begin_purge(session, places["room"], NOVAK, ROOM, None, NOW)
        assert session.scalar(select(rooms.RoomPurge.id)) is None
