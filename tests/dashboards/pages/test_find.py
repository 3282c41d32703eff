"""Find: the nearest usable one is the first line; claiming it; why others cannot be taken; without script too."""

import random
import time

import pytest
from playwright.sync_api import expect

from asset_registry.snapshot import Snapshot
from tests.dashboards.conftest import PUMP_TAG
from tests.dashboards.linden import LindenGeneral
from wardkeeper.bench.find import fixes, house


def plain(text):
    return text.replace("\u00a0", " ")


def test_nothing_asked_shows_what_there_is(signed_in):
    page = signed_in("clinician").get("/find").text
    assert "What are you looking for?" in page
    assert "Infusion pump" in page


def test_the_one_that_was_asked_for_is_the_answer(signed_in, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    page = plain(signed_in("clinician").get("/find?q=P-117&near=4.12").text)
    assert "Pump 117 is in 4.19, 18 m" in page
    assert "You are at 4.12." in page


def test_what_cannot_be_taken_says_why(signed_in, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    page = signed_in("clinician").get("/find?q=pump").text
    assert "Usable pump: 117 in 4.19" in page
    assert page.index("Not usable, and why") < page.index("<b>Soiled</b>")


def test_nothing_found_says_what_to_do(signed_in):
    page = signed_in("clinician").get("/find?q=xylophone").text
    assert "Nothing is called “xylophone”" in page
    assert "/unclaimed" in page


def test_a_room_and_a_device_are_found(signed_in, hospital):
    page = signed_in("clinician").get("/find?q=4.12").text
    assert f'href="/rooms/{hospital.places["4.12"]}"' in page
    assert "4.12 Isolation room" in page


def test_where_you_are_is_remembered_by_the_browser(signed_in):
    browser = signed_in("clinician")
    assert "You are at 4.13." in browser.get("/find?q=pump&near=4.13").text
    assert "You are at 4.13." in browser.get("/find?q=pump").text
    assert "There is no room 9.99." in browser.get("/find?q=pump&near=9.99").text


def test_an_auditor_sees_but_takes_nothing(signed_in, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    assert "taking it" not in signed_in("auditor").get("/find?q=pump").text


def test_a_claim_needs_the_token_of_the_page(signed_in, hospital):
    browser = signed_in("clinician")
    address = f"/assets/{hospital.assets['P-117']}/claim"
    assert browser.post(address, data={"next": "/find"}).status_code == 403
    answer = browser.post(address, data={"next": "/find?q=pump", "csrf": browser.csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, "/find?q=pump")
    assert "You have it until 07:57 CET" in browser.get("/find?q=pump").text


def test_what_another_has_taken_is_refused_with_the_reason(signed_in, hospital):
    address = f"/assets/{hospital.assets['P-117']}/claim"
    for role, status in (("clinician", 303), ("facilities", 409)):
        browser = signed_in(role)
        assert browser.post(address, data={"next": "/", "csrf": browser.csrf}).status_code == status
    assert "Claimed by Clinician Person to 07:57" in signed_in("facilities").get("/find?q=pump").text


# ---------------------------------------------------------------- in a browser


@pytest.mark.parametrize("width", [360, 1280])
def test_find_claim_and_undo(page, server, hospital, width):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    page.set_viewport_size({"width": width, "height": 740})
    server.enter(page, "clinician").goto(f"{server.url}/find?near=4.12")
    page.keyboard.type("pump")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nearest usable pump: 117 in 4.19, 18\u00a0m")
    assert page.url.endswith("/find?near=4.12&q=pump")
    row = page.get_by_role("listitem").filter(has_text="Pump 117")
    row.get_by_role("button", name="I’m taking it").click()
    mine = page.get_by_role("listitem").filter(has_text="You have it until 07:57")
    expect(mine).to_contain_text("Pump 117")
    mine.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="I’m taking it").first).to_be_visible()


@pytest.mark.long
def test_among_50_000_the_nearest_usable_one_is_two_taps_and_five_seconds_away(page, server, hospital):
    content = house(50_000, random.Random(1), hospital.clock.now())
    hospital.snapshots.current = Snapshot(content)
    hospital.latest.update(fixes(content, random.Random(2), hospital.clock.now()))
    page.set_viewport_size({"width": 360, "height": 740})
    server.enter(page, "clinician").goto(f"{server.url}/find?near=3.07")  # a telephone remembers where it is
    for _ in range(3):
        page.goto(server.url)
        begun = time.monotonic()
        page.get_by_role("link", name="Find", exact=True).last.click()
        page.get_by_role("link", name="Infusion pump", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Nearest usable")
        took = time.monotonic() - begun
        print(f"from the first tap to the nearest of 50,000: {took:.2f} s")
        assert took < 5


def test_results_move_with_what_they_show(page, server, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "clinician").goto(f"{server.url}/find?q=pump&near=4.12")
    expect(page.get_by_role("heading", level=1)).to_contain_text("4.19")
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("117 in 4.13", timeout=8000)


def test_find_and_claim_without_script(browser, server, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    context = browser.new_context(java_script_enabled=False)
    page = server.enter(context.new_page(), "clinician")
    page.goto(f"{server.url}/find")
    page.get_by_label("What are you looking for?").fill("pump")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="I’m taking it").first.click()
    expect(page.get_by_text("You have it until 07:57 CET")).to_be_visible()
    context.close()


def test_the_keyboard_walks_through_the_results(page, server, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "clinician").goto(f"{server.url}/find?q=pump")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="What are you looking for?")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Pump 117")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/assets/{hospital.assets['P-117']}")


def test_find_is_good_to_look_at(page, server, hospital, good_to_look_at):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "clinician")
    for address in ("/find", "/find?q=pump&near=4.12", "/find?q=xylophone"):
        good_to_look_at(page, server.url + address)


class TestTheWholeHospital:
    """134 pumps on three floors."""

    @pytest.fixture
    def hospital(self, tmp_path, database_url):
        hospital = LindenGeneral(tmp_path, database_url)
        yield hospital
        hospital.close()

    def test_the_way_stands_beside_and_adds_up(self, signed_in):
        page = plain(signed_in("clinician").get("/find?q=pump&near=4.12").text)
        assert "The way to 4.21" in page
        assert "Along the south corridor" in page

    def test_the_way_to_another_floor_goes_by_lift(self, signed_in, hospital):
        pump = next(
            asset.number
            for asset in hospital.snapshots.current.assets.values()
            if asset.category == "infusion pump" and asset.department == "Surgery"
        )
        page = plain(signed_in("clinician").get(f"/find?q={pump}&near=4.12").text)
        assert "Lift 3 to level 2" in page
        assert "and the lift" in page

    def test_many_hits_are_good_to_look_at(self, page, server, good_to_look_at):
        server.enter(page, "clinician")
        good_to_look_at(page, f"{server.url}/find?q=pump&near=4.12&more=all")
