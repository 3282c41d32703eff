"""Drawing a floor in a browser and over the wire: a room, a door, a gateway; saved, seen on the floor, taken back."""

from playwright.sync_api import expect

from asset_registry.audit import bump
from asset_registry.drawing import drawing_of
from asset_registry.places import Place

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
