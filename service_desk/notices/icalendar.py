"""Who is on call when, from an iCalendar text: RFC 5545 (VEVENT, VTIMEZONE, RRULE, RDATE, EXDATE, RECURRENCE-ID).

A time without a zone is one of the house's clock. A zone of the tz database counts by its name, any other by its
VTIMEZONE. A shift that recurs ends at the same time of the clock each time, also when the clocks change in it, which is
what a roster means (3.8.5.3 would have it last as long).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from dateutil import rrule, tz

from asset_registry.errors import Invalid

LARGEST = 2_000_000
"""Characters of a calendar."""
MOST = 20_000
"""Shifts looked at in one calendar."""

_NAME = re.compile(r"[A-Za-z0-9-]+")
_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNTIL = re.compile(r"(UNTIL=)(\d{8}T\d{6})Z", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")
_TOO_OFTEN = re.compile(r"FREQ=(SECONDLY|MINUTELY)", re.IGNORECASE)


class Shift(NamedTuple):
    """Somebody is on call: `attendees` are addresses, `summary` what the calendar calls it."""

    start: datetime
    end: datetime
    summary: str
    attendees: tuple[str, ...]


class _Line(NamedTuple):
    name: str
    params: dict[str, str]
    value: str


@dataclass
class _Component:
    kind: str
    lines: list[_Line] = field(default_factory=list)

    def all(self, name: str) -> list[_Line]:
        return [line for line in self.lines if line.name == name]

    def value(self, name: str, otherwise: str = "") -> str:
        found = self.all(name)
        return found[0].value if found else otherwise


@dataclass(frozen=True)
class _Event:
    """One VEVENT; times are those of the clock in `zone`, without it."""

    uid: str
    sequence: int
    zone: tzinfo
    start: datetime
    lasts: timedelta
    starts: rrule.rruleset
    instead_of: datetime | None
    summary: str
    attendees: tuple[str, ...]
    cancelled: bool


class Calendar:
    """The shifts of a calendar."""

    def __init__(self, events: list[_Event]) -> None:
        self._events = events
        newest: dict[tuple[str, datetime | None], _Event] = {}
        for event in events:
            same = newest.get((event.uid, event.instead_of))
            if same is None or event.sequence >= same.sequence:
                newest[event.uid, event.instead_of] = event
        self._events = list(newest.values())
        self._replaced: dict[str, set[datetime]] = {}
        for event in self._events:
            if event.instead_of is not None:
                self._replaced.setdefault(event.uid, set()).add(event.instead_of)

    def shifts(self, start: datetime, end: datetime) -> list[Shift]:
        """Those that are on at any time in `start` to `end`, by their beginning."""
        found = [shift for event in self._events for shift in self._of(event, start, end)]
        return sorted(found)

    def _of(self, event: _Event, start: datetime, end: datetime) -> Iterator[Shift]:
        if event.cancelled or event.lasts <= timedelta(0):
            return
        first = start.astimezone(event.zone).replace(tzinfo=None) - event.lasts - timedelta(days=1)
        last = end.astimezone(event.zone).replace(tzinfo=None) + timedelta(days=1)
        replaced = self._replaced.get(event.uid, set()) if event.instead_of is None else set()
        for begins in event.starts.between(first, last, inc=True)[:MOST]:
            on = begins.replace(tzinfo=event.zone).astimezone(UTC)
            off = (begins + event.lasts).replace(tzinfo=event.zone).astimezone(UTC)
            if on not in replaced and on < end and off > start:
                yield Shift(on, off, event.summary, event.attendees)


def read(text: str, zone: tzinfo) -> Calendar:
    """A calendar whose times without a zone are those of `zone`. Raises Invalid, naming what is wrong."""
    if len(text) > LARGEST:
        raise Invalid(f"The calendar has more than {LARGEST:,} characters. Export fewer months.")
    components = _components(text)
    zones = _zones(text, components)
    events = [_event(each, zones, zone) for each in components if each.kind == "VEVENT"]
    if not events:
        raise Invalid("There is no VEVENT in this calendar: nobody would ever be on call.")
    return Calendar(events)


def _components(text: str) -> list[_Component]:
    """Every component with its own lines, outer ones too."""
    done: list[_Component] = []
    opened: list[_Component] = []
    for number, raw in enumerate(_unfolded(text), 1):
        line = _line(raw, number)
        if line.name == "BEGIN":
            opened.append(_Component(line.value.upper()))
        elif not opened:
            raise Invalid(f"Line {number}: a calendar begins with BEGIN:VCALENDAR.")
        elif line.name == "END":
            if opened[-1].kind != line.value.upper():
                raise Invalid(f"Line {number}: END:{line.value} where END:{opened[-1].kind} belongs.")
            done.append(opened.pop())
        else:
            opened[-1].lines.append(line)
    if opened or not done:
        raise Invalid("The calendar is cut off: the line END:VCALENDAR is missing.")
    return done


def _unfolded(text: str) -> Iterator[str]:
    """3.1: a line that begins with a blank goes on with the one before."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    yield from (line for line in re.sub(r"\n[ \t]", "", text).split("\n") if line.strip())


def _line(raw: str, number: int) -> _Line:
    name = _NAME.match(raw)
    position = name.end() if name else 0
    params: dict[str, str] = {}
    while param := _PARAM.match(raw, position):
        params[param[1].upper()] = param[2].strip('"')
        position = param.end()
    if name is None or raw[position : position + 1] != ":":
        raise Invalid(f"Line {number} is no line of a calendar: {raw[:60]}")
    return _Line(name[0].upper(), params, raw[position + 1 :])


def _zones(text: str, components: list[_Component]) -> dict[str, tzinfo]:
    """The zones that the calendar brings along and the tz database does not know."""
    own = [each.value("TZID") for each in components if each.kind == "VTIMEZONE"]
    if all(name in available_timezones() for name in own):
        return {}
    try:
        known = tz.tzical(io.StringIO("\n".join(_unfolded(text))))
        found = {name: known.get(name) for name in own}
    except ValueError as error:
        raise Invalid(f"A VTIMEZONE of this calendar makes no sense: {error}.") from error
    return {name: zone for name, zone in found.items() if zone is not None}


def _event(component: _Component, zones: dict[str, tzinfo], house: tzinfo) -> _Event:
    starts = component.all("DTSTART")
    summary = _text(component.value("SUMMARY"))
    if not starts:
        raise Invalid(f'The event "{summary}" has no DTSTART.')
    try:
        zone = _zone(starts[0], zones, house)
        start = _moment(starts[0], starts[0].value, zone, zones, house)
        instead = component.all("RECURRENCE-ID")
        if instead and instead[0].params.get("RANGE"):
            raise Invalid(
                f'"{summary}": RECURRENCE-ID with RANGE is not understood; give each shift a line of its own.'
            )
        return _Event(
            uid=component.value("UID"),
            sequence=int(component.value("SEQUENCE", "0")),
            zone=zone,
            start=start,
            lasts=_lasts(component, start, zone, zones, house),
            starts=_recurring(component, start, zone, zones, house),
            instead_of=_moment(instead[0], instead[0].value, zone, zones, house).replace(tzinfo=zone).astimezone(UTC)
            if instead
            else None,
            summary=summary,
            attendees=tuple(
                line.value.strip().removeprefix("mailto:").removeprefix("MAILTO:") for line in component.all("ATTENDEE")
            ),
            cancelled=component.value("STATUS").upper() == "CANCELLED",
        )
    except (ValueError, OverflowError) as error:
        raise Invalid(f'The event "{summary}" makes no sense: {error}.') from error


def _zone(line: _Line, zones: dict[str, tzinfo], house: tzinfo) -> tzinfo:
    """The zone of a time."""
    name = line.params.get("TZID", "").strip()
    if line.value.endswith("Z"):
        return UTC
    if not name:
        return house
    if name in available_timezones():
        return ZoneInfo(name)
    if name not in zones:
        raise Invalid(f'There is no time zone "{name}", and the calendar brings none of this name.')
    return zones[name]


def _moment(line: _Line, value: str, zone: tzinfo, zones: dict[str, tzinfo], house: tzinfo) -> datetime:
    """A DATE or DATE-TIME as the clock in `zone` shows it."""
    if len(value) == 8:
        return datetime.combine(date.fromisoformat(value), time())
    moment = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone follows
    return moment.replace(tzinfo=_zone(line._replace(value=value), zones, house)).astimezone(zone).replace(tzinfo=None)


def _lasts(component: _Component, start: datetime, zone: tzinfo, zones: dict[str, tzinfo], house: tzinfo) -> timedelta:
    ends, duration = component.all("DTEND"), component.value("DURATION")
    if ends:
        return _moment(ends[0], ends[0].value, zone, zones, house) - start
    if duration:
        found = _DURATION.fullmatch(duration)
        if found is None:
            raise ValueError(f"{duration} is no duration")
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return timedelta(days=1) if len(component.value("DTSTART")) == 8 else timedelta(0)


def _recurring(
    component: _Component, start: datetime, zone: tzinfo, zones: dict[str, tzinfo], house: tzinfo
) -> rrule.rruleset:
    """When it begins, as the clock in `zone` shows it."""

    def local(found: re.Match[str]) -> str:
        until = datetime.strptime(found[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).astimezone(zone)
        return f"{found[1]}{until:%Y%m%dT%H%M%S}"

    every = rrule.rruleset()
    every.rdate(start)
    for line in component.all("RRULE"):
        if _TOO_OFTEN.search(line.value):
            raise ValueError("a shift does not recur every minute")
        every.rrule(rrule.rrulestr(_UNTIL.sub(local, line.value), dtstart=start))
    for line in component.all("RDATE"):
        for value in line.value.split(","):
            every.rdate(_moment(line, value.partition("/")[0], zone, zones, house))
    for line in component.all("EXDATE"):
        for value in line.value.split(","):
            every.exdate(_moment(line, value, zone, zones, house))
    return every


def _text(value: str) -> str:
    """3.3.11: what was escaped."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
