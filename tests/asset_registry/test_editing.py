"""Editing, undoing and attaching; fields of one's own; records of GUDID."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from asset_registry.asset_fields import BY_NAME, AssetField, value_of
from asset_registry.assets import Asset, usable
from asset_registry.attachments import attach, attachment, attachments_of, detach, path_of
from asset_registry.audit import history
from asset_registry.change_sets import undo
from asset_registry.custom_fields import define, retire
from asset_registry.editing import edit, preview
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.gudid import import_gudid, records_in
from asset_registry.imports import export_csv, import_csv
from asset_registry.status import set_status

GUDID = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "gudid_test.xml"


def asset(hospital, asset_id=None):
    with hospital.database.read() as session:
        return session.get(Asset, asset_id or hospital.pump)


def change(hospital, actor=None, ids=(), **fields):
    with hospital.database.write() as session:
        made = edit(session, ids or [hospital.pump], fields, actor or hospital.biomed, hospital.now())
        return made.id if made else None


def take_back(hospital, change_set):
    with hospital.database.write() as session:
        return undo(session, change_set, "okafor", hospital.now())


def bring(hospital, text, **options):
    with hospital.database.write() as session:
        return import_csv(session, "assets", text, site="linden", who="okafor", now=hospital.now(), **options)


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("nomenclature", "umdns", "UMDNS"),
        ("code", "13-215", "13215"),
        ("price", "1250,5 EUR", "1250.50 EUR"),
        ("purchased", "2026-11-24", date(2026, 11, 24)),
        ("custody_since", "2026-11-24T07:00:00+01:00", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("return_due", " ", None),
        ("maker", "", ""),
    ],
)
def test_a_text_becomes_the_value_of_its_field(name, text, value):
    assert value_of(BY_NAME[name], text) == value


@pytest.mark.parametrize(
    "name, text, why",
    [
        ("code", "1321", "five digits"),
        ("price", "cheap", "not a price like 1250.00 EUR"),
        ("purchased", "24.11.2026", "not a day like 2026-11-24"),
        ("custody_since", "2026-11-24T07:00:00", "has no zone"),
        ("nomenclature", "ICD", "one of UMDNS, GMDN"),
        ("name", "", "must not be empty"),
        ("recall", "x" * 501, "longer than 500"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_form_it_should_have(name, text, why):
    with pytest.raises(Invalid, match=why):
        value_of(BY_NAME[name], text)


def test_recalled_overdue_and_going_back_are_reasons_not_to_take_it(hospital):
    change(hospital, recall="Z-1234-2026")
    assert usable(asset(hospital), hospital.now()).why == "Recalled (Z-1234-2026)"
    change(hospital, recall="", maintenance_due="2026-11-23")
    assert usable(asset(hospital), hospital.now()).why == "Overdue for maintenance since 23 Nov 2026"
    change(hospital, maintenance_due="2026-11-24")
    assert usable(asset(hospital), hospital.now()).usable


# ---------------------------------------------------------------- editing


def test_an_edit_is_seen_before_logged_and_undone(hospital):
    with hospital.database.read() as session:
        seen = preview(session, [hospital.pump, hospital.fridge], {"department": "ICU", "home_id": "4.19"})
    assert [(row.number, [(f.name, was, to) for f, was, to in differ]) for row, differ in seen.changes] == [
        ("P-117", [("department", "", "ICU"), ("home_id", None, hospital.r419)]),
        ("F-07", [("department", "", "ICU"), ("home_id", hospital.r412, hospital.r419)]),
    ]
    made = change(hospital, ids=[hospital.pump, hospital.fridge], department="ICU", home_id="4.19")
    assert (asset(hospital).department, asset(hospital).home_id) == ("ICU", hospital.r419)
    assert change(hospital, department="ICU") is None, "what is so already is no change"
    undone = take_back(hospital, made)
    assert (undone.restored, undone.kept, asset(hospital).department) == (2, [], "")
    with pytest.raises(Conflict, match="undone already"):
        take_back(hospital, made)
    with hospital.database.read() as session:
        assert [line.action for line in history(session, "asset", hospital.pump)] == ["undo", "edit"]


def test_what_was_changed_since_is_left_alone_by_an_undo(hospital):
    made = change(hospital, ids=[hospital.pump, hospital.fridge], maintenance_due="2027-01-01")
    change(hospital, maintenance_due="2027-02-02")
    undone = take_back(hospital, made)
    assert undone.kept == [("P-117", "maintenance due changed since")]
    assert (asset(hospital).maintenance_due, asset(hospital, hospital.fridge).maintenance_due) == (
        date(2027, 2, 2),
        None,
    )


def test_whoever_gets_it_into_their_keeping_has_it_from_now_on(hospital):
    change(hospital, custodian="Ward 4")
    assert (asset(hospital).custodian, asset(hospital).custody_since) == ("Ward 4", hospital.now())
    change(hospital, custodian="")
    assert asset(hospital).custody_since is None


@pytest.mark.parametrize(
    "fields, why",
    [({"serial": "1"}, "each asset's own"), ({"colour": "red"}, "no field"), ({"home_id": "9.99"}, "no place")],
)
def test_many_are_not_given_what_one_has_or_what_is_not_there(hospital, fields, why):
    with pytest.raises(Invalid, match=why):
        change(hospital, ids=[hospital.pump, hospital.fridge], **fields)


def test_nurses_do_not_edit(hospital):
    with pytest.raises(Forbidden):
        change(hospital, hospital.nurse, maker="X")


# ---------------------------------------------------------------- own fields


def test_an_admin_defines_fields_that_forms_and_files_then_have(hospital):
    with hospital.database.write() as session:
        gas = define(session, ("gas", "Gas", "one_of"), ["O2", "Air"], hospital.admin, hospital.now()).id
        define(session, ("hours", "Hours of use", "number"), [], hospital.admin, hospital.now())
        with pytest.raises(Conflict, match='a field "gas" already'):
            define(session, ("gas", "Gas", "text"), [], hospital.admin, hospital.now())
        with pytest.raises(Invalid, match="needs its choices"):
            define(session, ("mix", "Mix", "one_of"), [], hospital.admin, hospital.now())
        with pytest.raises(Forbidden):
            define(session, ("mine", "Mine", "text"), [], hospital.biomed, hospital.now())
    change(hospital, **{"custom.gas": "air"})
    assert asset(hospital).custom == {"gas": "Air"}
    report = bring(hospital, "number,category,custom.hours,custom.gas\nP-117,infusion pump,1200,\nP-2,x,,N2\n")
    assert (report.changed, asset(hospital).custom) == (1, {"hours": 1200.0})
    assert [(bad.field, bad.line) for bad in report.rejected] == [("custom.gas", 3)]
    take_back(hospital, report.change_set)
    assert asset(hospital).custom == {"gas": "Air"}
    with hospital.database.write() as session:
        assert "custom.hours" in export_csv(session, "assets", site="linden")
        retire(session, gas, hospital.admin, hospital.now())
    with pytest.raises(Invalid, match="no field"):
        change(hospital, **{"custom.gas": "O2"})


def test_a_field_may_say_yes_or_no():
    assert value_of(AssetField("custom.mri", "MRI safe", "yes_no"), "No") is False


# ---------------------------------------------------------------- undoing an import


def test_an_import_is_undone_whole_but_for_what_is_needed_now(hospital):
    text = "number,category,department,return_due\nP-117,infusion pump,ICU,2026-12-24\nP-2,x,,\nP-3,x,,\nP-4,x,,\n"
    report = bring(hospital, text, title="pumps.csv")
    ids = {row.number: row.id for row in all_assets(hospital)}
    change(hospital, ids=[ids["P-3"]], maker="Known by now")
    undone = take_back(hospital, report.change_set)
    assert undone.restored == 3
    assert [row.number for row in all_assets(hospital)] == ["F-07", "P-117", "P-3"]
    assert (asset(hospital).department, asset(hospital).return_due) == ("", None)
    bring(hospital, "number,category\nP-9,x\n")
    assert max(row.id for row in all_assets(hospital)) > max(ids.values()), "no number is given out again"


def all_assets(hospital):
    with hospital.database.read() as session:
        return sorted(session.scalars(select(Asset)), key=lambda row: row.number)


def test_what_others_speak_of_is_not_taken_out_by_an_undo(hospital, tmp_path):
    report = bring(hospital, "number,category\nP-2,x\nP-3,x\n")
    second, third = (row.id for row in all_assets(hospital)[-2:])
    with hospital.database.write() as session:
        attach(session, tmp_path, second, MANUAL, "okafor", hospital.now())
        set_status(session, third, {"use": "in_use"}, hospital.nurse, hospital.now())
    assert take_back(hospital, report.change_set).kept == [
        ("P-2", "an attachment speaks of it"),
        ("P-3", "it was changed since"),
    ]


# ---------------------------------------------------------------- files

MANUAL = ("Manual.pdf", b"%PDF-1.7\nhow to")


def test_a_file_is_kept_beside_the_database_and_handed_back(hospital, tmp_path):
    with hospital.database.write() as session:
        row = attach(session, tmp_path, hospital.pump, ("C:\\docs\\Manual.pdf", MANUAL[1]), "okafor", hospital.now())
    assert (row.name, row.media_type, path_of(tmp_path, row.digest).read_bytes()) == (
        "Manual.pdf",
        "application/pdf",
        MANUAL[1],
    )
    with hospital.database.write() as session:
        with pytest.raises(Missing):
            attachment(session, hospital.fridge, row.id)
        detach(session, hospital.pump, row.id, "okafor", hospital.now())
        assert attachments_of(session, hospital.pump) == []


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("run.exe", b"MZ", "files of this kind are not kept"),
        ("page.html", b"<script>", "files of this kind are not kept"),
        ("drawing.svg", b"<svg>", "files of this kind are not kept"),
        ("Manual.pdf", b"<html>", "no PDF file"),
        ("table.xlsx", b"PK\x03\x04", "no XLSX file"),
        ("note.txt", b"\x00\x01", "no TXT file"),
        ("note.txt", b"", "is empty"),
        ("big.txt", b"x" * (10 * 1024 * 1024 + 1), "more than 10 MB"),
    ],
)
def test_what_could_run_or_is_not_what_it_says_is_refused(hospital, tmp_path, name, content, why):
    with hospital.database.write() as session, pytest.raises(Invalid, match=why):
        attach(session, tmp_path, hospital.pump, (name, content), "okafor", hospital.now())
    assert list(tmp_path.rglob("attachments/*/*")) == []


# ---------------------------------------------------------------- GUDID

LOOKUP = {
    "gudid": {
        "device": {
            "companyName": "Acme Infusion",
            "versionModelNumber": "IP-500",
            "brandName": "Flow",
            "identifiers": {"identifier": [{"deviceId": "00844588018923", "deviceIdType": "Primary"}]},
            "gmdnTerms": {"gmdn": [{"gmdnCode": "13215", "gmdnCodeStatus": "Active"}]},
        }
    }
}
OPENFDA = {
    "results": [
        {
            "company_name": "Acme Infusion",
            "version_or_model_number": "IP-500",
            "identifiers": [{"id": "00844588018923", "type": "Primary"}, {"id": "10844588018920", "type": "Package"}],
            "gmdn_terms": [{"code": "13215", "code_status": "Active"}],
        }
    ]
}


@pytest.mark.parametrize("form", [LOOKUP, OPENFDA])
def test_a_record_fills_maker_and_model_of_the_assets_with_its_di(hospital, form):
    change(hospital, udi_di="00844588018923")
    with hospital.database.write() as session:
        report = import_gudid(session, json.dumps(form), "okafor", hospital.now())
    pump = asset(hospital)
    assert (report.records, report.filled) == (1, 1)
    assert (pump.maker, pump.model, pump.nomenclature, pump.code) == ("Acme Infusion", "IP-500", "GMDN", "13215")
    bring(hospital, "number,category,udi_di,maker\nP-2,x,00844588018923,\nP-3,x,00844588018923,Own words\n")
    assert [(row.maker, row.model) for row in all_assets(hospital)[-2:]] == [
        ("Acme Infusion", "IP-500"),
        ("Own words", "IP-500"),
    ]
    take_back(hospital, report.change_set)
    assert asset(hospital).maker == ""


@pytest.mark.skipif(not GUDID.exists(), reason="the shared data are not here")
def test_the_agencys_own_record_is_read():
    (record,) = records_in(GUDID.read_text())
    assert record.dis[0] == "00844588018923"
    assert "00844868017264" not in record.dis, "a case is not the device"
    assert (record.maker, record.model) == ("CONSENSUS ORTHOPEDICS, INC.", "1107-0-3258")
    assert record.code == "43691", "the obsolete term does not count"


@pytest.mark.parametrize("text", ["", "maker,model", "{}", "[1]", '<!DOCTYPE x [<!ENTITY a "b">]><data/>', "<data>"])
def test_what_is_no_record_is_refused(hospital, text):
    with hospital.database.write() as session, pytest.raises(Invalid):
        import_gudid(session, text, "okafor", hospital.now())
