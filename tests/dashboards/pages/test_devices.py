"""The devices: who talks, who is silent though expected to talk, where each belongs, its battery."""

import pytest
from playwright.sync_api import expect

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Device
from collector.reading import Reading
from dashboards.talking import talk_of
from tests.dashboards.conftest import AIR, OXIMETER, PUMP_TAG


def state_of(hospital, native_id):
    device = hospital.snapshots.current.device(native_id)
    return talk_of(hospital.context, device, hospital.clock.now()).state


def test_silent_is_three_intervals_without_a_word(hospital):
    assert state_of(hospital, AIR) == "silent", "never heard though it should talk every minute"
    hospital.measure(AIR, "temperature", 22.4)
    assert state_of(hospital, AIR) == "talking"
    hospital.clock.advance(179)
    assert state_of(hospital, AIR) == "talking"
    hospital.clock.advance(2)
    assert state_of(hospital, AIR) == "silent"


def test_who_announced_no_interval_is_expected_as_often_as_it_was_heard(hospital):
    with hospital.database.write() as session:
        session.get(Device, hospital.devices[AIR]).interval_s = None
        bump(session)
    hospital.snapshots.refresh()
    for _ in range(9):
        hospital.measure(AIR, "temperature", 22.4)
        assert state_of(hospital, AIR) == "free"
        hospital.clock.advance(120)
    hospital.measure(AIR, "temperature", 22.4)
    assert state_of(hospital, AIR) == "talking"
    hospital.clock.advance(361)
    assert state_of(hospital, AIR) == "silent"


def test_a_will_is_silence_at_once_and_the_next_word_ends_it(hospital):
    hospital.measure(AIR, "temperature", 22.4)
    hospital.clock.advance(1)
    hospital.measure(AIR, "available", value=False)
    assert state_of(hospital, AIR) == "silent"
    hospital.clock.advance(1)
    hospital.measure(AIR, "temperature", 22.5)
    assert state_of(hospital, AIR) == "talking"


def test_a_stored_pump_is_off_but_its_tag_is_not(hospital):
    def is_in_use(number, use):
        with hospital.database.write() as session:
            session.get(Asset, hospital.assets[number]).use = use
            bump(session)
        hospital.snapshots.refresh()

    is_in_use("P-117", "idle")
    is_in_use("P-119", "idle")
    assert state_of(hospital, OXIMETER) == "off", "the asset's own voice: nobody uses it"
    assert state_of(hospital, PUMP_TAG) == "silent", "a tag always advertises"
    is_in_use("P-119", "in_use")
    assert state_of(hospital, OXIMETER) == "silent"


def test_the_first_line_and_the_silent_first(signed_in, hospital):
    hospital.measure(AIR, "temperature", 22.4)
    page = signed_in("biomed").get("/devices").text
    assert "Two devices of 3 expected are silent" in page
    assert page.index(">ble:iBeacon:117<") < page.index(">air<")


def test_filters_and_order_stand_in_the_address(signed_in, hospital):
    hospital.measure(AIR, "battery", 15.0)
    hospital.measure(OXIMETER, "battery", 90.0)
    client = signed_in("biomed")
    low = client.get("/devices?battery=low").text
    assert ">air<" in low
    assert ">nonin<" not in low
    by_battery = client.get("/devices?sort=battery").text
    assert by_battery.index(">air<") < by_battery.index(">nonin<")
    assert "No device is like that." in client.get("/devices?q=nothing+like+this").text
    assert ">nonin<" in client.get("/devices?q=pump+119").text, "found by what it belongs to"


@pytest.mark.parametrize("query", ["?skip=-1", "?sort=rubbish", "?skip=abc"])
def test_a_bad_address_is_told_kindly(signed_in, query):
    answer = signed_in("biomed").get(f"/devices{query}")
    assert answer.status_code == 422
    assert "Some fields were not understood" in answer.text


def test_a_row_is_one_link_and_its_asset_another(page, server, hospital):
    tag = hospital.reading(PUMP_TAG, "battery", 80.0)
    hospital.hear(Reading(tag.device, tag.metric, tag.value, tag.at, tag.received))
    server.enter(page, "biomed")
    page.goto(f"{server.url}/devices?q=117")
    row = page.get_by_role("row").filter(has_text="Pump 117")
    expect(row.get_by_role("link", name="Pump 117")).to_have_attribute("href", f"/assets/{hospital.assets['P-117']}")
    row.get_by_role("cell", name="80").click(force=True)  # what takes the click is the row's link, laid over it
    expect(page).to_have_url(f"{server.url}/devices/{hospital.devices[PUMP_TAG]}")


def test_choosing_a_kind_filters_at_once(page, server):
    server.enter(page, "biomed")
    page.goto(f"{server.url}/devices")
    page.get_by_label("Kind").select_option("tag")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "kind=tag" in page.url


def test_devices_are_good_to_look_at(page, server, hospital, good_to_look_at):
    hospital.measure(AIR, "battery", 15.0)
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/devices")
    good_to_look_at(page, f"{server.url}/devices?q=nothing")
