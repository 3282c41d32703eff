"""`wardkeeper demo`: the whole product on embedded defaults, with the simulated hospital talking to its own broker."""

from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select

from asset_registry.people import Person
from collector.clock import SystemClock
from drivers.links.broker import EmbeddedBroker
from wardkeeper.database import open_database
from wardkeeper.demo import web
from wardkeeper.demo.hospital import SITE_SETTINGS, DemoHospital
from wardkeeper.demo.world import SERIAL_LINK
from wardkeeper.settings import Settings
from wardkeeper.wiring import Wardkeeper

_GUEST = "okafor"
"""Whom the printed link signs in: M. Okafor, biomed, who may also administer the demo."""

_WELCOME = """
  Linden General is awake: 150 rooms, 800 assets, 80 gateways, all simulated on this machine.

  Open   {link}
         (signs you in once, as M. Okafor, biomed)

  Then   1. Within two minutes a fridge is too warm, and a ticket opens by itself.
         2. The first page tells four people's day: press "Show me" beside a scene and follow it.
         3. Floors: watch the pumps move. Find: type "pump" and press Enter.

  Ctrl-C stops it. Everything is kept in {data} for the next start.
"""


class DemoRun:
    """Everything that runs for a demo."""

    def __init__(self, data: Path, clock: SystemClock, seed: int) -> None:
        """Starts it all; the hospital's data are in `data`. Raises Unreachable when the broker does not start."""
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.hospital = DemoHospital(data, clock, seed=seed)
        self.broker = EmbeddedBroker(0, data)
        self.broker.start()
        database = open_database(f"sqlite:///{data / 'wardkeeper.db'}")
        self.hospital.prepare(database)
        link = self.hospital.link_config(self.broker.port)
        links = {"hospital": link, SERIAL_LINK: self.hospital.serial_config()}
        self.settings = Settings.model_validate({**SITE_SETTINGS, "data": data, "links": links})
        self.wardkeeper = Wardkeeper(self.settings, clock, database)
        self.wardkeeper.start()
        self.hospital.start(self.broker.port)

    def enter(self) -> str:
        """The secret of a link that signs the guest in once."""
        with self.wardkeeper.database.read() as session:
            guest = session.scalar(select(Person.id).where(Person.login == _GUEST))
        if guest is None:
            raise LookupError(f"the demo hospital has nobody called {_GUEST}")
        return self.wardkeeper.sign_in.one_time_link(guest, "demo", minutes=24 * 60)

    def app(self) -> FastAPI:
        """The screens over it, with the scenes on them."""
        app = self.wardkeeper.app(extras=web.EXTRAS)
        web.add_to(app, self.hospital.stage)
        return app

    def welcome(self, link: str) -> str:
        """What a new user reads first."""
        return _WELCOME.format(link=link, data=self.data)

    def stop(self) -> None:
        """End it all: first those who talk."""
        self.hospital.stop()
        self.wardkeeper.stop()
        self.broker.stop()
