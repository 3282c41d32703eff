"""Drawing a floor in a browser and over the wire: a room, a door, a gateway; saved, seen on the floor, taken back."""

from playwright.sync_api import expect

from asset_registry.audit import bump
from asset_registry.drawing import drawing_of
from asset_registry.places import Place
from tests.asset_registry.test_pictures import png
from tests.dashboards.conftest import AIR

SVG = b'<svg><rect id="5.01" width="80" height="50"/><rect id="5.02" x="80" width="40" height="50"/></svg>'


def empty_floor(hospital):
    """A floor on which nothing is drawn."""
    with hospital.database.write() as session:
        above = session.get(Place, hospital.places["floor"]).parent_id
        floor = Place(kind="floor", parent_id=above, number="5", name="Level 5", level=5)
        session.add(floor)
        session.flush()
        number = floor.id
        bump(session)
    hospital.snapshots.refresh()
    return number


def drawn(hospital, floor):
    with hospital.database.read() as session:
        return drawing_of(session, floor)


def test_a_room_a_door_and_a_gateway_drawn_on_an_empty_floor(page, server, hospital):
    floor = empty_floor(hospital)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server.url + hospital.link("facilities"))
    page.goto(f"{server.url}/floors/{floor}/draw")
    expect(page.locator("#told")).to_contain_text("Nothing is drawn yet")

    def at(x, y):
        """Where a point of the floor is on the screen."""
        return page.evaluate(
            "([x, y]) => { const board = document.querySelector('#board').getScreenCTM();"
            " const p = new DOMPoint(x, y).matrixTransform(board); return [p.x, p.y] }",
            [x, y],
        )

    page.locator("[data-tool=rect]").click()
    page.mouse.move(*at(2, 2))
    page.mouse.down()
    page.mouse.move(*at(8, 7))
    page.mouse.up()
    page.locator("[name=number]").fill("5.01")
    page.locator("[name=number]").press("Enter")
    page.locator("[data-tool=door]").click()
    page.mouse.click(*at(5, 7))
    page.locator("[data-tool=select]").click()
    page.mouse.click(*at(30, 15))
    page.locator("[data-tool=gateway]").click()
    page.locator("[name=device]").select_option(label="never-seen")
    page.mouse.click(*at(3, 3))
    page.locator("#save").click()
    expect(page.locator("#told")).to_contain_text("Saved")

    kept = drawn(hospital, floor)
    assert [(room.number, len(room.polygon), room.doors[0].wall) for room in kept.rooms] == [("5.01", 4, "s")]
    assert abs(kept.gateways[0].x - 3) < 0.11
    page.goto(f"{server.url}/floors/{floor}")
    expect(page.locator("#labels .rn")).to_have_text("5.01")
    page.goto(f"{server.url}/floors/{floor}/draw")
    page.locator("#takeback:enabled").click()
    expect(page.locator("#told")).to_contain_text("taken back")
    assert drawn(hospital, floor).rooms == []


def test_what_is_wrong_is_said_and_nothing_is_saved(signed_in, hospital):
    floor = empty_floor(hospital)
    browser = signed_in("facilities")
    told = browser.get(f"/floors/{floor}/drawing").json()
    crossed = {"number": "5.01", "polygon": [[0, 0], [4, 4], [4, 0], [0, 4]]}
    headers = {"X-CSRF-Token": browser.csrf, "Accept": "application/json"}
    url = f"/floors/{floor}/drawing?seen="
    answer = browser.post(url + told["seen"], json=told["drawing"] | {"rooms": [crossed]}, headers=headers)
    assert answer.status_code == 422
    assert "cross" in answer.json()["detail"]
    stale = browser.post(url + "older", json=told["drawing"], headers=headers)
    assert stale.status_code == 409
    assert drawn(hospital, floor).rooms == []


def test_outlines_come_out_of_a_file(signed_in, hospital):
    browser = signed_in("facilities")
    url = f"/floors/{hospital.places['floor']}"
    headers = {"X-CSRF-Token": browser.csrf, "Accept": "application/json"}
    answer = browser.post(f"{url}/plan-file", files={"file": ("plan.svg", SVG)}, headers=headers)
    assert [each["number"] for each in answer.json()] == ["5.01", "5.02"]
    assert len(browser.get(f"{url}/plan.geojson").json()["features"]) == 4


def test_a_picture_becomes_the_ground_by_two_points_and_is_taken_away_again(page, server, hospital, tmp_path):
    hospital.context.folder = tmp_path
    floor = empty_floor(hospital)
    (tmp_path / "plan.png").write_bytes(png(400, 200))
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server.url + hospital.link("facilities"))
    page.goto(f"{server.url}/floors/{floor}/draw")
    page.locator("[name=plan]").set_input_files(tmp_path / "plan.png")
    expect(page.locator("#told")).to_contain_text("two points whose distance you know")
    for x in (100, 300):  # 200 pixels are 10 m
        page.mouse.click(
            *page.evaluate(
                "x => { const board = document.querySelector('#board').getScreenCTM();"
                " const p = new DOMPoint(x, 100).matrixTransform(board);"
                " return [p.x, p.y] }",
                x,
            )
        )
    page.locator("[name=distance]").fill("10")
    page.locator("[name=distance]").press("Enter")
    page.locator("#save:enabled").click()
    expect(page.locator("#told")).to_contain_text("Saved")
    ground = drawn(hospital, floor).ground
    assert (ground.x, ground.y) == (0, 0)
    assert abs(ground.width - 20) < 0.4
    assert abs(ground.height - 10) < 0.2
    page.reload()
    image = page.locator("image.ground")
    expect(image).to_have_count(1)
    assert page.request.get(server.url + image.get_attribute("href")).headers["content-type"] == "image/png"
    page.get_by_role("button", name="Take the picture away").click()
    expect(image).to_have_count(0)
    page.locator("#save:enabled").click()
    expect(page.locator("#told")).to_contain_text("Saved")
    assert drawn(hospital, floor).ground is None
    page.locator("#takeback:enabled").click()
    expect(page.locator("image.ground")).to_have_count(1)


def test_a_picture_that_is_none_is_refused_with_the_reason(signed_in, hospital, tmp_path):
    hospital.context.folder = tmp_path
    browser = signed_in("facilities")
    headers = {"X-CSRF-Token": browser.csrf, "Accept": "application/json"}
    url = f"/floors/{hospital.places['floor']}/ground"
    answer = browser.post(url, files={"file": ("plan.png", b"<script>")}, headers=headers)
    assert (answer.status_code, "no PNG or JPEG" in answer.json()["detail"]) == (422, True)
    assert browser.get(f"{url}/{'0' * 64}").status_code == 404
    assert signed_in("clinician").post(url, files={"file": ("plan.png", png())}).status_code == 403


def test_a_brick_class_is_shown_with_its_points_and_may_be_another(page, server, hospital):
    hospital.measure(AIR, "co2", 620.0)
    key = f"device:{hospital.devices[AIR]}"
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server.url + hospital.link("facilities"))
    page.goto(f"{server.url}/floors/{hospital.places['floor']}/draw")
    page.get_by_role("button", name="4.12").click()
    expect(page.locator(".points")).to_have_text("Points: CO2_Sensor")
    chosen = page.locator(f"[name='brick-{key}']")
    expect(chosen.locator("option").first).to_have_text("Sensor_Equipment")
    chosen.select_option("IAQ_Sensor_Equipment")
    page.locator("#save:enabled").click()
    expect(page.locator("#told")).to_contain_text("Saved")
    assert drawn(hospital, hospital.places["floor"]).brick == {key: "IAQ_Sensor_Equipment"}
