"""A snapshot that follows what changed is the one that would be loaded anew."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from asset_registry import loading
from asset_registry.assets import Asset
from asset_registry.audit import KEPT_REVISIONS, RegistryChange, Revision, bump
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.hvac.rooms import RoomAir
from asset_registry.people import Person
from asset_registry.places import Place, Serves
from asset_registry.snapshot import Snapshot, SnapshotSource

WORKED_OUT = ("_alike", "_called", "_talkers", "_children", "_zones", "floors", "rooms", "unclaimed")


@pytest.fixture
def source(hospital):
    source = SnapshotSource(hospital.database, "linden", hospital.clock)
    source.refresh()
    return source


def known(snapshot):
    """All that a snapshot holds, what it works out too; how it came to be is left out."""
    held = {name: getattr(snapshot, name) for name in WORKED_OUT}
    words = snapshot.vocabulary
    held |= {"texts": {one: text for one, text in words._texts.items() if text}, "words": words._words}
    held |= {"named": {word: words._of(word) for word in words._words}, "walked": snapshot.walks._rooms}
    held |= {name: {key: value for key, value in held[name].items() if value} for name in ("_alike", "_talkers")}
    apart = {"walks", "vocabulary", "_known_above", "next_turn", "taken", "content", "_room_numbers", "_place_names"}
    content = {name: getattr(snapshot.content, name) for name in snapshot.content.__struct_fields__ if name != "taken"}
    return {name: value for name, value in vars(snapshot).items() if name not in {*apart, *WORKED_OUT}} | held | content


def anew(hospital):
    with hospital.database.read() as session:
        number = session.get(Revision, 1).number
        return Snapshot(loading.load(session, "linden", number, hospital.now()))


@pytest.fixture
def loaded(monkeypatch):
    """How often all was loaded."""
    times = []

    def load(*given):
        times.append(1)
        return loading.load(*given)

    monkeypatch.setattr("asset_registry.snapshot.load", load)
    return times


def test_after_whatever_was_edited_it_is_as_if_all_had_been_loaded(hospital, source, loaded):
    chance = random.Random(6)
    for step in range(60):
        known(source.current)  # worked out before, so that it has to be carried on
        hospital.clock.advance(1)
        with hospital.database.write() as session:
            for _ in range(chance.randint(1, 4)):
                chance.choice(EDITS)(session, hospital, chance, step)
                session.flush()
            bump(session)
            if chance.random() < 0.3:  # what is written behind the revision belongs to it too
                move_home(session, hospital, chance, step)
        assert source.refresh()
        assert known(source.current) == known(anew(hospital)), f"after step {step}"
    assert not loaded, "never all of it"


def test_what_began_and_ended_by_itself_is_known_at_the_next_change(hospital, source, loaded):
    tag, soon = hospital.device("ble:17"), hospital.now() + timedelta(hours=1)
    with hospital.database.write() as session:
        session.add(Binding(device_id=tag, asset_id=hospital.pump, role="tag", since=soon, until=None))
        bump(session)
    source.refresh()
    assert source.current.talkers_of(hospital.pump) == ()
    hospital.clock.advance(3_600)
    hospital.asset("B")
    source.refresh()
    assert source.current.talkers_of(hospital.pump) == ("ble:17",)
    assert len(loaded) == 1


def test_who_claimed_it_is_called_as_now(hospital, source, loaded):
    with hospital.database.write() as session:
        session.get(Asset, hospital.pump).claimed_by = hospital.nurse.person_id
        bump(session)
    source.refresh()
    assert source.current.assets[hospital.pump].claimer == "Lind"
    with hospital.database.write() as session:
        session.get(Person, hospital.nurse.person_id).name = "Lind-Haas"
        bump(session)
    source.refresh()
    assert source.current.assets[hospital.pump].claimer == "Lind-Haas"
    assert not loaded


@pytest.mark.parametrize("why", ["too many", "too long ago", "set back"])
def test_when_nobody_can_say_what_changed_all_is_loaded(hospital, source, loaded, monkeypatch, why):
    with hospital.database.write() as session:
        session.get(Asset, hospital.pump).name = "Another"
        if why == "too long ago":
            session.get(Revision, 1).number += KEPT_REVISIONS
        bump(session)
        if why == "set back":
            session.get(Revision, 1).number = 0
    monkeypatch.setattr(loading, "MOST_CHANGES", 0 if why == "too many" else 5_000)
    assert source.refresh()
    assert len(loaded) == 1
    assert source.current.assets[hospital.pump].name == "Another"


def test_what_changed_long_ago_is_forgotten(hospital):
    with hospital.database.write() as session:
        session.get(Revision, 1).number += KEPT_REVISIONS + 1
        bump(session)
        session.get(Asset, hospital.pump).name = "Another"
        session.flush()
        assert [row.row_id for row in session.scalars(select(RegistryChange))] == [hospital.pump]


def test_an_old_snapshot_stays_as_it_was(hospital, source):
    old = source.current
    before = known(old)
    hospital.asset("B")
    with hospital.database.write() as session:
        session.execute(delete(Asset).where(Asset.id == hospital.fridge))
        session.get(Place, hospital.r412).name = "Isolation"
        bump(session)
    source.refresh()
    assert source.current.asset("F-07") is None
    assert known(old) == before


# ---------------------------------------------------------------- edits


def _any(session, chance, table):
    return chance.choice(list(session.scalars(select(table).order_by(*table.__table__.primary_key))))


def new_asset(session, hospital, chance, step):
    number = f"N-{step}-{chance.randint(0, 10**9)}"
    category = chance.choice(("bed", "ventilator", "infusion pump"))
    now = hospital.now()
    session.add(Asset(number=number, name=f"Thing {step}", category=category, created=now, changed=now))


def rename_asset(session, hospital, chance, step):
    _any(session, chance, Asset).name = chance.choice(("Blue pump", "Bed", f"Word{step}"))


def swap_numbers(session, hospital, chance, step):
    one, other = _any(session, chance, Asset), _any(session, chance, Asset)
    if one is not other:
        a, b = one.number, other.number
        one.number = f"swap-{step}"
        session.flush()
        other.number = a
        session.flush()
        one.number = b


def set_status(session, hospital, chance, step):
    asset = _any(session, chance, Asset)
    asset.hygiene, asset.use = chance.choice(("clean", "soiled")), chance.choice(("idle", "in_use", "claimed"))
    asset.claimed_by = chance.choice((None, hospital.nurse.person_id, hospital.cleaner.person_id))


def many_at_once(session, hospital, chance, step):
    session.execute(update(Asset).where(Asset.id % 2 == step % 2).values(department=f"Ward {step}"))


def merge(session, hospital, chance, step):
    one, other = _any(session, chance, Asset), _any(session, chance, Asset)
    if one is not other:
        one.merged_into = other.id
        session.execute(update(Binding).where(Binding.asset_id == one.id).values(asset_id=other.id))


def take_out_asset(session, hospital, chance, step):
    asset = _any(session, chance, Asset)
    bound = session.scalar(select(Binding.id).where(Binding.asset_id == asset.id).limit(1))
    merged = session.scalar(select(Asset.id).where(Asset.merged_into == asset.id).limit(1))
    if bound is None and merged is None and asset.number not in ("P-117", "F-07"):
        session.execute(delete(Serves).where(Serves.asset_id == asset.id))
        session.execute(delete(Asset).where(Asset.id == asset.id))


def new_device(session, hospital, chance, step):
    native_id = f"ble:{step}-{chance.randint(0, 10**9)}"
    site = chance.choice(("linden", "linden", "elsewhere"))
    session.add(Device(site=site, native_id=native_id, first_seen=hospital.now(), name=f"Tag{step}"))


def device_of_another_site(session, hospital, chance, step):
    if session.scalar(select(Device.id).limit(1)) is not None:
        _any(session, chance, Device).site = chance.choice(("linden", "elsewhere"))


def bind(session, hospital, chance, step):
    new_device(session, hospital, chance, step)
    session.flush()
    place = chance.random() < 0.4
    target = {"place_id": hospital.r407} if place else {"asset_id": _any(session, chance, Asset).id}
    since = hospital.now() - timedelta(hours=chance.randint(0, 3))
    device = _any(session, chance, Device).id
    session.add(Binding(device_id=device, role="sensor" if place else "tag", since=since, until=None, **target))


def unbind(session, hospital, chance, step):
    if session.scalar(select(Binding.id).limit(1)) is not None:
        binding = _any(session, chance, Binding)
        if chance.random() < 0.5:
            session.delete(binding)
        else:
            binding.until = max(binding.since, hospital.now())


def gateway(session, hospital, chance, step):
    new_device(session, hospital, chance, step)
    session.flush()
    device = _any(session, chance, Device)
    row = session.get(Gateway, device.id)
    if row is not None:
        session.delete(row)
    else:
        session.add(Gateway(device_id=device.id, place_id=hospital.r412, x_m=step, y_m=1))


def rename_place(session, hospital, chance, step):
    place = _any(session, chance, Place)
    place.name = f"Place {step}"
    if place.kind == "room":
        place.number = f"{step}.{chance.randint(0, 10**6)}"


def redraw(session, hospital, chance, step):
    floor = session.get(Place, hospital.floor)
    numbers = [room.number for room in session.scalars(select(Place).where(Place.parent_id == hospital.floor))]
    floor.plan = {"zones": [{"kind": "exit", "name": f"Door {step}", "rooms": numbers[: chance.randint(0, 3)]}]}


def new_and_gone_room(session, hospital, chance, step):
    empty = list(session.scalars(select(Place).where(Place.room_type == "empty")))
    if empty and chance.random() < 0.5:
        session.execute(delete(RoomAir).where(RoomAir.place_id == empty[0].id))
        session.delete(empty[0])
    else:
        number = f"new {step} {chance.randint(0, 10**6)}"
        session.add(Place(kind="room", number=number, parent_id=hospital.floor, room_type="empty"))


def air(session, hospital, chance, step):
    session.merge(RoomAir(place_id=hospital.r412, said={"volume_m3": step}, changed=hospital.now()))


def serve(session, hospital, chance, step):
    session.merge(Serves(asset_id=hospital.fridge, place_id=chance.choice((hospital.r407, hospital.r412))))


def move_home(session, hospital, chance, step):
    session.get(Asset, hospital.pump).home_id = chance.choice((hospital.r407, hospital.r412, None))


EDITS = [
    new_asset, rename_asset, swap_numbers, set_status, many_at_once, merge, take_out_asset, new_device,
    device_of_another_site, bind, unbind, gateway, rename_place, redraw, new_and_gone_room, air, serve,
]  # fmt: skip
