"""The people of Linden General write down what they do: in use, soiled, being cleaned, clean again, taken, repaired."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.db import Database
from asset_registry.errors import Conflict, Forbidden
from asset_registry.people import TELEMETRY, Person, Principal, principal_of
from asset_registry.places import Place
from asset_registry.status import claim_asset, release, set_status
from service_desk import reserved
from service_desk.alarms import book
from service_desk.incidents.model import Incident
from service_desk.reserved import MATTERS
from wardkeeper.demo.movement import USES, Movement
from wardkeeper.demo.thing import Thing
from wardkeeper.demo.world import World

CLEANER = "osei"


class StaffAtWork:
    """Follows the same working day as the simulator and writes down each change of a stay, once."""

    def __init__(self, database: Database, world: World, now: datetime) -> None:
        self._database = database
        self._movement = Movement(world)
        self._travellers = [thing for thing in world.assets if self._movement.travels(thing)]
        self._stays = {thing.number: self._movement.spot(thing, now).stay for thing in self._travellers}

    def step(self, now: datetime) -> int:
        """Write down what changed since the last step; say how many assets that were."""
        changed = []
        for thing in self._travellers:
            spot = self._movement.spot(thing, now)
            if spot.room and spot.stay != self._stays[thing.number]:
                self._stays[thing.number] = spot.stay
                changed.append((thing, spot.stay))
        return sum(self._tell(thing, stay, now) for thing, stay in changed)

    def take(self, number: str, login: str, now: datetime) -> None:
        """Somebody takes an asset, unless another was quicker."""
        with suppress(Conflict), self._database.write() as session:
            asset, person = _asset(session, number), _person(session, login)
            if asset is not None and person is not None:
                claim_asset(session, asset.id, principal_of(person), now)

    def give_back(self, number: str, login: str, now: datetime) -> None:
        """Whoever took an asset gives it back, if it is theirs still."""
        with suppress(Conflict, Forbidden), self._database.write() as session:
            asset, person = _asset(session, number), _person(session, login)
            if asset is not None and person is not None:
                release(session, asset.id, principal_of(person), now)

    def repaired(self, number: str, login: str, now: datetime) -> None:
        """Whoever repaired an asset, a room or a gateway answers what stands about it, and signs what is theirs."""
        with self._database.write() as session:
            asset = _asset(session, number)
            if asset is not None:
                about = Incident.asset_id == asset.id
            else:
                room = select(Place.id).where(Place.number == number, Place.kind == "room").scalar_subquery()
                of_gateway = Incident.cause.endswith(f"/{number}", autoescape=True)
                about = Incident.asset_id.is_(None) & ((Incident.place_id == room) | of_gateway)
            for incident in session.scalars(select(Incident).where(about, Incident.closed.is_(None))):
                book.acknowledge_incident(session, incident.id, login, "Repaired.", now)
                person = _person(session, login)
                if incident.reserved and person is not None:
                    _decide(session, incident, principal_of(person), now)

    def _tell(self, thing: Thing, stay: str, now: datetime) -> bool:
        """False when a person decided otherwise: claimed it, blocked it, took it out of service."""
        use, hygiene = USES[stay]
        try:
            with self._database.write() as session:
                asset, person = _asset(session, thing.number), _person(session, CLEANER)
                if asset is None or person is None or asset.condition != "ok" or asset.use == "claimed":
                    return False
                set_status(session, asset.id, {"use": use}, TELEMETRY, now)
                cleaner = principal_of(person)
                set_status(session, asset.id, {"hygiene": hygiene}, cleaner, now)
        except (Conflict, Forbidden):
            return False
        return True


def _decide(session: Session, incident: Incident, who: Principal, now: datetime) -> None:
    """The careful decision: kept apart until it was looked at."""
    with suppress(Forbidden):
        reserved.decide(
            session, incident.id, MATTERS[incident.reserved].decisions[-1], "until it was checked", who, now
        )


def _asset(session: Session, number: str) -> Asset | None:
    return session.scalar(select(Asset).where(Asset.number == number))


def _person(session: Session, login: str) -> Person | None:
    return session.scalar(select(Person).where(Person.login == login))
