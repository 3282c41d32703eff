"""What rules would have done: readings in, transitions and tickets out. Pure: no clock, no database.

A reading is a JSON line as `wardkeeper decode` prints it. It may also say received, quality, retained, and whom it is
about: device_name, gateway, asset, number, category, department, use, condition, every_s, expected, room, room_name,
room_type, floor, building, zones, clock; `heard_by` is the gateway that heard it. Time is what readings say.
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
from service_desk.incidents.causes import About
from service_desk.incidents.custom import Custom
from service_desk.incidents.rehearsal import Happened, Rehearsal, Rehearsed
from service_desk.ports import Subject
from service_desk.rulebook import built
from service_desk.rules_yaml import read

_ABOUT = [name for name in Subject.__struct_fields__ if name not in ("device", "asset_id", "place_id")]

Line = dict[str, Any]


class _Replay:
    """One run; incidents are grouped as the desk groups them (`service_desk.incidents.rehearsal`)."""

    def __init__(self, text: str, custom: Custom) -> None:
        drafts = [draft for draft in read(text) if draft.enabled]
        self._names = {index: draft.name for index, draft in enumerate(drafts, 1)}
        self._rules = {index: built(draft) for index, draft in enumerate(drafts, 1)}
        self._subjects: dict[str, Subject] = {}
        self._ids: dict[str, int] = {}
        self._judge = Judge(self._rules, lambda device, _at: self._subjects.get(device, Subject(device)))
        self._rehearsal = Rehearsal(custom)
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
        self._rehearsal.hear(reading)
        for judgement in self._judge.hear([reading]):
            yield from self._told(judgement)
        yield from map(_ticket, self._rehearsal.quiet(reading.received))

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
        heard_by = str(fields.get("heard_by") or "")
        return Reading(device, metric, value, at, received, heard_by, quality, retained)

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
        ids = (subject.asset_id, subject.place_id)
        about = About(judgement.rule_id, subject.device, *ids, rule.metric, verdict.since)
        if not verdict.raised:
            self._rehearsal.cleared(about, verdict.at)
            return
        key = f"{self._names[judgement.rule_id]}:{subject.device}:{ms_of(verdict.since)}"
        opening = Rehearsed(key, rule.headline(subject, verdict), subject.priority or rule.priority, about.main)
        yield from map(_ticket, self._rehearsal.raised(about, opening, verdict.at))

    def rest(self) -> Iterator[Line]:
        """Rules that had readings and yet judged nobody."""
        judged = {rule_id for rule_id, _ in self._judge.states}
        for rule_id, rule in self._rules.items():
            heard = rule.hears & self._metrics
            if heard and rule_id not in judged:
                why = "was bad, retained or late, or did not say that it is in the rule's scope"
                of = " or ".join(sorted(heard))
                yield {"rule": self._names[rule_id], "why": f"judged nothing: every reading of {of} {why}"}


def _ticket(happened: Happened) -> Line:
    at, what, incident = happened
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
