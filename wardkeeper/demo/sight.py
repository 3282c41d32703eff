"""What the running product shows of a scene: the addresses of its pages, and whether what they promise has come."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from asset_registry.assets import is_claimed
from asset_registry.find import whereabouts
from asset_registry.locating.words import LIKELY
from asset_registry.people import Principal
from dashboards.context import Context
from dashboards.search import search
from dashboards.talking import talk_of
from service_desk.alarms.model import Alarm
from service_desk.tickets.model import Ticket
from wardkeeper.demo.stage import Playing


@dataclass(frozen=True)
class Sighted:
    """A `wardkeeper.demo.scene.Sight` of one visitor; `playing` is None before there is a scene."""

    here: Context
    visitor: Principal
    playing: Playing | None = None

    @property
    def target(self) -> str:
        """Of the scene that is played."""
        return self.playing.target if self.playing else ""

    def asset(self, number: str) -> str:
        """`/assets/12`."""
        asset = self.here.snapshots.current.asset(number)
        return f"/assets/{asset.id}" if asset else ""

    def room(self, number: str) -> str:
        """`/rooms/12`."""
        room = self.here.snapshots.current.room(number)
        return f"/rooms/{room.id}" if room else ""

    def floor(self, number: str) -> str:
        """`/floors/3`."""
        known = self.here.snapshots.current
        room = known.room(number)
        floor = known.floor_of(room) if room else None
        return f"/floors/{floor.id}" if floor else ""

    def device(self, native_id: str) -> str:
        """`/devices/12`."""
        device = self.here.snapshots.current.device(native_id)
        return f"/devices/{device.id}" if device else ""

    def home(self, native_id: str) -> str:
        """The room's number; "" when the device is bound to none."""
        place = self.here.snapshots.current.place_of(native_id)
        return place.number if place else ""

    def ticket(self, number: str) -> str:
        """`/tickets/5`, of the incident that stands about exactly this asset or room."""
        with self.here.database.read() as session:
            ticket = self._ticket(session, number)
            return f"/tickets/{ticket.id}" if ticket else ""

    def alarms(self, number: str) -> int:
        """How many of the ticket's alarms stand."""
        with self.here.database.read() as session:
            ticket = self._ticket(session, number)
            if ticket is None:
                return 0
            standing = select(func.count()).where(Alarm.active, Alarm.incident_id == ticket.incident_id)
            return session.scalar(standing) or 0

    def _ticket(self, session: Session, number: str) -> Ticket | None:
        known = self.here.snapshots.current
        asset, room = known.asset(number), known.room(number)
        if asset is not None:
            about = Ticket.asset_id == asset.id
        elif room is not None:
            about = (Ticket.place_id == room.id) & Ticket.asset_id.is_(None)
        else:
            return None
        standing = select(Alarm.incident_id).where(Alarm.active, Alarm.incident_id.is_not(None))
        found = select(Ticket).where(about, Ticket.incident_id.in_(standing)).order_by(Ticket.id.desc())
        return session.scalars(found.limit(1)).first()

    def claimed(self, number: str) -> bool:
        """Whether a claim is in force, whoever's."""
        asset = self.here.snapshots.current.asset(number)
        return asset is not None and is_claimed(asset, self.here.clock.now())

    def silent(self, native_id: str) -> bool:
        """As the devices page says it."""
        device = self.here.snapshots.current.device(native_id)
        return device is not None and talk_of(self.here, device, self.here.clock.now()).state == "silent"

    def heard(self, native_id: str, second: float) -> bool:
        """By when its newest reading came."""
        seen = self.here.latest.seen(native_id)
        return seen is not None and self.playing is not None and self.playing.second(seen) >= second

    def owner(self, native_id: str) -> str:
        """`/assets/12`."""
        asset = self.here.snapshots.current.asset_of(native_id)
        return f"/assets/{asset.id}" if asset else ""

    def sure(self, number: str) -> int:
        """How many movable assets the room's page shows there without doubt."""
        known, now = self.here.snapshots.current, self.here.clock.now()
        fixes = (whereabouts(known, self.here.latest, asset, now) for asset in known.assets.values() if asset.mobile)
        return sum(room is not None and room.number == number and sure >= LIKELY for room, sure, _ in fixes)

    def nearest(self, words: str, room: str) -> str:
        """As the find page says it; "" when none is usable."""
        with self.here.database.read() as session:
            found = search(session, self.here, self.visitor, words, self.here.snapshots.current.room(room))
        return found.usable[0].asset.number if found.usable else ""
