"""Every scene of the demo, played from its first page to its end by clicking what a person would click."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.wardkeeper.conftest import until
from tests.wardkeeper.test_demo import AXE, SMALLEST_LABEL, Demo, looks
from wardkeeper.demo.scene import scenes

SPEED = 6
PATIENCE_MS = 60_000
TICKETS = {
    "door_propped_open": "4.12 is not isolating",
    "fan_belt_slips": "Air handler 3 runs at 38",
    "humidifier_fails": "The air of 2.08 is at 18",
    "warm_fridge": "Fridge F-05 is out of its range",
    "pump_battery": "The battery of Pump 117 is running down",
}
"""The one ticket that each scene opens and shows."""

OPENED = TICKETS | {"silent_gateway": "Gateway 4-08 in 4.19 is down"}


STATES = "&".join(f"state={state}" for state in ("new", "open", "waiting", "solved", "closed"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("scenes"), SPEED).start()
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def signed_in(demo, browser):
    context = browser.new_context()
    context.new_page().goto(demo.link)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visit(demo, signed_in, browser):
    """A function that opens the first page; nothing may leave the machine."""
    contexts, strangers = [], []

    def open_page():
        context = browser.new_context(
            storage_state=signed_in, base_url=demo.url, viewport={"width": 1280, "height": 800}
        )
        contexts.append(context)
        context.on("request", lambda request: strangers.append(request.url) if demo.url not in request.url else None)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: strangers.append(str(error)))
        page.goto("/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert strangers == []


def click(page, name):
    """Click what is named so in the strip, once it is there; the next page opens."""
    with page.expect_navigation():
        page.locator("#scene").get_by_role("button", name=name, exact=True).click()


def shows(place, *texts):
    """All of these are really on the screen, at the latest when the live feed has told it."""
    for text in texts:
        place.get_by_text(text).first.wait_for()


def ticket(page, *texts):
    """A ticket that opened by itself: number, chart with the points that triggered it, and what it says."""
    shows(page.locator(".crumb"), re.compile(r"^W-\d+$"))
    shows(page.locator("main"), "Opened by itself", "ringed points triggered the ticket", *texts)
    assert page.locator("svg.chart .pt").count()


# ---------------------------------------------------------------- what each step promises


def nearest(page):
    shows(page.get_by_role("heading", level=1), re.compile("Nearest usable pump"))
    page.first_pump = page.locator(".hit.best .n a").inner_text()
    shows(page.locator("#scene"), page.first_pump)
    assert page.locator("#map polyline.way").count(), "the way"


def claimed(page):
    row = page.locator("#no .hit").filter(has=page.get_by_role("link", name=page.first_pump, exact=True))
    shows(row, re.compile(r"Claimed by S\. Lind to \d\d:\d\d, \d+\s(s|min) ago"))
    assert row.bounding_box()["y"] < page.locator("#scene").bounding_box()["y"], "above the strip"
    assert page.locator(".hit.best .n a").inner_text() != page.first_pump


def explained(page):
    shows(page.locator("#no"), re.compile(r"^In use$"), re.compile(r"^Soiled$"), re.compile(r"^In repair$"))


def taken(page):
    page.get_by_role("button", name="I’m taking it").first.click()
    shows(page.locator("main"), re.compile("You have it until"))


def door_room(page):
    shows(page.get_by_role("heading", level=1), "4.12 Isolation")
    shows(page.locator("main"), re.compile("Open since"))


def two_alarms(page):
    incident = page.locator(".inc").filter(has_text="4.12 is not isolating")
    shows(incident, "2 alarms")
    assert set(incident.locator(".c .n").all_inner_texts()) == {"Door open", "Pressure to the corridor"}


def one_cause(page):
    shows(page.locator("#flood"), re.compile(r"6 of \d+ alarms have one cause: Air handler 3 runs at 38"))
    incident = page.locator(".inc").filter(has_text="Air handler 3")
    shows(incident, *(re.compile(rf"^4\.0{number}$") for number in range(1, 6)))


def five_rooms(page):
    shows(page.locator("main"), re.compile("Air handler 3 runs at 38"))
    page.wait_for_function("document.querySelectorAll('.room.medium').length === 5")


def dry_room(page):
    shows(page.locator("main"), re.compile("2.08 is too dry"))
    page.wait_for_function("document.querySelectorAll('.room.medium').length === 1")


def taken_ticket(page):
    shows(page.locator("#talk"), "added what has the same cause")
    page.get_by_role("button", name="Acknowledge and take it").click()
    shows(page.locator("#talk"), "M. Okafor")


def on_the_overview(page):
    row = page.locator("#needs > li").filter(has_text="Fridge F-05")
    shows(row, re.compile("M. Okafor"), re.compile(r"W-\d+"))


def in_the_queue(page):
    shows(page.locator("main"), re.compile("The battery of Pump 117"))


def silent(page):
    shows(page.locator("#lines tr").filter(has_text="Gateway 4-08"), "silent")


def plugged_in(page):
    line = "Not for patient monitoring. May be late or missing. Look at the bedside device."
    shows(page.locator("#vitals"), line, "SpO₂", "Pulse rate")
    assert not page.locator("#vitals .pill, #vitals .bullet").count(), "shown, never judged"


def in_use(page):
    shows(page.get_by_role("heading", level=1), re.compile("oximeter"))
    shows(page.locator("#status"), re.compile("In use"))


def perhaps(page):
    shows(page.get_by_role("heading", level=1), OPENED["silent_gateway"])
    shows(page.locator("#beside"), re.compile("silent"), re.compile("perhaps"))


TOLD = {
    "nearest_pump": [nearest, claimed, explained, taken],
    "door_propped_open": [door_room, lambda page: ticket(page, "4.12 Isolation", "Door"), two_alarms],
    "fan_belt_slips": [
        lambda page: shows(page.locator("main"), "Serves"),
        lambda page: ticket(page, "2.16 Plant room", "AL 8000"),
        one_cause,
        five_rooms,
    ],
    "humidifier_fails": [
        lambda page: shows(page.locator("main"), "Humidity"),
        lambda page: ticket(page, "2.08 Operating room", "Air handler 1"),
        dry_room,
    ],
    "warm_fridge": [
        lambda page: shows(page.get_by_role("heading", level=1), "F-05"),
        lambda page: ticket(page, "3.15", "Nearest spare", "Power"),
        taken_ticket,
        on_the_overview,
    ],
    "pump_battery": [
        lambda page: shows(page.get_by_role("heading", level=1), "Pump 117"),
        lambda page: ticket(page, "4.15 Patient room", "Mains", "Nearest spare"),
        in_the_queue,
    ],
    "silent_gateway": [lambda page: shows(page.locator("main"), "4.19"), silent, perhaps],
    "talking_oximeter": [lambda page: shows(page.locator("#vitals"), "SpO₂"), plugged_in, in_use],
}


@pytest.mark.parametrize("name", scenes())
def test_it_is_played_from_the_first_page_to_its_end_and_shows_what_it_says(visit, name):
    page, scene = visit(), scenes()[name]
    with page.expect_navigation():
        page.get_by_role("button", name=f"Show me: {scene.title}", exact=True).click()
    for number, promise in enumerate(TOLD[name], 1):
        shows(page.locator("#scene"), f"step {number} of {len(scene.steps)}")
        assert not page.get_by_role("link", name="Show the page").count(), "a step opens its own page"
        if TICKETS.get(name) and number == 2:
            shows(page.get_by_role("heading", level=1), re.compile(TICKETS[name]))
        promise(page)
        click(page, "Next" if number < len(scene.steps) else "Finish")
    row = page.locator("#scenes li").filter(has_text=scene.title)
    shows(row, "Played to its end")
    assert page.url.endswith("/")
    assert not page.locator("#scene").count()


def test_each_scene_opened_one_ticket_and_the_hospital_is_calm_again(visit):
    page = visit()
    told = [item["title"] for item in page.request.get(f"/api/v1/tickets?limit=200&{STATES}").json()["items"]]
    for title in OPENED.values():
        assert sum(one.startswith(title) for one in told) == 1, told
    assert len(told) == len(OPENED) + 1, "and the fridge of the start"
    until(lambda: page.reload() and not needs(page), PATIENCE_MS / 1000)
    page.goto("/devices?state=silent")
    shows(page.locator("main"), "No device is like that.")


def needs(page):
    """What needs a person, but for the fridge of the start, which nobody plays."""
    return page.locator("#needs .row").filter(has_not_text="F-07").all_inner_texts()


# ---------------------------------------------------------------- the strip


@pytest.fixture
def playing(visit):
    """A function that opens the first page and plays a scene; it is ended afterwards."""
    pages = []

    def play(title="A propped door"):
        page = visit()
        pages.append(page)
        with page.expect_navigation():
            page.get_by_role("button", name=f"Show me: {title}", exact=True).click()
        return page

    yield play
    for page in pages:
        page.goto("/")
        if page.locator("#scene").count():
            click(page, "End scene")


def test_it_can_be_ended_at_any_step(playing):
    page = playing()
    click(page, "End scene")
    assert page.url.endswith("/")
    assert not page.locator("#scene").count()


def test_escape_ends_it_when_nothing_else_wants_it(playing):
    page = playing()
    page.keyboard.press("/")
    page.keyboard.type("pump")
    page.keyboard.press("Escape")
    assert page.locator("#scene").is_visible(), "it left the field only"
    with page.expect_navigation():
        page.keyboard.press("Escape")
    assert not page.locator("#scene").count()


def test_whoever_wanders_off_is_led_back(playing):
    page = playing()
    page.get_by_role("link", name="Devices").first.click()
    page.wait_for_url("**/devices")
    page.get_by_role("link", name="Show the page").click()
    page.wait_for_url("**/rooms/*")


def test_the_strip_tells_how_long_until_it_goes_on_and_then_lets_one(playing):
    page = playing()
    shows(page.locator("#scene"), re.compile(r"In about \d+\s*s: the pressure has been gone"))
    page.locator("#scene").get_by_role("button", name="Next").wait_for()
    shows(page.locator("#scene"), "The scene goes on: Next.")


def test_first_page_and_strip_are_readable_for_everybody_and_cover_nothing(playing):
    page = playing()
    step = page.url
    for where in looks(page):
        for path in ("/", step, "/floors", "/find?q=pump"):
            page.goto(path)
            result = Axe().run(page, options=AXE)
            assert result.violations_count == 0, f"{path} at {where}\n{result.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"sideways scroll: {where}"
            smallest, text = page.evaluate(SMALLEST_LABEL)
            assert smallest >= 9, f"{path} at {where}: {text}"
            assert page.evaluate(SMALL_TARGETS, page.viewport_size["width"] < 720) == [], f"{path} at {where}"
            assert page.evaluate(COVERED) is False, f"{path} at {where}"


SMALL_TARGETS = """(phone) => [...document.querySelectorAll(phone ? '#scene .btn, #scenes .btn' : '#scene .btn')]
    .map((one) => [one.textContent, one.getBoundingClientRect()])
    .filter(([, box]) => box.height && (box.height < 44 || box.width < 44)).map(([text]) => text)"""
COVERED = """async () => {
    scrollTo(0, document.documentElement.scrollHeight)
    await new Promise(requestAnimationFrame)
    const ends = [...document.querySelectorAll('main > *')].map((one) => one.getBoundingClientRect().bottom)
    return Math.max(...ends) > document.querySelector('#scene').getBoundingClientRect().top + 1
}"""
"""Whether the strip still covers something of the page when one has scrolled to its end."""
