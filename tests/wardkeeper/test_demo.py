"""`wardkeeper demo`, as a new user meets it: a link, a live plan, a pump to take, a ticket that opened by itself."""

import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.wardkeeper.conftest import until

AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],  # what passed need not be described
}
SIZES = [(360, 740), (1280, 800)]
FADES = "fades = []; addEventListener('transitionrun', (one) => fades.push(one.target.outerHTML.slice(0, 99)), true)"
"""What changes softly though nobody points at it: on a page that comes, it would be read in the wrong color."""

SMALLEST_LABEL = """() => [...document.querySelectorAll('body *')].filter(
    (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
).filter((one) => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length).map((one) => {
    const svg = one.ownerSVGElement, size = parseFloat(getComputedStyle(one).fontSize)
    return [svg && svg.getScreenCTM ? size * one.getScreenCTM().a : size, one.textContent.trim().slice(0, 30)]
}).sort((one, other) => one[0] - other[0])[0]"""


class Demo:
    """A running demo; `link` signs one person in, once."""

    def __init__(self, data, speed):
        self.data, self.speed, self.process, self.said, self.link = data, speed, None, [], ""

    def start(self):
        ready = threading.Event()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "wardkeeper.cli",
                "demo",
                "--port",
                "0",
                "--speed",
                str(self.speed),
                "--data",
                self.data,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        assert ready.wait(60), "\n".join(self.said)
        return self

    def _listen(self, process, ready):
        for line in process.stdout:
            self.said.append(line.rstrip())
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/enter/\S+", line):
                self.link, self.url = found.group(0), found.group(1)
                ready.set()

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            assert self.process.wait(30) == 0, "\n".join(self.said)
            self.process = None


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("demo"), 4).start()
    yield demo
    demo.stop()


@pytest.fixture(scope="module")
def signed_in(demo, browser):
    """What a browser keeps after the printed link: it works once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(demo.link)
    assert page.url == f"{demo.url}/"
    other = browser.new_context()
    assert other.new_page().goto(demo.link).status == 401
    other.close()
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visit(demo, signed_in, browser):
    """A function that opens a page; nothing may leave the machine."""
    contexts = []

    def open_page(path):
        context = browser.new_context(
            storage_state=signed_in, base_url=demo.url, viewport={"width": 1280, "height": 800}
        )
        contexts.append(context)
        strangers = []
        context.on("request", lambda request: strangers.append(request.url) if demo.url not in request.url else None)
        context.add_init_script(FADES)
        page = context.new_page()
        page.strangers = strangers
        assert page.goto(path).status == 200
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_the_plan_is_alive_and_things_are_where_a_gateway_hears_them(visit):
    page = visit("/floors")
    page.wait_for_function("() => document.querySelectorAll('#dots > *').length > 20", timeout=60_000)
    page.get_by_text("Live").first.wait_for()


def test_the_nearest_pump_can_be_found_and_taken(visit):
    page = visit("/")
    page.keyboard.press("/")
    page.keyboard.type("pump")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?*q=pump*")
    page.get_by_role("button", name=re.compile("taking it")).first.click()
    page.get_by_text(re.compile(r"[Yy]ou have it until|Yours until")).first.wait_for()


def test_an_oximeter_talks_at_the_bed_and_is_never_judged(visit):
    page = visit(_address(visit, "/assets/BO-01"))
    page.get_by_role("link", name=re.compile("its own voice|Bedside oximeter 4.07")).first.click()
    page.get_by_text("SpO₂").first.wait_for()
    assert page.get_by_text("Not for patient monitoring. May be late or missing. Look at the bedside device.").count()
    assert re.match(r"\d+\s(%|/min)", page.locator("#vitals .vital b").first.inner_text())


def test_a_ticket_opens_by_itself_with_asset_room_and_chart_and_can_be_answered(visit):
    page = visit("/tickets")
    first = page.locator("main a[href$='/tickets/W-1001']")
    until(lambda: page.reload() and first.count() > 0, 120)
    first.first.click()
    page.get_by_role("heading", level=1).get_by_text("F-07").wait_for()
    assert page.get_by_text("4.18").first.is_visible()
    assert page.locator("svg.chart").first.is_visible()
    page.get_by_role("button", name=re.compile("take it", re.IGNORECASE)).first.click()
    page.locator("main").get_by_text("M. Okafor").first.wait_for()


@pytest.mark.parametrize(
    "path",
    ["/", "/find?q=pump", "/floors", "/rooms/4.12", "/alarms", "/tickets", "/tickets/W-1001", "/devices", "/inputs",
     "/collector", "/unclaimed", "/assets/F-07"],
)  # fmt: skip
def test_every_screen_is_readable_for_everybody(visit, path):
    address = path if not re.search(r"rooms|assets", path) else _address(visit, path)
    page = visit(address)
    for where in looks(page):
        assert page.goto(address).status == 200
        result = Axe().run(page, options=AXE)
        assert result.violations_count == 0, f"{where}\n{result.generate_report()}"
        assert page.evaluate("window.fades") == [], where
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"sideways scroll: {where}"
        smallest, text = page.evaluate(SMALLEST_LABEL)
        assert smallest >= 9, f"{where}: {text}"
        weight = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".filter((one) => /\\.js$/.test(one.name) && !/uplot/i.test(one.name))"
            ".reduce((sum, one) => sum + one.decodedBodySize, 0)"
        )
        assert 0 < weight < 80 * 1024, where
    assert page.strangers == []


def looks(page):
    """Make the page a phone and a desk, light and dark, and say which it is."""
    for width, height in SIZES:
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            yield f"{width} px, {scheme}"


def _address(visit, path):
    """The address of a room by its number or an asset by its own: pages use surrogate ids."""
    kind, number = path.strip("/").split("/")
    asked = {"rooms": "places?kind=room&limit=200", "assets": "assets?limit=500"}[kind]
    request, cursor = visit("/").request, ""
    while True:
        found = request.get(f"/api/v1/{asked}{cursor}").json()
        for one in found["items"]:
            if one["number"] == number:
                return f"/{kind}/{one['id']}"
        cursor = f"&cursor={found['next']}"


def test_the_floor_page_is_ready_in_time_on_a_slow_machine(visit):
    page = visit("/")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    taken = []
    for _ in range(3):  # the best of three: the machine that tests is busy with others
        page.goto("/floors")
        page.wait_for_function("() => performance.getEntriesByName('floor-ready').length")
        taken.append(page.evaluate("performance.getEntriesByName('floor-ready')[0].startTime"))
    assert min(taken) <= 1000, taken


def test_a_second_start_goes_on_where_the_first_one_ended(tmp_path):
    demo = Demo(tmp_path, 4).start()
    demo.stop()
    demo.start()
    demo.stop()


def test_after_a_kill_the_beds_are_heard_again(tmp_path, browser):
    demo = Demo(tmp_path, 4)
    for turn in ("first", "after a kill"):
        demo.start()
        context = browser.new_context(base_url=demo.url)
        context.new_page().goto(demo.link)
        until(lambda asked=context.request: _frames(asked, "bedside") > 30, 60)
        context.close()
        if turn == "first":
            demo.process.kill()
            demo.process.wait(30)
    demo.stop()


def _frames(request, link):
    items = request.get("/api/v1/inputs").json()["items"]
    return next((one["frames"] for one in items if one["link"] == link), 0)
