"""From a crossing on the wire to a durable ticket: a real mosquitto, a real `serve`, one by one and many at once.

A ticket counts from when another connection to the database sees it. Every message is sent twice: the second one must
change nothing.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
import yaml
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device
from asset_registry.db import Database
from asset_registry.places import Place
from collector.clock import SystemClock
from collector.errors import Unreachable
from service_desk.alarms.model import Alarm
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Ticket
from wardkeeper.bench.broker import Mosquitto, free_port
from wardkeeper.bench.load import machine
from wardkeeper.database import open_database
from wardkeeper.settings import Settings

ONE_BY_ONE, AT_ONCE = 200, 1000
_QUICK = 20
_BETWEEN_S = 0.05
_START_S, _WITHIN_S = 60.0, 30.0
_LOOK_S = 0.005
_FILTER = "zigbee2mqtt/+"

_RULES = """
rules:
  - {name: Too warm, metric: temperature, above: 30, clear: 28, priority: high}
"""

Told = Callable[[str, float], None]


def measure(told: Told, *, quick: bool) -> dict[str, Any]:
    """The figures; seconds from publishing until the ticket was there. Raises Unreachable."""
    single, many = (_QUICK, _QUICK) if quick else (ONE_BY_ONE, AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="wardkeeper-bench-") as name, Mosquitto(Path(name), 1000) as broker:
        config = _configured(Path(name), broker.port)
        settings = Settings.model_validate({"site": "bench", "data": Path(name) / "data"})
        settings.make_data()
        database = open_database(settings.database_url)
        _furnish(database, single + many)
        with _serving(config, Path(name) / "log"), _sender(broker.port) as say:
            broker.wait_for_subscription(_FILTER)
            house = _House(database, say)
            house.warm_up(single + many)
            apart = house.cross(range(single), _BETWEEN_S, told)
            once = house.cross(range(single, single + many), 0.0, told)
            alarms, tickets, assets = house.count()
        database.close()
    crossed = single + many
    return {
        "alarms": alarms,
        "tickets": tickets,
        **_quantiles(apart),
        "at_once": {"alarms": many, **_quantiles(once)},
        "duplicates": tickets - assets,
        "lost": crossed - len(apart) - len(once),
        "machine": machine(),
    }


class _House:
    """The devices' side of it, and what stands in the database."""

    def __init__(self, database: Database, say: Callable[[int, float], None]) -> None:
        self._database = database
        self._say = say

    def warm_up(self, devices: int) -> None:
        """Every device says once that all is well."""
        for number in range(devices):
            self._say(number, 21.0)

    def cross(self, devices: Sequence[int], every_s: float, told: Told) -> list[float]:
        """Seconds until each device's ticket was there; a device without one has no entry."""
        sent: dict[str, float] = {}
        there: dict[str, float] = {}
        done = threading.Event()
        looking = threading.Thread(target=self._look, args=(len(devices), there, done), name="looking")
        looking.start()
        for number in devices:
            sent[_native(number)] = time.monotonic()
            self._say(number, 35.0)
            self._say(number, 35.0)
            told(f"{len(there)} tickets", len(there) / len(devices))
            if every_s:
                time.sleep(every_s)
        done.wait(_WITHIN_S)
        done.set()
        looking.join()
        return [there[device] - at for device, at in sent.items() if device in there]

    def _look(self, wanted: int, there: dict[str, float], done: threading.Event) -> None:
        known = {device for (device,) in self._with_ticket()}
        while not done.wait(_LOOK_S):
            found, now = self._with_ticket(), time.monotonic()
            for (device,) in found:
                if device not in known:
                    there.setdefault(device, now)
            if len(there) >= wanted:
                done.set()

    def _with_ticket(self) -> Sequence[Any]:
        query = select(Alarm.subject).join(Ticket, Ticket.incident_id == Alarm.incident_id)
        with self._database.read() as session:
            return session.execute(query).all()

    def count(self) -> tuple[int, int, int]:
        """Alarms, tickets, and assets with a ticket."""
        with self._database.read() as session:
            alarms = session.scalar(select(func.count(Alarm.id)))
            tickets = session.scalar(select(func.count(Ticket.id)))
            assets = session.scalar(select(func.count(Ticket.asset_id.distinct())))
        return alarms or 0, tickets or 0, assets or 0


def _native(number: int) -> str:
    return f"mqtt:zigbee2mqtt/{number}"


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    found = np.percentile(seconds, (50, 99, 100))
    return dict(zip(("p50_s", "p99_s", "most_s"), np.round(found, 3).tolist(), strict=True))


def _configured(folder: Path, broker: int) -> Path:
    link = {"kind": "mqtt", "port": broker, "client_id": "bench", "dialects": [{"kind": "mqtt.zigbee2mqtt"}]}
    link["topics"] = [_FILTER]
    config = folder / "wardkeeper.yaml"
    settings = {"site": "bench", "data": str(folder / "data"), "web": {"port": free_port()}, "links": {"bench": link}}
    config.write_text(yaml.safe_dump(settings))
    return config


def _furnish(database: Database, devices: int) -> None:
    """A room and an asset for each device."""
    now = SystemClock().now() - timedelta(days=1)
    with database.write() as session:
        site = Place(kind="site", number="bench", name="Bench")
        session.add(site)
        session.flush()
        rooms = [
            Place(kind="room", parent_id=site.id, number=f"R{n}", name="Room", room_type="patient_room")
            for n in range(devices)
        ]
        session.add_all(rooms)
        session.flush()
        for number, room in enumerate(rooms):
            asset = Asset(number=f"A-{number}", name=f"Asset {number}", category=f"kind {number % 20}", home_id=room.id)
            asset.mobile, asset.created, asset.changed = False, now, now
            device = Device(site="bench", native_id=_native(number), name=f"Probe {number}", first_seen=now)
            session.add_all((asset, device))
            session.flush()
            session.add(Binding(device_id=device.id, asset_id=asset.id, role="sensor", since=now))
        bump(session)
        import_yaml(session, _RULES, who="bench", now=now)


@contextmanager
def _serving(config: Path, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "wardkeeper.cli", "serve", "--config", str(config)]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        deadline = time.monotonic() + _START_S
        while b"Wardkeeper is at" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unreachable(f"serve does not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(_LOOK_S)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_START_S)


@contextmanager
def _sender(port: int) -> Iterator[Callable[[int, float], None]]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def say(number: int, value: float) -> None:
        client.publish(f"zigbee2mqtt/{number}", b'{"temperature": %.1f}' % value, 1)

    try:
        yield say
    finally:
        client.disconnect()
        client.loop_stop()
