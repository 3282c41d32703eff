"""Edits, their preview and undo; two that are one."""

import pytest

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding


def asset(hospital, number):
    with hospital.database.read() as session:
        return session.get(Asset, hospital.assets[number])


def test_the_form_of_one_saves_what_was_changed(signed_in, hospital):
    browser, pump = signed_in("biomed"), hospital.assets["P-117"]
    assert 'value="Level 4"' in browser.get(f"/edit?id={pump}").text
    fields = {"csrf": browser.csrf, "id": pump, "f.department": "ICU", "f.custodian": "Ward 4", "f.home_id": "4.13"}
    assert browser.post("/edit", data=fields).headers["location"] == f"/assets/{pump}"
    row = asset(hospital, "P-117")
    assert (row.department, row.custodian, row.home_id) == ("ICU", "Ward 4", hospital.places["4.13"])
    wrong = browser.post("/edit", data={"csrf": browser.csrf, "id": pump, "f.price": "cheap"})
    assert wrong.status_code == 422
    assert "not a price like" in wrong.text


def test_many_are_shown_before_changed_together_and_undone(signed_in, hospital):
    browser = signed_in("biomed")
    chosen = "category=infusion+pump"
    page = browser.get(f"/edit?{chosen}&field=department&value=ICU").text
    assert "3 of 3 assets would change" in page
    assert asset(hospital, "P-117").department == "Level 4"
    form = {"csrf": browser.csrf, "category": "infusion pump", "field": "department", "value": "ICU"}
    done = browser.post("/edit/many", data=form).headers["location"]
    assert asset(hospital, "P-118").department == "ICU"
    assert "Department: ICU" in browser.get(done).text
    page = browser.post(f"/changes/{done.partition('=')[2]}/undo", data={"csrf": browser.csrf}).text
    assert "3 rows are as before" in page
    assert asset(hospital, "P-118").department == "Level 4"


def test_a_wrong_value_is_said_beside_its_field(signed_in):
    page = signed_in("biomed").get("/edit?category=infusion+pump&field=maintenance_due&value=soon").text
    assert "not a day like" in page


@pytest.fixture
def twice(hospital):
    with hospital.database.write() as session:
        for number, serial, maker in (("P-117", "00-4711", "B. Braun"), ("P-119", "4711", "B. BRAUN")):
            row = session.get(Asset, hospital.assets[number])
            row.serial, row.maker = serial, maker
        session.get(Asset, hospital.assets["P-119"]).supplier = "MedTrade"
        session.get(Asset, hospital.assets["P-118"]).name = "pump-117"
        bump(session)
    hospital.snapshots.refresh()


def test_two_that_are_one_are_found_and_merged(signed_in, hospital, twice):
    browser = signed_in("biomed")
    page = browser.get("/duplicates").text
    assert "The same serial and maker" in page
    assert "Nearly the same name" in page
    keep, drop = hospital.assets["P-117"], hospital.assets["P-119"]
    done = browser.post("/duplicates", data={"csrf": browser.csrf, "keep": keep, "drop": drop})
    assert asset(hospital, "P-117").supplier == "MedTrade"
    assert (asset(hospital, "P-119").holding, asset(hospital, "P-119").merged_into) == ("retired", keep)
    with hospital.database.read() as session:
        now = session.query(Binding).filter(Binding.asset_id == keep, Binding.until.is_(None)).count()
    assert now == 2, "its own tag, and the other's voice"
    browser.post(f"/changes/{done.headers['location'].partition('=')[2]}/undo", data={"csrf": browser.csrf})
    assert (asset(hospital, "P-119").holding, asset(hospital, "P-117").supplier) == ("owned", "")


def test_what_is_in_use_is_not_merged(signed_in, hospital, twice):
    with hospital.database.write() as session:
        session.get(Asset, hospital.assets["P-119"]).use = "in_use"
    browser = signed_in("biomed")
    form = {"csrf": browser.csrf, "keep": hospital.assets["P-117"], "drop": hospital.assets["P-119"]}
    assert browser.post("/duplicates", data=form).status_code == 409


@pytest.mark.long
@pytest.mark.parametrize(
    "path", ["/edit?id=1", "/edit?category=infusion+pump&field=department&value=ICU", "/duplicates"]
)
def test_they_are_good_to_look_at(page, server, twice, good_to_look_at, path):
    server.enter(page, "biomed")
    good_to_look_at(page, server.url + path)
