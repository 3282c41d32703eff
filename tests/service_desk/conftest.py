"""A small hospital with a desk: what is said in a room comes out as alarms and tickets."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.bindings import Binding, Device
from asset_registry.db import Database
from asset_registry.people import Person
from asset_registry.places import Place
from asset_registry.snapshot import SnapshotSource
from collector.clock import ManualClock
from collector.latest import Latest
from collector.reading import Quality, Reading
from collector.stores.memory import Config as MemoryConfig
from collector.stores.memory import open_store
from service_desk.alarms.consumer import AlarmConsumer, Practice
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.causes import Causes
from service_desk.incidents.model import Incident, Outbox
from service_desk.incidents.normal import Normal
from service_desk.outbox import OutboxWorker
from service_desk.rulebook import import_yaml
from service_desk.sinks.desk import Desk
from service_desk.subjects import Subjects
from service_desk.tickets.evidence import Sources, freeze_all
from service_desk.tickets.model import Comment, Ticket

FRIDGE, PLUG = "mqtt:zigbee2mqtt/fridge/F-07", "mqtt:tasmota/plug-f-07"
DOOR, PRESSURE = "mqtt:zigbee2mqtt/4.12/door", "mqtt:zigbee2mqtt/4.12/pressure"
PUMP, TAG = "mqtt:zigbee2mqtt/pump/P-117", "ble:tag-117"

RULES = """
rules:
  - name: Fridge
    metric: probe_temperature
    above: 8.0
    below: 2.0
    clear: [2.5, 7.5]
    for: 10 min
    scope: {categories: [vaccine fridge]}
    priority: high
    title: "Vaccine fridge {number} in {room} is at {value}"
  - name: Door
    metric: door_open
    equals: true
    for: 60 s
    scope: {room_types: [aii_room]}
    priority: high
    title: "The door of {room} is held open"
    incident: "{room} is not isolating"
  - name: Pressure
    metric: differential_pressure
    above: -2.5
    for: 30 s
    scope: {room_types: [aii_room]}
    priority: high
  - name: Pump battery
    metric: battery
    below: 30
    clear: 35
    scope: {categories: [infusion pump], use: [in_use]}
    title: "{asset} in {room} needs mains: battery {value}"
"""


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


@dataclass
class House:
    """`say` is a device speaking now; `after` lets time pass; `work` lets the desk catch up."""

    database: Database
    clock: ManualClock
    ids: dict[str, int]
    registered: SnapshotSource
    latest: Latest = field(default_factory=Latest)
    practice: Practice = field(default_factory=Practice)
    position: int = 0

    def __post_init__(self):
        self.store = open_store(MemoryConfig(), None)
        aware = {"causes": Causes(self.registered, self.latest), "normal": Normal(self.latest)}
        self.practice = replace(self.practice, custom=replace(self.practice.custom, **aware))
        self.sources = Sources(self.store, self.registered, self.latest)
        self.restart()

    def restart(self):
        """The process dies and comes again: only the database is left."""
        self.alarms = AlarmConsumer(
            self.database, Subjects(self.registered, self.latest), self.clock, "here", self.practice
        )

    @property
    def sink(self):
        return Desk(self.database, self.clock, lambda *about: freeze_all(about[0], self.sources, *about[1:]))

    def reading(self, device, metric, value, late=0.0, quality=Quality.GOOD, retained=False):
        now = self.clock.now()
        return Reading(device, metric, value, now - timedelta(seconds=late), now, quality=quality, retained=retained)

    def say(self, device, metric, value, **how):
        self.hear([self.reading(device, metric, value, **how)])

    def hear(self, items):
        self.position += 1
        self.store.write(items, self.position)
        self.latest.update(items)
        self.alarms.consume(items, self.position)

    def after(self, seconds):
        self.clock.advance(seconds)
        self.alarms.tick()

    def stays(self, device, metric, value, seconds):
        """Time passes, at whose end the device says that it still is so."""
        self.clock.advance(seconds)
        self.say(device, metric, value)
        self.alarms.tick()

    def work(self, sinks=None):
        worker = OutboxWorker(self.database, sinks or {"desk": self.sink}, self.clock, jitter=lambda: 0.5)
        done = 0
        while asyncio.run(worker.work()):
            done += 1
        return done

    def all(self, table):
        with self.database.read() as session:
            return list(session.scalars(select(table).order_by(table.id)))

    @property
    def alarm(self):
        """The only alarm."""
        (alarm,) = self.all(Alarm)
        return alarm

    @property
    def incidents(self):
        return self.all(Incident)

    @property
    def ticket(self):
        """The only ticket."""
        (ticket,) = self.all(Ticket)
        return ticket

    @property
    def turns(self):
        return [(turn.who, turn.did) for turn in self.all(Comment)]

    @property
    def whats(self):
        return [transition.what for transition in self.all(Transition)]

    @property
    def told(self):
        return [row.what for row in self.all(Outbox)]

    def warm_fridge(self):
        """The fridge is warm for eleven minutes."""
        for _ in range(12):
            self.say(FRIDGE, "probe_temperature", 8.9)
            self.after(60)


@pytest.fixture
def house(database, clock):
    now = clock.now() - timedelta(days=1)
    with database.write() as session:
        ids = _build(session, now)
        import_yaml(session, RULES, who="okafor", now=now)
    registered = SnapshotSource(database, "linden", clock)
    registered.refresh()
    return House(database, clock, ids, registered)


def _build(session, now):
    ids = {}

    def keep(name, row):
        session.add(row)
        session.flush()
        ids[name] = row.id
        return row.id

    site = keep("site", Place(kind="site", number="linden", name="Linden General"))
    building = keep("building", Place(kind="building", parent_id=site, number="A"))
    floor = keep("floor", Place(kind="floor", parent_id=building, number="4", name="Level 4", level=4))
    for number, name, kind in (
        ("4.12", "Isolation", "aii_room"),
        ("4.18", "Medication", "medication_room"),
        ("4.15", "Room", "patient_room"),
    ):
        keep(number, Place(kind="room", parent_id=floor, number=number, name=name, room_type=kind))
    for number, name, category, home, mobile, use in (
        ("F-07", "Fridge F-07", "vaccine fridge", "4.18", False, "idle"),
        ("F-09", "Fridge F-09", "vaccine fridge", "4.15", False, "idle"),
        ("P-117", "Pump 117", "infusion pump", "4.15", True, "in_use"),
    ):
        asset = Asset(number=number, name=name, category=category, home_id=ids[home], mobile=mobile, use=use)
        asset.created = asset.changed = now
        keep(number, asset)
    for native_id, asset, place, role in (
        (FRIDGE, "F-07", None, "sensor"),
        (PLUG, "F-07", None, "sensor"),
        (DOOR, None, "4.12", "sensor"),
        (PRESSURE, None, "4.12", "sensor"),
        (PUMP, "P-117", None, "self"),
        (TAG, "P-117", None, "tag"),
    ):
        device = Device(site="linden", native_id=native_id, name=native_id.rpartition("/")[2], firmware="2.4.1")
        device.first_seen = now
        keep(native_id, device)
        binding = Binding(device_id=device.id, role=role, since=now)
        binding.asset_id, binding.place_id = ids.get(asset), ids.get(place)
        session.add(binding)
    for login, name in (("brandt", "A. Brandt"), ("okafor", "M. Okafor")):
        keep(login, Person(login=login, name=name, created=now))
    return ids
