"""The people of Linden General tell the registry what they do: in use, soiled, being cleaned, clean again."""

from datetime import datetime

from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.db import Database
from asset_registry.errors import Conflict, Forbidden
from asset_registry.people import TELEMETRY, Person, principal_of
from asset_registry.status import set_status
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

    def _tell(self, thing: Thing, stay: str, now: datetime) -> bool:
        """False when a person decided otherwise: claimed it, blocked it, took it out of service."""
        use, hygiene = USES[stay]
        try:
            with self._database.write() as session:
                asset = session.scalar(select(Asset).where(Asset.number == thing.number))
                person = session.scalar(select(Person).where(Person.login == CLEANER))
                if asset is None or person is None or asset.condition != "ok" or asset.use == "claimed":
                    return False
                set_status(session, asset.id, {"use": use}, TELEMETRY, now)
                cleaner = principal_of(person)
                set_status(session, asset.id, {"hygiene": hygiene}, cleaner, now)
        except (Conflict, Forbidden):
            return False
        return True
