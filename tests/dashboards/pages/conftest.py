"""What the tests of pages share: alarms and tickets made by the real desk, and eyes that axe does not have."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from collector.points import ms_of
from service_desk.alarms import book
from service_desk.incidents import book as incidents
from service_desk.incidents.model import Outbox
from service_desk.ports import Verdict
from service_desk.rulebook import RuleRow
from service_desk.rules.threshold import Config, build
from service_desk.sinks.desk import Desk
from service_desk.subjects import Subjects
from service_desk.tickets.evidence import Sources, freeze_all

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": {"type": "tag", "values": STANDARD}, "resultTypes": ["violations"]}  # what passed is not described
SMALLEST_PX = 9
WIDTHS = (360, 1280)


class Ward:
    """Raises alarms and opens tickets as the product does, without waiting for a rule's hold time."""

    def __init__(self, hospital):
        self.hospital = hospital
        self.subjects = Subjects(hospital.snapshots, hospital.latest)
        sources = Sources(hospital.store, hospital.snapshots, hospital.latest)
        self.sink = Desk(hospital.database, hospital.clock, lambda *known: freeze_all(known[0], sources, *known[1:]))
        self._rules = 0

    def alarm(self, device, metric, value, minutes=9, **rule):
        """An alarm that has stood for `minutes`, with a reading a minute of the last hour behind it. Its id."""
        self._rules += 1
        config = Config(metric=metric, **{"title": "{asset} in {room} is at {value}", **rule})
        since = self.hospital.clock.now() - timedelta(minutes=minutes)
        points = self._hear(device, metric, value, minutes, config)
        verdict = Verdict(True, since, since, value, points, config.below, config.above)
        with self.hospital.database.write() as session:
            row = RuleRow(name=f"rule {self._rules}", kind="rule.threshold", config={}, changed=since)
            session.add(row)
            session.flush()
            cause = book.Cause(row.id, build(config), self.subjects.of(device, since))
            return book.raise_(session, cause, verdict, self.hospital.clock.now(), incidents.Custom()).id

    def _hear(self, device, metric, value, minutes, config):
        limits = [limit for limit in (config.below, config.above) if limit is not None]
        usual = sum(limits) / len(limits) if limits else not value
        readings = [
            self.hospital.reading(device, metric, value if ago <= minutes else usual, ago_s=60 * ago)
            for ago in range(60, -1, -1)
        ]
        self.hospital.hear(*readings)
        return tuple((ms_of(each.at), each.value) for each in readings[60 - minutes :])

    def tickets(self):
        """Do what the outbox worker does; the numbers of the tickets, in order."""
        with self.hospital.database.read() as session:
            rows = session.scalars(select(Outbox).where(Outbox.done.is_(None)).order_by(Outbox.id)).all()
            told = [(row.id, incidents.news(session, row)) for row in rows]
        numbers = [self.sink._sync(news).number for _, news in told]
        with self.hospital.database.write() as session:
            for key, _ in told:
                session.get(Outbox, key).done = self.hospital.clock.now()
        return numbers


@pytest.fixture
def ward(hospital):
    return Ward(hospital)


@pytest.fixture
def good_to_look_at():
    """A function that fails a page which axe, a phone or a dark room finds fault with: `good_to_look_at(page, url)`."""

    def check(page, url):
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(url)
                where = f"{url} at {width} px, {scheme}"
                found = Axe().run(page, options=AXE)
                assert found.violations_count == 0, f"{where}\n{found.generate_report()}"
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"sideways scroll: {where}"
                assert page.evaluate(SMALL, SMALLEST_PX) == [], f"labels too small: {where}"
                assert page.evaluate(CUT) == [], f"cut off at the side: {where}"
                if width < 720:
                    assert page.evaluate(TINY) == [], f"too small to touch: {where}"
        kilobytes = page.evaluate(SCRIPT_BYTES) / 1024
        assert 0 < kilobytes < 80, f"{kilobytes:.0f} KB of script on {url}"

    return check


SMALL = """least => [...document.querySelectorAll('body *')].filter(e =>
  [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) &&
  !e.closest('option, datalist, template') && parseFloat(getComputedStyle(e).fontSize) < least).map(e => e.outerHTML)"""
CUT = """() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility() &&
  !e.closest('svg, .roll, .hide') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 200))"""
TINY = """() => [...document.querySelectorAll('main :is(button, summary, select), main .btn')].filter(e =>
  e.checkVisibility() && e.getBoundingClientRect().height < 36).map(e => e.outerHTML.slice(0, 200))"""
SCRIPT_BYTES = """performance.getEntriesByType('resource')
  .filter(r => r.name.endsWith('.js') && !r.name.includes('uPlot'))
  .reduce((sum, r) => sum + r.decodedBodySize, 0)"""
