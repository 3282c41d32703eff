import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import Audit, Revision, history
from asset_registry.db import Database
from asset_registry.errors import Invalid
from asset_registry.imports import KINDS, export_csv, import_csv
from asset_registry.places import Place
from asset_registry.status import set_status


def bring(hospital, kind, text, **options):
    with hospital.database.write() as session:
        return import_csv(session, kind, text, site="linden", who="okafor", now=hospital.now(), **options)


def faults(report):
    return [(rejection.line, rejection.field, rejection.why) for rejection in report.rejected]


def assets(hospital):
    with hospital.database.read() as session:
        return {asset.number: asset for asset in session.scalars(select(Asset))}


def test_good_rows_are_kept_and_every_bad_one_is_named(hospital):
    report = bring(
        hospital,
        "assets",
        "number,category,mobile,home,hygiene\n"
        "P-1,infusion pump,yes,4.07,clean\n"
        "P-2,infusion pump,perhaps,,\n"
        ",infusion pump,,,\n"
        "P-3,,,,\n"
        "P-4,infusion pump,,9.99,\n"
        "\n"
        "P-5,infusion pump,,,claen\n"
        "P-6,infusion pump\n"
        "P-1,infusion pump,,,\n"
        "P-7,infusion pump,,linden/A/4/4.19,\n",
    )
    assert (report.kept, report.created) == (2, 2)
    assert faults(report) == [
        (3, "mobile", '"perhaps" is neither yes nor no'),
        (4, "number", "must not be empty"),
        (5, "category", "must not be empty"),
        (6, "home", 'there is no place "9.99"; import the places first'),
        (8, "hygiene", 'cannot be "claen"; did you mean "clean"?'),
        (9, "", "has 2 cells, the header has 5"),
        (10, "number", '"P-1" stands on line 2 already'),
    ]
    known = assets(hospital)
    assert (known["P-1"].hygiene, known["P-1"].home_id, known["P-7"].home_id) == ("clean", hospital.r407, hospital.r419)
    assert "P-2" not in known


def test_atomic_keeps_all_or_none_and_a_dry_run_none_with_the_same_report(hospital):
    text = "number,category\nP-1,pump\nP-2,\n"
    before = set(assets(hospital))
    dry = bring(hospital, "assets", text, dry_run=True)
    assert (dry.kept, len(dry.rejected), set(assets(hospital))) == (1, 1, before)
    whole = bring(hospital, "assets", text, atomic=True)
    assert (whole.kept, len(whole.rejected), set(assets(hospital))) == (0, 1, before)
    assert bring(hospital, "assets", "number,category\nP-1,pump\n", atomic=True).kept == 1
    assert set(assets(hospital)) == before | {"P-1"}


def test_a_dry_run_leaves_no_trace(hospital):
    with hospital.database.read() as session:
        before = (session.get(Revision, 1).number, len(session.scalars(select(Audit)).all()))
    for kind, text in FILES.items():
        bring(hospital, kind, text, dry_run=True)
    with hospital.database.read() as session:
        assert (session.get(Revision, 1).number, len(session.scalars(select(Audit)).all())) == before


def test_a_misspelt_column_refuses_the_file_and_says_which_was_meant(hospital):
    report = bring(hospital, "assets", "number,catgory,colour,number\nP-1,pump,red,P-1\n")
    assert (report.kept, faults(report)) == (
        0,
        [
            (1, "number", "stands there more than once"),
            (1, "catgory", 'is not a column; did you mean "category"?'),
            (1, "colour", faults(report)[2][2]),
            (1, "number", "stands there more than once"),
            (1, "category", "is missing from the header"),
        ],
    )
    assert faults(report)[2][2].startswith("is not a column; the columns are number, category")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_says_what_it_should_have(hospital, text):
    assert faults(bring(hospital, "devices", text))[0][2].startswith(
        "is empty; the first line names the columns: native_id"
    )


def test_what_a_spreadsheet_writes_is_read(hospital):
    text = '\ufeffNumber;Category;Name\r\nP-1;pump;"two\nlines; and ""quotes"""\r\nP-2;pump;x\r\nP-3;;x\r\n'
    report = bring(hospital, "assets", text)
    assert report.kept == 2
    assert faults(report) == [(5, "category", "must not be empty")]
    assert assets(hospital)["P-1"].name == 'two\nlines; and "quotes"'


def test_a_quote_that_never_ends_is_named(hospital):
    report = bring(hospital, "assets", 'number,category\nP-1,pump\nP-2,"pump\nP-3,pump\n')
    assert report.kept == 1
    assert faults(report)[0][0] == 3


def test_an_asset_that_exists_is_updated_by_its_number_but_its_status_is_left_to_people(hospital):
    with hospital.database.write() as session:
        set_status(session, hospital.pump, {"hygiene": "soiled"}, hospital.nurse, hospital.now())
    report = bring(hospital, "assets", "number,category,maker,hygiene\nP-117,syringe pump,B. Braun,clean\n")
    assert (report.changed, report.created) == (1, 0)
    pump = assets(hospital)["P-117"]
    assert (pump.category, pump.maker, pump.hygiene, pump.name) == ("syringe pump", "B. Braun", "soiled", "Pump 117")
    with hospital.database.read() as session:
        line = history(session, "asset", hospital.pump)[0]
    assert (line.who, line.before) == ("okafor", {"category": "infusion pump", "maker": ""})


def test_places_come_in_whatever_order_and_must_lie_where_they_can(hospital):
    report = bring(
        hospital,
        "places",
        "kind,number,parent,level,room_type,plan\n"
        'room,6.01,linden/A/6,,patient_room,"{""polygon"": [[0,0],[4,0],[4,6]]}"\n'
        "bed,1,linden/A/6/6.01,,,\n"
        "floor,6,linden/A,6,,\n"
        "floor,7,linden/A,,,\n"
        "floor,8,linden/A,high,,\n"
        "room,9.01,linden,,,\n"
        "room,6/02,linden/A/6,,,\n"
        'room,6.03,linden/A/6,,,"{""polygon"": [[0,0],[4]]}"\n'
        "room,6.04,linden/A/6,,,[1]\n"
        "site,other,linden,,,\n"
        "hall,1,linden,,,\n",
    )
    assert report.created == 3
    assert [(line, field) for line, field, _ in faults(report)] == [
        (5, "level"),
        (6, "level"),
        (7, "parent"),
        (8, "number"),
        (9, "plan"),
        (10, "plan"),
        (11, "parent"),
        (12, "kind"),
    ]
    assert [place.number for place in hospital.snapshot().path(hospital.snapshot().room("6.01").id)][-2:] == [
        "6",
        "6.01",
    ]


def test_a_number_that_several_places_have_needs_the_path(hospital):
    bring(hospital, "places", "kind,number,parent\nroom,4.07,linden/A/5\n")
    report = bring(hospital, "assets", "number,category,home\nX-1,bed,4.07\n")
    assert faults(report) == [(2, "home", '"4.07" is not the only one; write linden/A/4/4.07 or linden/A/5/4.07')]


def test_bindings_name_what_is_missing(hospital):
    hospital.device("ble:17")
    report = bring(
        hospital,
        "bindings",
        "device,role,asset,place,since,until\n"
        "ble:17,tag,P-117,,2026-11-01T00:00:00Z,2026-11-20T00:00:00Z\n"
        "ble:17,tag,F-07,,2026-11-20T01:00:00+01:00,\n"
        "ble:18,tag,P-117,,,\n"
        "ble:17,tag,P-999,,,\n"
        "ble:17,tag,P-117,4.07,2026-11-21T00:00:00Z,\n"
        "ble:17,hat,P-117,,,\n"
        "ble:17,sensor,,4.07,yesterday,\n"
        "ble:17,sensor,,4.07,2026-11-21T00:00:00,\n",
    )
    assert report.created == 2
    assert [(line, field) for line, field, _ in faults(report)] == [
        (4, "device"),
        (5, "asset"),
        (6, "device"),
        (7, "role"),
        (8, "since"),
        (9, "since"),
    ]
    assert [b.asset_id for b in hospital.snapshot().bindings_of("ble:17")] == [hospital.fridge, hospital.pump]


FILES = {
    "places": "kind,number,parent,level\nfloor,6,linden/A,6\nroom,6.01,linden/A/6,\n",
    "assets": "number,category,home,serves,mobile\nAHU-3,air handler,4.19,4.07|4.12,no\nP-1,pump,,,\n",
    "devices": "native_id,name,interval_s\nble:17,Tag 17,8\nmqtt:air,,\n",
    "gateways": 'native_id,place,x_m,y_m\nmqtt:espresense/4-07,4.07,2,"3,5"\n',
    "bindings": "device,role,asset,place,since\nble:17,tag,P-1,,\nmqtt:air,sensor,,4.07,2026-11-01T00:00:00Z\n",
}


def test_reading_the_same_files_again_changes_nothing(hospital):
    for kind, text in FILES.items():
        assert bring(hospital, kind, text).rejected == []
    with hospital.database.read() as session:
        before = session.get(Revision, 1).number
    hospital.clock.advance(3600)
    for kind, text in FILES.items():
        report = bring(hospital, kind, text)
        assert (report.unchanged, report.rejected) == (report.kept, []), kind
    with hospital.database.read() as session:
        assert session.get(Revision, 1).number == before
    snapshot = hospital.snapshot()
    assert [place.number for place in snapshot.served_by(snapshot.asset("AHU-3").id)] == ["4.07", "4.12"]
    assert snapshot.gateway("mqtt:espresense/4-07").y_m == 3.5


def test_an_export_fills_an_empty_hospital_with_the_same(hospital, new_database):
    for kind, text in FILES.items():
        bring(hospital, kind, text)
    with hospital.database.read() as session:
        files = {kind: export_csv(session, kind, site="linden") for kind in KINDS}
    empty = Database(new_database())
    with empty.write() as session:
        for kind, text in files.items():
            report = import_csv(session, kind, text, site="linden", who="x", now=hospital.now(), atomic=True)
            assert report.rejected == []
    with empty.read() as session:
        assert {kind: export_csv(session, kind, site="linden") for kind in KINDS} == files
        room = session.scalar(select(Place).where(Place.number == "4.07"))
        assert json.loads(json.dumps(room.plan))["polygon"][0] == [0, 0]
    empty.close()


def test_progress_is_told(hospital):
    heard = []
    bring(hospital, "assets", "number,category\nP-1,a\nP-2,\nP-3,a\n", progress=lambda *step: heard.append(step))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_an_unknown_kind_is_refused_with_the_kinds(hospital):
    with pytest.raises(Invalid, match="kinds are places, assets, devices, gateways, bindings"):
        bring(hospital, "pumps", "")


@given(st.sampled_from(KINDS), st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_stops_an_import(hospital, kind, text, with_header):
    header = FILES[kind].splitlines()[0]
    report = bring(hospital, kind, f"{header}\n{text}" if with_header else text, dry_run=True)
    assert all(rejection.why and rejection.line >= 1 for rejection in report.rejected)
