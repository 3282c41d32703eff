"""What rules would have done: readings in, transitions and tickets out. Pure: no clock, no database.

A reading is a JSON line as `wardkeeper decode` prints it. It may also say received, quality, retained, and whom it is
about: device_name, gateway, asset, number, category, department, use, condition, every_s, expected, room, room_name,
room_type, floor, building, zones. Time is what readings say.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Quality, Reading
from service_desk.alarms.judge import Judge, Judgement
from service_desk.incidents.book import Custom, graver
from service_desk.ports import Subject
from service_desk.rulebook import built
from service_desk.rules_yaml import read

_ABOUT = [name for name in Subject.__struct_fields__ if name not in ("device", "asset_id", "place_id")]

Line = dict[str, Any]


class _Incident(msgspec.Struct):
    key: str
    title: str
    priority: str
    active: set[tuple[int, str]]
    cleared: datetime | None = None
    closed: datetime | None = None


class _Replay:
    """One run; incidents are kept as the desk keeps them (`service_desk.incidents.book`)."""

    def __init__(self, text: str, custom: Custom) -> None:
        drafts = [draft for draft in read(text) if draft.enabled]
        self._names = {index: draft.name for index, draft in enumerate(drafts, 1)}
        self._rules = {index: built(draft) for index, draft in enumerate(drafts, 1)}
        self._subjects: dict[str, Subject] = {}
        self._ids: dict[str, int] = {}
        self._judge = Judge(self._rules, lambda device, _at: self._subjects.get(device, Subject(device)))
        self._custom = custom
        self._incidents: dict[str, _Incident] = {}
        self._metrics: set[str] = set()

    def hear(self, number: int, line: str) -> Iterator[Line]:
        """One line of the file."""
        try:
            reading = self._reading(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield {"line": number, "why": f"not a reading: {type(error).__name__}: {error}"}
            return
        if reading is None:
            return
        self._metrics.add(reading.metric)
        for judgement in self._judge.hear([reading]):
            yield from self._told(judgement)
        yield from self._quiet(reading.received)

    def _reading(self, fields: Line) -> Reading | None:
        """None for a sighting, and for a frame without a time."""
        if "tag" in fields or fields["at"] is None:
            return None
        device, metric, value = str(fields["device"]), str(fields["metric"]), fields["value"]
        known = METRICS.get(metric)
        if isinstance(value, int | float) and not isinstance(value, bool) and (known is None or known.kind is float):
            value = float(value)
        if not isinstance(value, bool | float | str):
            raise TypeError(f"{value!r} is not a value")
        at = _moment(fields["at"])
        received = _moment(fields["received"]) if fields.get("received") else at
        about = {name: fields[name] for name in _ABOUT if fields.get(name) is not None}
        if about or device not in self._subjects:
            self._about(msgspec.convert({"device": device, **about}, Subject, strict=False))
        quality = Quality(fields.get("quality") or "GOOD")
        retained = fields.get("retained") is True
        return Reading(device, metric, value, at, received, quality=quality, retained=retained)

    def _about(self, subject: Subject) -> None:
        """Whom a device is about, and with it the whole asset and the whole room."""
        asset, room = subject.number or subject.asset, subject.room
        asset_id, place_id = (
            self._ids.setdefault(name, len(self._ids) + 1) if name else None for name in (asset, room)
        )
        whole = msgspec.structs.replace(subject, asset_id=asset_id, place_id=place_id)
        self._subjects[subject.device] = whole
        if asset_id is not None:
            self._subjects[f"asset:{asset_id}"] = msgspec.structs.replace(
                whole, device=f"asset:{asset_id}", device_name=""
            )
        if place_id is not None:
            names = ("room", "room_name", "room_type", "floor", "building", "zones")
            of_room = {name: getattr(subject, name) for name in names}
            self._subjects[f"place:{place_id}"] = Subject(f"place:{place_id}", place_id=place_id, **of_room)

    def _told(self, judgement: Judgement) -> Iterator[Line]:
        verdict, subject, rule = judgement.verdict, judgement.subject, judgement.rule
        yield {
            "at": verdict.at.isoformat(),
            "transition": "raised" if verdict.raised else "cleared",
            "rule": self._names[judgement.rule_id],
            "device": subject.device,
            "metric": rule.metric,
            "value": verdict.value,
            "since": verdict.since.isoformat(),
            "title": rule.title(subject, verdict),
            "priority": rule.priority,
        }
        cause = subject.number or subject.asset or (f"room {subject.room}" if subject.room else subject.device)
        incident, mine = self._incidents.get(cause), (judgement.rule_id, subject.device)
        if not verdict.raised:
            if incident is not None:
                incident.active.discard(mine)
                incident.cleared = verdict.at
            return
        if incident is None or (incident.closed and incident.closed < verdict.at - self._custom.reopen):
            key = f"{self._names[judgement.rule_id]}:{subject.device}:{ms_of(verdict.since)}"
            incident = _Incident(key, rule.headline(subject, verdict), rule.priority, {mine})
            self._incidents[cause], what = incident, "opened"
        else:
            what = "reopened" if incident.closed else "joined"
            incident.closed, incident.priority = None, graver(incident.priority, rule.priority)
            incident.active.add(mine)
        yield _ticket(verdict.at, what, incident)

    def _quiet(self, now: datetime) -> Iterator[Line]:
        for incident in self._incidents.values():
            if incident.active or incident.closed or incident.cleared is None:
                continue
            if incident.cleared + self._custom.keep <= now:
                incident.closed = incident.cleared + self._custom.keep
                yield _ticket(incident.closed, "closed", incident)

    def rest(self) -> Iterator[Line]:
        """Rules that had readings and yet judged nobody."""
        judged = {rule_id for rule_id, _ in self._judge.states}
        for rule_id, rule in self._rules.items():
            heard = rule.hears & self._metrics
            if heard and rule_id not in judged:
                why = "was bad, retained or late, or did not say that it is in the rule's scope"
                of = " or ".join(sorted(heard))
                yield {"rule": self._names[rule_id], "why": f"judged nothing: every reading of {of} {why}"}


def _ticket(at: datetime, what: str, incident: _Incident) -> Line:
    line = {"at": at.isoformat(), "ticket": what, "key": incident.key}
    return line | {"title": incident.title, "priority": incident.priority}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment.astimezone(UTC)


def replay(rules: str, readings: Iterable[str], custom: Custom | None = None) -> Iterator[Line]:
    """Replay JSON lines against rules in YAML. Raises RuleFaults; a bad line gives {"line", "why"} and no stop."""
    run = _Replay(rules, custom or Custom())
    for number, line in enumerate(readings, 1):
        if line.strip():
            yield from run.hear(number, line)
    yield from run.rest()
