"""A real application on a small hospital: a database, the memory store, a clock that the test moves."""

import re
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from fastapi.testclient import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.cold_chain.products import load_products
from asset_registry.db import Database
from asset_registry.hvac import load_profiles
from asset_registry.people import ROLES, Person, create_person
from asset_registry.places import Place
from asset_registry.sign_in import Passwords, SignIn
from asset_registry.snapshot import SnapshotSource
from collector.clock import ManualClock, SystemClock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import Pipeline
from collector.points import points_of
from collector.reading import OWN_GATEWAY, Reading
from collector.spool import Spool
from collector.stores.memory import Config as MemoryConfig
from collector.stores.memory import open_store
from collector.supervisor import Supervised
from dashboards.access import COOKIE
from dashboards.app import assembled, equip
from dashboards.context import Context
from service_desk.rules_yaml import examples

SITE = "linden"
PROFILES = Path(__file__).parents[2] / "config" / "room_profiles.yaml"
PASSWORD = "correct horse battery"
AIR = "mqtt:zigbee2mqtt/4.12/air"
PUMP_TAG = "ble:iBeacon:117"
OXIMETER = "serial:bed-12/nonin"
NEW = "mqtt:tasmota/never-seen"


profiles = cache(partial(load_profiles, PROFILES))
products = cache(partial(load_products, PROFILES.with_name("cold_products.yaml")))
example_rules = cache(lambda: examples(PROFILES.with_name("rules.example.yaml").read_text(encoding="utf-8")))


class Hospital:
    """The running parts and what stands in them. `hear` does what the pipeline does."""

    def __init__(self, folder, database_url):
        self.clock = ManualClock()
        self.database = Database(database_url)
        self.store = open_store(MemoryConfig(), folder)
        self.latest = Latest()
        self.snapshots = SnapshotSource(self.database, SITE, self.clock)
        self.sign_in = SignIn(self.database, self.clock, Passwords(time_cost=1, memory_kib=8, lanes=1))
        self.context = Context(
            database=self.database,
            snapshots=self.snapshots,
            latest=self.latest,
            store=self.store,
            counters=Counters(self.clock),
            clock=self.clock,
            sign_in=self.sign_in,
            profiles=profiles(),
            products=products(),
            example_rules=example_rules(),
            site="Linden General",
            zone=ZoneInfo("Europe/Berlin"),
            live_every_s=0.05,
        )
        self._position = 0
        self._secrets = {}
        self._furnish()
        self.snapshots.refresh()

    def _furnish(self):
        now = self.clock.now() - timedelta(days=30)
        hashed = self.sign_in.passwords.hash(PASSWORD)
        with self.database.write() as session:
            self.people = {
                role: create_person(session, role, f"{role.title()} Person", [role], "test", now, password=hashed).id
                for role in ROLES
            }
            self.places = places_of(session)
            self.assets = assets_of(session, self.places, now)
            self.devices = devices_of(session, self.places, self.assets, now)
            bump(session)

    def hear(self, *readings):
        self._position += 1
        self.store.write(list(readings), self._position)
        self.latest.update(readings)

    def reading(self, device, metric, value, ago_s=0.0, gateway=""):
        at = self.clock.now() - timedelta(seconds=ago_s)
        return Reading(device, metric, value, at, at, gateway)

    def measure(self, device, metric, value, ago_s=0.0):
        self.hear(self.reading(device, metric, value, ago_s))

    def locate(self, tag, room_id, confidence=0.95):
        self.hear(
            self.reading(tag, "room", str(room_id or ""), gateway=OWN_GATEWAY),
            self.reading(tag, "fix_confidence", confidence, gateway=OWN_GATEWAY),
        )

    def token(self, role):
        """An API token of the person with this role."""
        if role not in self._secrets:
            self._secrets[role] = self.sign_in.api_token(self.people[role], "test", (), "test")
        return self._secrets[role]

    def link(self, role):
        """A one-time link of the person with this role."""
        return f"/enter/{self.sign_in.one_time_link(self.people[role], 'test')}"

    def close(self):
        self.store.close()
        self.database.close()


def places_of(session):
    """One site, building, floor; four rooms and a corridor, 6 m each."""
    site = Place(kind="site", number=SITE, name="Linden General")
    session.add(site)
    session.flush()
    building = Place(kind="building", parent_id=site.id, number="A", name="Main building")
    session.add(building)
    session.flush()
    floor = Place(kind="floor", parent_id=building.id, number="4", name="Level 4", level=4)
    floor.plan = {"width": 24.0, "depth": 14.0}
    session.add(floor)
    session.flush()
    rooms = {"floor": floor.id}
    for left, (number, name, room_type) in enumerate(
        (
            ("4.12", "Isolation room", "isolation_room"),
            ("4.13", "Patient room", "patient_room"),
            ("4.18", "Medication room", "medication_room"),
            ("4.19", "Equipment store", "store"),
        )
    ):
        x = 6.0 * left
        row = Place(kind="room", parent_id=floor.id, number=number, name=name, level=4, room_type=room_type)
        row.plan = {
            "polygon": [[x, 0.0], [x + 6, 0.0], [x + 6, 6.0], [x, 6.0]],
            "doors": [{"x": x + 3, "y": 6.0, "width": 1.2, "wall": "s"}],
        }
        session.add(row)
        session.flush()
        rooms[number] = row.id
    return rooms


def assets_of(session, places, now):
    """Three pumps and a fridge."""
    found = {}
    for number, name, category, home, mobile, hygiene in (
        ("P-117", "Pump 117", "infusion pump", "4.19", True, "clean"),
        ("P-118", "Pump 118", "infusion pump", "4.19", True, "soiled"),
        ("P-119", "Pump 119", "infusion pump", "4.13", True, "clean"),
        ("F-07", "Fridge F-07", "vaccine fridge", "4.18", False, "clean"),
    ):
        row = Asset(number=number, name=name, category=category, home_id=places[home], mobile=mobile, hygiene=hygiene)
        row.department, row.created, row.changed = "Level 4", now, now
        session.add(row)
        session.flush()
        found[number] = row.id
    return found


def devices_of(session, places, assets, now):
    """An air sensor in 4.12, a tag on pump 117, a gateway, an oximeter at pump 119 and one that nobody claimed."""
    found = {}
    for native_id, kind, asset, place, role in (
        (AIR, "air sensor", None, "4.12", "sensor"),
        (PUMP_TAG, "tag", "P-117", None, "tag"),
        (OXIMETER, "oximeter", "P-119", None, "self"),
        ("mqtt:espresense/4-12", "gateway", None, None, ""),
        (NEW, "", None, None, ""),
    ):
        row = Device(site=SITE, native_id=native_id, name=native_id.rpartition("/")[2], kind=kind, first_seen=now)
        row.interval_s = 60.0
        session.add(row)
        session.flush()
        found[native_id] = row.id
        if role:
            at = {"asset_id": assets[asset] if asset else None, "place_id": places[place] if place else None}
            session.add(Binding(device_id=row.id, role=role, since=now, **at))
        elif kind == "gateway":
            session.add(Gateway(device_id=row.id, place_id=places["4.12"], x_m=3.0, y_m=3.0))
    return found


@pytest.fixture
def hospital(tmp_path, database_url):
    """The running parts; `hospital.context` is what an application needs."""
    hospital = Hospital(tmp_path, database_url)
    yield hospital
    hospital.close()


class Compiled(BytecodeCache):
    """Templates compiled once for all tests."""

    def __init__(self):
        self._known = {}

    def load_bytecode(self, bucket):
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket):
        self._known[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session")
def around_nothing():
    """An application that is equipped anew for each test: its routes take longer to make than most tests run."""
    return assembled("0"), Compiled()


@pytest.fixture
def app(hospital, around_nothing):
    app, compiled = around_nothing
    equip(app, hospital.context)
    app.state.templates.environment.bytecode_cache = compiled
    return app


@pytest.fixture
def nobody(app):
    """A client that is not signed in and follows no redirect; a server's error is its answer, not the test's."""
    return TestClient(app, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def program(app, hospital):
    """`program("biomed")`: a client with that person's API token."""

    def client(role):
        return TestClient(
            app,
            headers={"Authorization": f"Bearer {hospital.token(role)}"},
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    return client


@pytest.fixture
def signed_in(app, hospital):
    """`signed_in("biomed")`: a client with that person's session cookie; `client.csrf` is the session's token."""

    def client(role):
        browser = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
        answer = browser.get(hospital.link(role))
        assert answer.status_code == 303, answer.text
        browser.csrf = hospital.sign_in.session_of(browser.cookies[COOKIE]).csrf
        return browser

    return client


# ---------------------------------------------------------------- a real intake


class Collector:
    """A real intake on a real disk."""

    def __init__(self, hospital, folder, limits=None):
        self.spool = Spool(folder / "spool", hospital.clock)
        self.pipeline = Pipeline(self.spool, hospital.clock, hospital.latest, hospital.context.counters, limits)
        self._writer = Supervised("spool", self.pipeline.run, SystemClock())
        hospital.context.intake = self.pipeline

    def start(self):
        self._writer.start()
        return self

    def pause(self):
        """Nothing is written any more."""
        self._writer.stop()

    def stop(self):
        self._writer.stop()
        self.spool.close()

    @property
    def on_disk(self):
        return [item for _, items in self.spool.read(0, 100_000) for item in items]

    @property
    def said(self):
        return [(point.device, point.metric, point.value) for point in points_of(self.on_disk)]


@pytest.fixture
def make_collector(hospital, tmp_path):
    made = []

    def make(**more):
        made.append(Collector(hospital, tmp_path, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def collector(make_collector):
    return make_collector().start()


# ---------------------------------------------------------------- a real server, for browsers


@dataclass
class Server:
    """`url` of a running application."""

    url: str
    hospital: Hospital
    _server: uvicorn.Server = field(repr=False)

    def enter(self, page, role):
        """Sign this page's browser in as the person with that role; it stands on the overview then."""
        page.goto(self.url + self.hospital.link(role))
        return page


@pytest.fixture
def server(app, hospital):
    """The application behind a real uvicorn, as it is served."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", ws_per_message_deflate=False, access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listening],), daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "uvicorn did not start"
        time.sleep(0.01)
    yield Server(f"http://127.0.0.1:{listening.getsockname()[1]}", hospital, running)
    running.should_exit = True
    thread.join(10)
    listening.close()


def seen(page):
    """What a person reads of a page: a token in an attribute may have any characters."""
    return re.sub(r"<[^>]*>", " ", page)


def person_named(session, login):
    """The person with that login."""
    return session.scalar(select(Person).where(Person.login == login))
