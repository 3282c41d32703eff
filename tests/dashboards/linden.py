"""Linden General for tests: its places as a snapshot knows them, and the whole hospital behind the screens."""

from datetime import UTC, datetime

from asset_registry.known import Content, KnownPlace
from asset_registry.people import ROLES, create_person
from asset_registry.snapshot import SnapshotSource
from collector.reading import OWN_GATEWAY
from tests.dashboards.conftest import Hospital
from wardkeeper.demo.building import BUILDING_OF, BUILDINGS, DEPTH, WIDTH, rooms
from wardkeeper.demo.seed import seed
from wardkeeper.demo.world import SITE, build_world


def make_content(places):
    """A snapshot's content with nothing but places."""
    return Content("linden", 1, datetime(2026, 11, 24, 6, 42, tzinfo=UTC), places, [], [], [], [], [])


def linden_places():
    """Two buildings, four floors with their rooms, corridors, stairs and lifts, and the bridge."""
    buildings = {
        number: KnownPlace(50 + n, "building", None, number, name, None, "", {})
        for n, (number, name) in enumerate(BUILDINGS.items())
    }
    floors = {
        level: KnownPlace(
            level,
            "floor",
            buildings[number].id,
            str(level),
            f"Level {level}",
            level,
            "",
            {"width": WIDTH, "depth": DEPTH},
        )
        for level, number in BUILDING_OF.items()
    }
    return [
        *buildings.values(),
        *floors.values(),
        *(
            KnownPlace(100 + n, "room", room.level, room.number, room.name, room.level, room.room_type, room.plan)
            for n, room in enumerate(rooms())
        ),
    ]


class LindenGeneral(Hospital):
    """The whole demo hospital behind the screens: 150 rooms, 800 assets, every tag heard, every room measured."""

    def _furnish(self):
        now = self.clock.now()
        self.snapshots = self.context.snapshots = SnapshotSource(self.database, SITE, self.clock)
        with self.database.write() as session:
            self.people = {
                role: create_person(session, role, f"{role.title()} Person", [role], "test", now).id for role in ROLES
            }
        world = build_world(1)
        seed(self.database, world, now)
        self.snapshots.refresh()
        known = self.snapshots.current
        self.places = {place.number: place.id for place in known.places.values()}
        self.assets = {asset.number: asset.id for asset in known.assets.values()}
        self.devices = {device.native_id: device.id for device in known.devices.values()}
        self.hear(*self._fixes(known, world), *self._air(known))

    def _fixes(self, known, world):
        for thing in world.assets:
            for device in known.devices_of_asset(self.assets[thing.number]):
                if device.kind == "tag":
                    room = str(self.places[thing.stands])
                    yield self.reading(device.native_id, "room", room, 4, OWN_GATEWAY)
                    yield self.reading(device.native_id, "fix_confidence", 0.95, 4, OWN_GATEWAY)

    def _air(self, known):
        for room in known.rooms:
            for device in known.devices_of_place(room.id):
                if device.kind == "room climate":
                    yield self.reading(device.native_id, "temperature", 22.5, 9)
                    yield self.reading(device.native_id, "humidity", 42.0, 9)
