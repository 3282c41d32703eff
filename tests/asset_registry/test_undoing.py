"""Imports of places and devices, and merges, are undone with all that they moved; what was changed since is named."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry import imports
from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device, Target, bind
from asset_registry.change_sets import undo
from asset_registry.duplicates import merge
from asset_registry.imports import import_csv, import_in_parts
from asset_registry.places import Place, Serves


def bring(hospital, kind, text):
    with hospital.database.write() as session:
        report = import_csv(session, kind, text, site="linden", who="okafor", now=hospital.now())
    assert not report.rejected
    return report.change_set


def take_back(hospital, change_set):
    hospital.clock.advance(60)
    with hospital.database.write() as session:
        undone = undo(session, change_set, "okafor", hospital.now())
    return undone.restored, undone.kept


def all_of(hospital, table):
    names = [column.name for column in table.__table__.columns]
    with hospital.database.read() as session:
        return {row.id: {name: getattr(row, name) for name in names} for row in session.scalars(select(table))}


# ---------------------------------------------------------------- places and devices


def test_an_import_of_places_is_undone_whole(hospital):
    before = all_of(hospital, Place)
    rows = ("room,4.07,linden/A/4,Soiled,store,", "room,6.01,linden/A/6,,x,", "floor,6,linden/A,Six,,6")
    change_set = bring(hospital, "places", "\n".join(("kind,number,parent,name,room_type,level", *rows)))
    assert len(all_of(hospital, Place)) == len(before) + 2
    assert take_back(hospital, change_set) == (3, [])
    assert all_of(hospital, Place) == before


def test_a_place_that_is_needed_now_stays_with_those_it_lies_in(hospital):
    text = (
        "kind,number,parent,name,level\nfloor,6,linden/A,Six,6\nroom,6.01,linden/A/6,One,\nroom,6.02,linden/A/6,Two,\n"
    )
    change_set = bring(hospital, "places", text)
    with hospital.database.write() as session:
        room = session.scalar(select(Place).where(Place.number == "6.01"))
        session.get(Asset, hospital.pump).home_id = room.id
        bump(session)
    assert take_back(hospital, change_set) == (1, [("6.01", "an asset speaks of it"), ("6", "something lies in it")])


def test_a_name_that_somebody_changed_since_is_left(hospital):
    change_set = bring(hospital, "places", "kind,number,parent,name\nroom,4.07,linden/A/4,Soiled\n")
    with hospital.database.write() as session:
        session.get(Place, hospital.r407).name = "Clean"
        bump(session)
    assert take_back(hospital, change_set) == (0, [("4.07", "name changed since")])


def test_an_import_of_devices_is_undone_but_for_what_is_bound(hospital):
    hospital.device("ble:17", name="as it says", typed=["name"])
    before = all_of(hospital, Device)
    text = "native_id,name,maker\nble:17,as typed,Acme\nble:18,new,\nble:19,newer,\n"
    change_set = bring(hospital, "devices", text)
    with hospital.database.write() as session:
        device = session.scalar(select(Device.id).where(Device.native_id == "ble:19"))
        bind(session, device, Target(asset_id=hospital.pump), "tag", "okafor", hospital.now())
    assert take_back(hospital, change_set) == (2, [("ble:19", "a binding speaks of it")])
    assert {key: row for key, row in all_of(hospital, Device).items() if row["native_id"] != "ble:19"} == before


# ---------------------------------------------------------------- merges


@pytest.fixture
def twice(hospital):
    """Pump B, entered again as C: C wears the tag, serves a room and has a custodian."""
    kept, gone = hospital.asset("B"), hospital.asset("C", custodian="Ward 4", maker="Acme", home_id=hospital.r412)
    tag, hour_ago = hospital.device("ble:17"), hospital.now() - timedelta(hours=1)
    with hospital.database.write() as session:
        bind(session, tag, Target(asset_id=gone), "tag", "okafor", hospital.now(), since=hour_ago)
        session.add_all((Serves(asset_id=gone, place_id=hospital.r407), Serves(asset_id=kept, place_id=hospital.r412)))
        bump(session)
    return kept, gone, tag


def merged(hospital, kept, gone):
    hospital.clock.advance(60)
    with hospital.database.write() as session:
        return merge(session, kept, gone, hospital.biomed, hospital.now()).id


def as_it_is(hospital):
    with hospital.database.read() as session:
        serving = sorted((row.asset_id, row.place_id) for row in session.scalars(select(Serves)))
    assets = {key: row | {"changed": None} for key, row in all_of(hospital, Asset).items()}
    return assets, all_of(hospital, Binding), serving


def test_a_merge_is_undone_with_the_devices_and_rooms_that_it_moved(hospital, twice):
    kept, gone, _ = twice
    before = as_it_is(hospital)
    change_set = merged(hospital, kept, gone)
    assert hospital.snapshot().asset_of("ble:17").id == kept
    assert hospital.snapshot().assets[kept].custodian == "Ward 4"
    assert take_back(hospital, change_set) == (2, [])
    assert as_it_is(hospital) == before
    assert hospital.snapshot().asset_of("ble:17").id == gone


def test_a_tag_that_was_bound_anew_since_stays_there(hospital, twice):
    kept, gone, tag = twice
    change_set = merged(hospital, kept, gone)
    hospital.clock.advance(60)
    with hospital.database.write() as session:
        bind(session, tag, Target(asset_id=hospital.pump), "tag", "okafor", hospital.now())
        session.add(Serves(asset_id=kept, place_id=hospital.r419))
    assert take_back(hospital, change_set) == (
        2,
        [("ble:17", "it was bound anew since"), ("B", "what it serves changed since")],
    )
    assert hospital.snapshot().asset_of("ble:17").id == hospital.pump


def test_an_import_is_undone_with_what_its_assets_serve(hospital):
    text = "number,category,serves\nP-117,infusion pump,4.12\nAHU,air handler,4.07|4.12\n"
    change_set = bring(hospital, "assets", text)
    assert [place.number for place in hospital.snapshot().served_by(hospital.pump)] == ["4.12"]
    assert take_back(hospital, change_set) == (2, [])
    assert hospital.snapshot().served_by(hospital.pump) == []
    assert hospital.snapshot().asset("AHU") is None


# ---------------------------------------------------------------- in parts


PART = 20


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(imports, "PART", PART)


def in_parts(hospital, kind, text, **more):
    return import_in_parts(hospital.database, kind, text, site="linden", who="okafor", now=hospital.now(), **more)


def test_a_file_in_parts_is_one_change_with_every_bad_row_named_and_others_write_between(hospital):
    rows = [f"A-{number},bed,4.12" for number in range(PART + 15)]
    rows[3], rows[PART + 10] = "A-3,,4.12", "A-5,bed,4.12"
    told, written = [], []

    def rest(_seconds):
        with hospital.database.write() as session:
            session.get(Place, hospital.r407).name = f"between {len(written)}"
            bump(session)
        written.append(1)

    text = "number,category,serves\n" + "\n".join(rows)
    report = in_parts(hospital, "assets", text, rest=rest, progress=lambda *done: told.append(done))
    assert (report.created, report.kept, len(written)) == (PART + 13, PART + 13, 2)
    assert [(bad.line, bad.field) for bad in report.rejected] == [(5, "category"), (PART + 12, "number")]
    assert told[-1] == (PART + 15, PART + 15)
    assert take_back(hospital, report.change_set) == (PART + 13, [])
    assert hospital.snapshot().asset("A-1") is None


def test_a_dry_run_in_parts_leaves_no_trace(hospital):
    before = all_of(hospital, Device)
    text = "native_id,name\n" + "\n".join(f"ble:{number},Tag" for number in range(PART + 2))
    assert in_parts(hospital, "devices", text, dry_run=True).created == PART + 2
    assert all_of(hospital, Device) == before


def test_rows_of_a_later_part_know_those_of_an_earlier_one(hospital):
    rooms = "".join(f"room,6.{number},linden/A/6,\n" for number in range(PART))
    report = in_parts(
        hospital, "places", f"kind,number,parent,level\n{rooms}floor,6,linden/A,6\nbed,1,linden/A/6/6.7,\n"
    )
    assert (report.created, report.rejected) == (PART + 2, [])
    assert take_back(hospital, report.change_set) == (PART + 2, [])
