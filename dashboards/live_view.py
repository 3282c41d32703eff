"""What live screens are told: a compact view of what changed. No vitals: those stand on one device's page only."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from asset_registry.known import KnownPlace
from asset_registry.snapshot import Snapshot
from collector.metrics import family_of, is_vital
from collector.reading import Reading
from dashboards.context import Context
from dashboards.rooms import room_status
from dashboards.whereabouts import whereabouts
from service_desk.alarms import queries
from service_desk.alarms.model import Transition
from service_desk.tickets.model import Ticket
from service_desk.tickets.queue import OPEN

View = dict[str, Any]


def ms(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def view_of(here: Context, readings: Iterable[Reading]) -> View:
    """The parts `fixes`, `rooms`, `states` and `devices` of a message (see `live.py`), those without news left out."""
    now: Snapshot = here.snapshots.current
    moment = here.clock.now()
    view: View = {"fixes": {}, "rooms": {}, "states": {}, "devices": defaultdict(dict)}
    touched: dict[int, KnownPlace] = {}
    for reading in readings:
        if is_vital(reading.metric):
            continue
        if family_of(reading.metric) == "location":
            _add_fix(here, now, reading.device, view["fixes"])
            continue
        device, place = now.device(reading.device), now.place_of(reading.device, moment)
        if device is not None:
            view["devices"][device.id][reading.metric] = (reading.value, ms(reading.at))
        room = now.room_of(place) if place is not None and now.asset_of(reading.device, moment) is None else None
        if room is not None:
            touched[room.id] = room
            view["rooms"].setdefault(room.id, {})[reading.metric] = (reading.value, ms(reading.at), "")
    for room in touched.values():
        status = room_status(here, now, room)
        view["states"][room.id] = (status.worst, status.state, status.sentence)
        for measure in status.measures:
            if measure.metric in view["rooms"][room.id] and measure.reading is not None:
                point = (measure.reading.value, ms(measure.reading.at), measure.state)
                view["rooms"][room.id][measure.metric] = point
    return {name: part for name, part in view.items() if part}


def _add_fix(here: Context, now: Snapshot, tag: str, fixes: dict[int, tuple[int | None, float, int]]) -> None:
    asset = now.asset_of(tag, here.clock.now())
    if asset is not None:
        found = whereabouts(here, now, asset)
        if found.at is not None:
            room = now.room_of(found.place) if found.place else None
            fixes[asset.id] = (room.id if room else None, round(found.confidence, 2), ms(found.at))


LOOK_ANYWAY = 10
"""Looks without a change after which the counts are taken anew all the same: a shelved alarm speaks by itself."""


class DeskWatch:
    """Sees what changed among alarms and tickets since it last looked: two cheap queries while nothing did."""

    def __init__(self) -> None:
        self._seen: tuple[int, datetime | None] | None = None
        self._quiet = 0
        self.said: View = {}

    def look(self, session: Session, now: datetime) -> View:
        """`alarms` {high, medium, low, changed: [id]} and `tickets` {open, changed: [id]}; only those that are news."""
        seen = session.scalar(select(func.max(Transition.id))) or 0, session.scalar(select(func.max(Ticket.changed)))
        self._quiet += 1
        if seen == self._seen and self._quiet < LOOK_ANYWAY:
            return {}
        before, self._seen, self._quiet = self._seen or seen, seen, 0
        changed = {"alarms": _changed_alarms(session, before[0]), "tickets": _changed_tickets(session, before[1])}
        counts: View = {"alarms": queries.counts(session, now).incidents, "tickets": {"open": open_tickets(session)}}
        news = {
            name: {**count, "changed": changed[name]}
            for name, count in counts.items()
            if changed[name] or self.said.get(name) != {**count, "changed": []}
        }
        self.said = {name: {**count, "changed": []} for name, count in counts.items()}
        return news


def _changed_alarms(session: Session, after: int) -> list[int]:
    return sorted(session.scalars(select(Transition.alarm_id).where(Transition.id > after).distinct()))


def _changed_tickets(session: Session, after: datetime | None) -> list[int]:
    newer = select(Ticket.id) if after is None else select(Ticket.id).where(Ticket.changed > after)
    return sorted(session.scalars(newer))


def open_tickets(session: Session) -> int:
    """How many tickets somebody waits for."""
    return session.scalar(select(func.count()).select_from(Ticket).where(Ticket.state.in_(OPEN))) or 0
