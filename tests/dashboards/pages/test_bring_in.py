"""A file is looked through, taken in, undone: CSV as spreadsheets write it, and spreadsheets."""

import io
import time
from datetime import date

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.errors import Invalid
from asset_registry.sheets import sheet_table

CSV = "number;category;department;purchased\nP-117;infusion pump;ICU;2024-05-06\nN-1;bed;ICU;\nN-2;bed;ICU;soon\n"


def sheet(*rows):
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def numbers(hospital):
    with hospital.database.read() as session:
        return set(session.scalars(select(Asset.number)))


def bring(browser, content, name="pumps.csv", **fields):
    """The address of the file's page."""
    form = {"csrf": browser.csrf, "kind": "assets", **fields}
    answer = browser.post("/import", data=form, files={"file": (name, content)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def settled(browser, path):
    """The page when nothing runs any more."""
    end = time.monotonic() + 20
    while 'data-refresh="every-1"' in (page := browser.get(path).text):
        assert time.monotonic() < end, page
    return page


def test_a_file_is_looked_through_taken_in_and_undone(signed_in, hospital):
    browser, before = signed_in("biomed"), numbers(hospital)
    path = bring(browser, CSV.encode())
    page = settled(browser, path)
    assert "2 rows of pumps.csv can be taken in" in page
    assert "is not a day like 2026-11-24" in page
    assert numbers(hospital) == before, "nothing is changed yet"
    browser.post(f"{path}/go", data={"csrf": browser.csrf})
    page = settled(browser, path)
    assert "2 rows of pumps.csv are in" in page
    assert numbers(hospital) == before | {"N-1"}
    undo = page.partition('action="/changes/')[2].partition('"')[0]
    assert "2 rows are as before" in browser.post(f"/changes/{undo}", data={"csrf": browser.csrf}).text
    assert numbers(hospital) == before
    assert browser.post(f"{path}/go", data={"csrf": browser.csrf}).status_code == 409


def test_all_or_none_says_so_before(signed_in):
    browser = signed_in("biomed")
    page = settled(browser, bring(browser, CSV.encode(), atomic="yes"))
    assert "Nothing of pumps.csv would be kept" in page
    assert "/go" not in page


def test_a_spreadsheet_is_read_as_people_write_it(signed_in, hospital):
    rows = (
        ["Number", "Category", "Serial", "Purchased", "Mobile", None],
        ["X-1", "bed", 4711.0, date(2024, 5, 6), True],
        [None, None],
        ["X-2", "bed"],
    )
    browser = signed_in("biomed")
    path = bring(browser, sheet(*rows), "beds.xlsx")
    assert "2 rows of beds.xlsx can be taken in" in settled(browser, path)
    browser.post(f"{path}/go", data={"csrf": browser.csrf})
    settled(browser, path)
    with hospital.database.read() as session:
        row = session.scalars(select(Asset).where(Asset.number == "X-1")).one()
    assert (row.serial, row.purchased.isoformat(), row.mobile) == ("4711", "2024-05-06", True)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 40])
def test_what_only_looks_like_a_spreadsheet_is_refused(content):
    with pytest.raises(Invalid, match="no spreadsheet"):
        list(sheet_table(content))


@pytest.mark.parametrize("name, content, why", [("a.csv", b"", "is empty"), ("a.bin", b"\xff\0\1", "neither CSV nor")])
def test_a_file_that_is_none_is_refused_with_the_reason(signed_in, name, content, why):
    browser = signed_in("biomed")
    answer = browser.post("/import", data={"csrf": browser.csrf, "kind": "assets"}, files={"file": (name, content)})
    assert answer.status_code == 422
    assert why in answer.text


def test_nobody_else_sees_the_file(signed_in):
    mine = bring(signed_in("biomed"), CSV.encode())
    assert signed_in("facilities").get(mine).status_code == 404


def test_everything_goes_out_as_it_comes_in(signed_in):
    answer = signed_in("biomed").get("/export/assets.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="assets.csv"'
    assert answer.text.startswith("\ufeffnumber,category,name,")
    assert "P-117,infusion pump,Pump 117," in answer.text


@pytest.mark.long
def test_it_is_good_to_look_at(page, server, hospital, good_to_look_at):
    server.enter(page, "biomed").goto(f"{server.url}/import")
    page.get_by_label("File").set_input_files({"name": "pumps.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
    page.get_by_role("button", name="Look it through").click()
    page.get_by_role("button", name="Take in 2 rows").wait_for()
    good_to_look_at(page, page.url)
    page.get_by_role("button", name="Take in 2 rows").click()
    page.get_by_role("button", name="Undo this import").wait_for()
