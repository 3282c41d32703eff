"""The incidents of a replay, in memory: which one a raised alarm opens or joins is worked out as by `book.attach`.

What serves what stands in the registry, which a file of readings has not: gateways, links and the broker are known.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import msgspec

from asset_registry.known import Content
from asset_registry.snapshot import Snapshot
from collector.latest import Latest
from collector.reading import Reading
from service_desk.incidents.book import graver
from service_desk.incidents.causes import About, Causes, Standing, cause_of, consequences
from service_desk.incidents.custom import Custom


class Rehearsed(msgspec.Struct):
    """An incident; one with a `parent` turned out to be a consequence of that one."""

    key: str
    title: str
    priority: str
    cause: str
    cleared: datetime | None = None
    closed: datetime | None = None
    parent: int | None = None


Happened = tuple[datetime, str, Rehearsed]


class _Unregistered:
    """A registry in which nothing is."""

    current = Snapshot(Content("", -1, datetime.min.replace(tzinfo=UTC), [], [], [], [], [], []))


class Rehearsal:
    """One run."""

    def __init__(self, custom: Custom) -> None:
        self._custom = custom
        self._latest = Latest()
        self._causes = Causes(_Unregistered(), self._latest)
        self._stands = Standing()
        self._incidents: list[Rehearsed] = []
        self._alarms: dict[tuple[int, str], int] = {}
        self._of: dict[int, int] = {}

    def hear(self, reading: Reading) -> None:
        """Who heard whom, and when."""
        self._latest.update((reading,))

    def raised(self, about: About, opening: Rehearsed, at: datetime) -> Iterator[Happened]:
        """`opening` is the incident when there is none that it belongs to."""
        alarm, stands = self._alarm(about), self._stands
        above = self._causes.above(about)
        number = self._own(alarm, at)
        explained = consequences(about, stands, self._causes.above, self._custom.window)
        if number is None:
            quiet = partial(self._quiet, at)
            found = cause_of(about, above, stands, quiet, self._custom.window)
            number = found.incident_id if found else None
            if found is not None and not found.sure and found.node not in about.nodes:
                self._known_by(found.incident_id, found.node)
        if explained and (number is None or number in explained):
            number = explained[0] if number is None else number
            self._incidents[number].title = opening.title
            self._known_by(number, about.main)
        what = "joined"
        if number is None:
            what, number = "opened", len(self._incidents)
            self._incidents.append(opening)
        incident = self._incidents[number]
        what, incident.closed = "reopened" if incident.closed else what, None
        incident.priority = graver(incident.priority, opening.priority)
        stands.known[incident.cause][number] = None
        first = not stands.holding[number]
        stands.put(alarm, number, about, above if first else ())
        self._of[alarm] = number
        yield at, what, incident
        for child in explained:
            if child != number:
                yield self._merged(child, number, at)

    def cleared(self, about: About, at: datetime) -> None:
        """Its condition is over."""
        alarm = self._alarm(about)
        self._stands.drop(alarm)
        number = self._of.get(alarm)
        if number is not None and not self._stands.holding.get(number):
            self._incidents[number].cleared = at

    def quiet(self, now: datetime) -> Iterator[Happened]:
        """What has stayed normal for the house's time closes."""
        for number, incident in enumerate(self._incidents):
            if incident.closed or incident.cleared is None or self._stands.holding.get(number):
                continue
            if incident.cleared + self._custom.keep <= now:
                incident.closed = incident.cleared + self._custom.keep
                self._stands.end(number, incident.cause)
                yield incident.closed, "closed", incident

    def _alarm(self, about: About) -> int:
        return self._alarms.setdefault((about.rule_id, about.subject), len(self._alarms))

    def _own(self, alarm: int, at: datetime) -> int | None:
        number = self._of.get(alarm)
        while number is not None and self._incidents[number].parent is not None:
            number = self._incidents[number].parent
        closed = self._incidents[number].closed if number is not None else None
        return None if closed is not None and closed < at - self._custom.reopen else number

    def _quiet(self, at: datetime, node: str) -> bool:
        return self._causes.quiet(node, at)

    def _known_by(self, number: int, node: str) -> None:
        incident = self._incidents[number]
        self._stands.known[incident.cause].pop(number, None)
        self._stands.known[node][number] = None
        incident.cause = node

    def _merged(self, child: int, parent: int, at: datetime) -> Happened:
        incident, above = self._incidents[child], self._incidents[parent]
        for alarm in list(self._stands.holding[child]):
            self._stands.put(alarm, parent, self._stands.alarms[alarm][1])
            self._of[alarm] = parent
        self._stands.end(child, incident.cause)
        incident.parent, incident.closed = parent, at
        above.priority = graver(above.priority, incident.priority)
        return at, "merged", incident
