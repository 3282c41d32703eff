"""An audit on a phone: begin, scan, tick what is located, sign; and its CSV."""

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import PUMP_TAG

pytestmark = pytest.mark.dialects("sqlite")
"""What is asked of the database is in usage/test_audits.py."""


def test_a_room_is_audited_with_one_thumb(page, server, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    page.set_viewport_size({"width": 360, "height": 740})
    server.enter(page, "biomed").goto(f"{server.url}/audits")
    page.get_by_label("Rooms").fill("4.19")
    page.get_by_role("button", name="Begin").click()
    answer = page.locator("#answer")
    expect(answer).to_have_text("0 of 2 found, 2 to go")
    page.get_by_label("Pump 117").and_(page.locator("[name=asset]")).check()
    page.get_by_role("button", name="I see the ticked ones").click()
    expect(answer).to_have_text("1 of 2 found, 1 to go")
    page.get_by_label("Scan a label").fill("p-119")
    page.keyboard.press("Enter")
    expect(answer).to_have_text("1 of 2 found, 1 to go, one asset that nobody expected")
    expect(page.get_by_text("it belongs in 4.13 patient room")).to_be_visible()
    page.get_by_label("Pump 118 is missing").check()
    page.get_by_role("button", name="Sign").click()
    expect(answer).to_have_text("1 of 2 found, 1 missing, one asset that nobody expected")
    expect(page.get_by_text("Signed by Biomed Person")).to_be_visible()
    assert hospital.snapshots.current.assets[hospital.assets["P-118"]].holding == "missing"


def begun(browser, **scope):
    answer = browser.post("/audits", data={"csrf": browser.csrf, **scope})
    return answer.headers.get("location", "") or answer.text


def test_its_result_is_a_table(signed_in, hospital):
    browser = signed_in("clinician")
    audit = begun(browser, department="Level 4")
    browser.post(f"{audit}/see", data={"csrf": browser.csrf, "scan": f"https://h/a/{hospital.assets['P-117']}"})
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{audit}/result.csv").text)))
    found = [(row["result"], row["number"]) for row in rows]
    assert found == [("found", "P-117"), ("missing", "F-07"), ("missing", "P-118"), ("missing", "P-119")]
    assert (rows[0]["how"], rows[0]["belongs_in"]) == ("scanned", "4.19")
    assert browser.post(f"{audit}/sign", data={"csrf": browser.csrf}).status_code == 403, (
        "a ward walks, it does not sign"
    )


def test_what_cannot_be_read_is_told(signed_in, hospital):
    browser = signed_in("biomed")
    assert "there is no room 9.99" in begun(browser, rooms="9.99")
    assert "nothing in the registry belongs there" in begun(browser, rooms="4.12")
    audit = begun(browser, rooms="4.19")
    told = browser.post(f"{audit}/see", data={"csrf": browser.csrf, "scan": "P-999"})
    assert (told.status_code, "has that number or label" in told.text) == (422, True)


def test_audits_are_good_to_look_at(page, server, hospital, signed_in, good_to_look_at):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    audit = begun(signed_in("biomed"), floor=str(hospital.places["floor"]))
    server.enter(page, "biomed")
    good_to_look_at(page, server.url + audit)
