"""Floors: the answer, the plan and its list, what changes while one looks, and how it reads on a phone at night."""

import re

import pytest
from playwright.sync_api import expect

from asset_registry.audit import bump
from asset_registry.places import Place
from tests.dashboards.conftest import AIR, PUMP_TAG
from tests.dashboards.linden import LindenGeneral

READY_MS = 1500
"""Until the plan can be used, on a machine four times as slow."""

ON_SCREEN = """() => [...document.querySelectorAll('svg text')]
  .filter(e => e.textContent.trim() && e.checkVisibility() && e.getClientRects().length)
  .map(e => { const m = e.getScreenCTM(); return [parseFloat(getComputedStyle(e).fontSize) *
    Math.min(Math.hypot(m.a, m.b), Math.hypot(m.c, m.d)), e.textContent] })"""


@pytest.fixture
def floor(hospital):
    """The address of the only floor."""
    return f"/floors/{hospital.places['floor']}"


def breathe(hospital, **otherwise):
    """4.12 isolates as it must, but for what is `otherwise`."""
    fine = {"differential_pressure": -6.0, "temperature": 22.4, "humidity": 40.0, "air_changes": 12.6}
    for metric, value in (fine | otherwise).items():
        hospital.measure(AIR, metric, value)


# ---------------------------------------------------------------- what the server says


def test_the_floor_with_the_worst_comes_first(signed_in, hospital, floor):
    answer = signed_in("facilities").get("/floors?layers=air")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{floor}?layers=air")


def test_a_floor_in_order_says_so(signed_in, hospital, floor):
    breathe(hospital)
    page = signed_in("facilities").get(floor).text
    assert "Level 4 is in order: 1 of 4 rooms in range, three rooms not heard" in page
    assert "In order" not in page


def test_the_worst_room_is_the_answer(signed_in, hospital, floor):
    breathe(hospital)
    hospital.measure(AIR, "differential_pressure", -0.4)
    page = signed_in("facilities").get(floor).text
    assert "4.12 is −0.4 Pa to the corridor" in page.replace("\u00a0", " ")
    assert 'class="room medium"' in page, "not lost yet"


def test_a_device_that_is_down_colors_no_room(signed_in, ward, floor):
    ward.alarm(AIR, "battery", 8.0, below=20.0, priority="low", title="The sensor in {room} needs a battery")
    page = signed_in("facilities").get(floor).text
    assert 'class="room low"' not in page
    assert "The sensor in 4.12 needs a battery" in page


def test_an_assets_alarm_is_a_mark_where_the_asset_is(signed_in, hospital, ward, floor):
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    ward.alarm(PUMP_TAG, "battery", 8.0, below=20.0, priority="medium", title="{asset} needs mains")
    page = signed_in("biomed").get(floor).text
    assert "Pump 117 8\u00a0%" in page
    label = page[page.index(f'data-room="{hospital.places["4.13"]}" data-state') :]
    assert label.index("Pump 117 8") < label.index("</svg>")


def test_layers_stand_in_the_address(signed_in, floor):
    page = signed_in("facilities").get(f"{floor}?layers=light").text
    assert 'data-layers="light"' in page
    assert page.count('aria-pressed="true"') == 1
    assert 'value="assets,light" data-layer="assets"' in page
    assert 'data-layers=""' in signed_in("facilities").get(f"{floor}?layers=none").text


def test_a_house_without_floors_says_what_to_do(signed_in, hospital):
    hospital.snapshots.current.__dict__["floors"] = []
    assert "wardkeeper import places" in signed_in("facilities").get("/floors").text


def test_a_floor_that_is_none_is_not_there(signed_in, hospital):
    assert signed_in("facilities").get(f"/floors/{hospital.places['4.12']}").status_code == 404


def test_zones_are_named_and_those_that_concern_somebody_are_drawn(signed_in, hospital, floor):
    with hospital.database.write() as session:
        row = session.get_one(Place, hospital.places["floor"])
        zones = [("restricted", "Drugs", ["4.18"]), ("hvac", "South", ["4.12", "4.13"])]
        row.plan = row.plan | {"zones": [{"kind": kind, "name": name, "rooms": rooms} for kind, name, rooms in zones]}
        bump(session)
    hospital.snapshots.refresh()
    page = signed_in("facilities").get(floor).text
    assert page.count('<polygon class="zone"') == 1
    assert "<title>Restricted: Drugs</title>" in page
    assert page.index("Restricted: Drugs</dt>") < page.index("HVAC: South</dt>")
    room = signed_in("facilities").get(f"/rooms/{hospital.places['4.12']}").text
    assert "HVAC zone" in room
    status = signed_in("facilities").get(f"/api/v1/rooms/{hospital.places['4.12']}/status").json()
    assert status["profile"]["zones"] == ["South"]


# ---------------------------------------------------------------- in a browser


def test_dots_move_and_rooms_change_while_one_looks(page, server, hospital, floor):
    breathe(hospital)
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "facilities").goto(server.url + floor)
    dot = page.locator(f'[data-asset="{hospital.assets["P-117"]}"]')
    expect(dot).to_have_attribute("data-room", str(hospital.places["4.19"]))
    before = dot.bounding_box()
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    expect(dot).to_have_attribute("data-room", str(hospital.places["4.13"]))
    page.wait_for_function(
        "([dot, x]) => dot.getBoundingClientRect().x < x - 100", arg=[dot.element_handle(), before["x"]]
    )

    room = page.locator(f'.lines [data-room="{hospital.places["4.12"]}"] .room')
    expect(room).to_have_attribute("class", "room ")
    hospital.measure(AIR, "differential_pressure", -0.4)
    expect(room).to_have_attribute("class", "room medium")
    hospital.clock.advance(200)  # for longer than the three minutes that a door may need
    hospital.measure(AIR, "differential_pressure", -0.4)
    expect(room).to_have_attribute("class", "room high")
    expect(page.get_by_role("heading", level=1)).to_contain_text("4.12 is −0.4\u00a0Pa to the corridor")
    hospital.measure(AIR, "differential_pressure", -0.8)
    expect(page.locator('.lab.high [data-metric="differential_pressure"]')).to_have_text("−0.8\u00a0Pa")
    breathe(hospital)
    expect(room).to_have_attribute("class", "room ")


def test_values_in_the_list_change_in_place(page, server, hospital, floor):
    breathe(hospital)
    server.enter(page, "facilities").goto(server.url + floor)
    row = page.get_by_role("complementary").get_by_role("link", name="4.12")
    expect(row).to_contain_text("22.4\u00a0°C")
    row.evaluate("row => { row.dataset.same = 'yes' }")
    hospital.measure(AIR, "temperature", 22.9)
    expect(row).to_contain_text("22.9\u00a0°C")
    expect(row).to_have_attribute("data-same", "yes")


@pytest.mark.parametrize("wish, glides", [("reduce", False), ("no-preference", True)])
def test_dots_glide_only_for_those_who_do_not_mind(page, server, hospital, floor, wish, glides):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    page.emulate_media(reduced_motion=wish)
    server.enter(page, "facilities").goto(server.url + floor)
    dot = page.locator(f'#plan[data-ready] [data-asset="{hospital.assets["P-117"]}"]')
    dot.evaluate("""dot => { dot.steps = 0
      new MutationObserver(() => { dot.steps++ }).observe(dot, { attributes: true, attributeFilter: ["x"] }) }""")
    hospital.locate(PUMP_TAG, hospital.places["4.12"])
    expect(dot).to_have_attribute("data-room", str(hospital.places["4.12"]))
    page.wait_for_function("dot => parseFloat(dot.getAttribute('x')) < 25", arg=dot.element_handle())
    assert (dot.evaluate("dot => dot.steps") > 1) is glides


def test_a_layer_is_switched_in_place_and_in_the_address(page, server, hospital, floor):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "facilities").goto(server.url + floor)
    page.wait_for_selector("#plan[data-ready]")
    expect(page.locator("#dots")).to_be_visible()
    page.get_by_role("button", name="Assets").click()
    expect(page.locator("#dots")).to_be_hidden()
    assert page.url.endswith("?layers=air%2Cgateways%2Calarms")
    page.reload()
    expect(page.locator("#dots")).to_be_hidden()


def test_a_room_opens_from_the_plan_and_from_the_list(page, server, hospital, floor):
    server.enter(page, "facilities").goto(server.url + floor)
    page.locator(f'.lines [data-room="{hospital.places["4.13"]}"]').click()
    expect(page).to_have_url(f"{server.url}/rooms/{hospital.places['4.13']}")
    page.go_back()
    row = page.get_by_role("complementary").get_by_role("link", name="4.12")
    row.focus()
    expect(page.locator(f'.lines [data-room="{hospital.places["4.12"]}"] .room')).to_have_class(re.compile("shown"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/rooms/{hospital.places['4.12']}")


def test_the_floor_is_good_to_look_at(page, server, hospital, ward, floor, good_to_look_at):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "facilities")
    good_to_look_at(page, server.url + floor)
    breathe(hospital)
    ward.alarm(AIR, "differential_pressure", -0.4, above=-2.5, priority="high", title="{room} is not isolating")
    ward.tickets()
    good_to_look_at(page, server.url + floor)


class TestTheWholeHospital:
    """800 assets on four floors."""

    @pytest.fixture
    def hospital(self, tmp_path, database_url):
        hospital = LindenGeneral(tmp_path, database_url)
        yield hospital
        hospital.close()

    @pytest.fixture
    def level(self, hospital):
        return f"/floors/{hospital.places['4']}"

    @pytest.mark.parametrize("width, detail", [(360, "counts"), (1280, "dots")])
    def test_no_label_is_scaled(self, page, server, level, width, detail):
        page.set_viewport_size({"width": width, "height": 800})
        server.enter(page, "facilities").goto(server.url + level)
        page.wait_for_selector("#plan[data-ready]")
        assert page.locator("#plan").get_attribute("data-detail") == detail
        labels = page.evaluate(ON_SCREEN)
        assert {"4.01", "4.24"} <= {text for _, text in labels}
        assert [label for label in labels if label[0] < 9.5] == []

    def test_a_phone_shows_numbers_and_counts_only_then_dots_then_names(self, page, server, level):
        page.set_viewport_size({"width": 360, "height": 740})
        server.enter(page, "facilities").goto(server.url + level)
        page.wait_for_selector("#plan[data-ready]")
        shown = {text for _, text in page.evaluate(ON_SCREEN)}
        assert all(text[:2] == "4." or text[:2] == "● " for text in shown), shown
        expect(page.locator("#dots .a:visible")).to_have_count(0)
        page.get_by_role("button", name="Zoom in").click(click_count=2)
        expect(page.locator("#plan")).to_have_attribute("data-detail", "dots")
        expect(page.locator("#dots .a:visible").first).to_be_visible()
        for _ in range(4):
            page.get_by_role("button", name="Zoom in").click()
        expect(page.locator("#plan")).to_have_attribute("data-detail", "names")
        expect(page.locator("#dots .roomy text").first).to_be_visible()
        assert [label for label in page.evaluate(ON_SCREEN) if label[0] < 9.5] == []
        page.get_by_role("button", name="Whole floor").click()
        expect(page.locator("#plan")).to_have_attribute("data-detail", "counts")

    def test_the_plan_is_ready_in_time_on_a_slow_machine(self, page, server, level):
        server.enter(page, "facilities")
        slow = page.context.new_cdp_session(page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        taken = []
        for _ in range(3):  # the best of three: the machine that tests is busy with others
            page.goto(server.url + level)
            page.wait_for_selector("#plan[data-ready]")
            taken.append(page.evaluate("performance.getEntriesByName('floor-ready')[0].startTime"))
        assert min(taken) <= READY_MS, taken

    def test_the_whole_hospital_is_good_to_look_at(self, page, server, level, good_to_look_at):
        server.enter(page, "facilities")
        good_to_look_at(page, server.url + level)
