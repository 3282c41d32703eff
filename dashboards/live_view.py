"""What live screens are told: a compact view of what changed. No vitals: those stand on one device's page only."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from asset_registry.snapshot import Snapshot
from collector.metrics import family_of, is_vital
from collector.reading import Reading, Value
from dashboards.context import Context
from dashboards.render import standing_alarms
from service_desk.alarms.model import Transition
from service_desk.tickets.model import Ticket

DONE = ("solved", "closed")
"""States of a ticket that nobody waits for."""

View = dict[str, Any]


def ms(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def fix_of(here: Context, tag: str) -> tuple[int | None, float, int] | None:
    """Where a tag is now: room id (None: unknown), confidence 0 to 1, and since when that is known, in epoch ms."""
    room, confidence = here.latest.get(tag, "room"), here.latest.get(tag, "fix_confidence")
    if room is None:
        return None
    known = str(room.value)
    sure = float(confidence.value) if confidence is not None else 0.0
    return (int(known) if known.isdecimal() else None, round(sure, 2), ms(room.at))


def view_of(here: Context, readings: Iterable[Reading]) -> View:
    """The parts `fixes`, `rooms` and `devices` of a message (see `live.py`), those without news left out."""
    now: Snapshot = here.snapshots.current
    moment = here.clock.now()
    fixes: dict[int, tuple[int | None, float, int]] = {}
    rooms: dict[int, dict[str, tuple[Value, int]]] = defaultdict(dict)
    devices: dict[int, dict[str, tuple[Value, int]]] = defaultdict(dict)
    for reading in readings:
        if is_vital(reading.metric):
            continue
        if family_of(reading.metric) == "location":
            asset, fix = now.asset_of(reading.device, moment), fix_of(here, reading.device)
            if asset is not None and fix is not None:
                fixes[asset.id] = fix
            continue
        point = (reading.value, ms(reading.at))
        device = now.device(reading.device)
        if device is not None:
            devices[device.id][reading.metric] = point
        place = now.place_of(reading.device, moment)
        room = now.room_of(place) if place is not None else None
        if room is not None and now.asset_of(reading.device, moment) is None:
            rooms[room.id][reading.metric] = point
    found = {"fixes": fixes, "rooms": rooms, "devices": devices}
    return {name: part for name, part in found.items() if part}


class DeskWatch:
    """Sees what changed among alarms and tickets since it last looked, with a few cheap queries."""

    def __init__(self) -> None:
        self._transition = -1
        self._changed: datetime | None = None
        self._said: View = {}

    def look(self, session: Session, now: datetime) -> View:
        """`alarms` {high, medium, low, changed: [id]} and `tickets` {open, changed: [id]}; only those that are news."""
        alarms: View = {**standing_alarms(session, now), "changed": self._alarms(session)}
        tickets: View = {"open": open_tickets(session), "changed": self._tickets(session)}
        news = {}
        for name, part in (("alarms", alarms), ("tickets", tickets)):
            counts = {key: count for key, count in part.items() if key != "changed"}
            if part["changed"] or counts != self._said.get(name):
                news[name] = part
            self._said[name] = counts
        return news

    @property
    def said(self) -> View:
        """The counts as last seen, for a client that has just come."""
        return {name: {**counts, "changed": []} for name, counts in self._said.items()}

    def _alarms(self, session: Session) -> list[int]:
        first, last = self._transition < 0, session.scalar(select(func.max(Transition.id))) or 0
        if last == self._transition or first:
            self._transition = last
            return []
        found = select(Transition.alarm_id).where(Transition.id > self._transition, Transition.id <= last).distinct()
        self._transition = last
        return sorted(session.scalars(found))

    def _tickets(self, session: Session) -> list[int]:
        last = session.scalar(select(func.max(Ticket.changed)))
        first, before, self._changed = self._changed is None, self._changed, last
        if last is None or last == before or (first and before is None and not self._said):
            return []
        found = select(Ticket.id)
        return sorted(session.scalars(found if before is None else found.where(Ticket.changed > before)))


def open_tickets(session: Session) -> int:
    """How many tickets somebody waits for."""
    return session.scalar(select(func.count()).select_from(Ticket).where(Ticket.state.not_in(DONE))) or 0
