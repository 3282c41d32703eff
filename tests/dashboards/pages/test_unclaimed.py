"""Devices that nobody knows: their facts, one click to claim, a new asset, or not ours."""

import pytest
from playwright.sync_api import expect

from collector.errors import WardkeeperError
from dashboards.problems import Wrong
from dashboards.targets import target_of
from tests.dashboards.conftest import NEW, seen


def test_a_stranger_stands_there_with_what_it_says(signed_in, hospital):
    hospital.measure(NEW, "temperature", 22.5, ago_s=3)
    hospital.measure(NEW, "spo2", 97.0)
    page = signed_in("biomed").get("/unclaimed").text
    assert "One device nobody knows" in page
    assert "never-seen" in page
    assert "22.5\u00a0°C" in page
    assert "97" not in seen(page), "a vital stands on its device's page only"


def test_none_is_left(signed_in, hospital):
    client = signed_in("biomed")
    client.post(f"/unclaimed/{hospital.devices[NEW]}/dismiss", data={"csrf": client.csrf})
    assert "Every device is known" in client.get("/unclaimed").text


@pytest.mark.parametrize(
    "text, kind", [("P-117", "asset"), ("p-117 pump 117", "asset"), (" Pump  117 ", "asset"), ("4.12", "place")]
)
def test_what_a_person_types_is_understood(hospital, text, kind):
    target = target_of(hospital.snapshots.current, text)
    known = {"asset": hospital.assets["P-117"], "place": hospital.places["4.12"]}
    assert (target.asset_id if kind == "asset" else target.place_id) == known[kind]


@pytest.mark.parametrize("text", ["", "P-", "4.1", "nothing like this"])
def test_what_is_not_clear_is_refused_and_nothing_is_guessed(hospital, text):
    with pytest.raises(Wrong):
        target_of(hospital.snapshots.current, text)
    assert not issubclass(Wrong, WardkeeperError)


def test_claiming_is_for_those_who_look_after_equipment(signed_in, hospital):
    number = hospital.devices[NEW]
    assert signed_in("auditor").get("/unclaimed").status_code == 200
    assert "Belongs to" not in signed_in("auditor").get("/unclaimed").text
    for role in ("clinician", "auditor"):
        client = signed_in(role)
        assert client.post(f"/unclaimed/{number}/claim", data={"csrf": client.csrf, "to": "P-117"}).status_code == 403


def test_claim_with_one_click(page, server, hospital):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/unclaimed")
    page.get_by_label("Belongs to the asset or room").fill("4.13")
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every device is known")
    assert hospital.snapshots.current.place_of(NEW).number == "4.13"


def test_a_wrong_name_is_told_and_what_was_typed_stays(page, server):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/unclaimed")
    field = page.get_by_label("Belongs to the asset or room")
    field.fill("P-999")
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.locator("#said")).to_contain_text("No asset or room is called P-999.")
    expect(field).to_have_value("P-999")


def test_a_new_asset_out_of_its_facts(page, server, hospital):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/unclaimed")
    page.get_by_text("New asset").click()
    page.get_by_label("Number").fill("P-301")
    page.get_by_label("Category").fill("infusion pump")
    page.get_by_label("Home").fill("4.19")
    page.get_by_role("button", name="Make and claim").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Every device is known")
    asset = hospital.snapshots.current.asset_of(NEW)
    assert (asset.number, asset.home_id, asset.mobile) == ("P-301", hospital.places["4.19"], True)


def test_unclaimed_is_good_to_look_at(page, server, hospital, good_to_look_at):
    hospital.measure(NEW, "temperature", 22.5)
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/unclaimed")
