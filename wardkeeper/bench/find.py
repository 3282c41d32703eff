"""Find over a big house, asked at the interface over HTTP, one question after the other."""

import http.client
import json
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from asset_registry.known import Content, KnownAsset, KnownBinding, KnownDevice, KnownPlace
from asset_registry.people import create_person
from asset_registry.snapshot import Snapshot
from collector.clock import SystemClock
from collector.reading import OWN_GATEWAY, Reading
from wardkeeper.bench.load import machine
from wardkeeper.cycles import look_rarely
from wardkeeper.database import open_database
from wardkeeper.settings import Settings
from wardkeeper.web import listen, serve
from wardkeeper.wiring import Wardkeeper

ASSETS, QUICK_ASSETS = 50_000, 2_000
_FLOORS, _ROOMS = 10, 100
_ASKED, _QUICK_ASKED = 640, 32
_CATEGORIES = (
    "infusion pump", "syringe pump", "ventilator", "patient monitor", "bed", "wheelchair", "defibrillator",
    "ultrasound", "feeding pump", "pulse oximeter", "fridge", "scale", "thermometer", "suction unit", "warmer", "lift",
)  # fmt: skip
_MAKERS = ("Nordkyl", "Fresia", "Hillside", "Medron", "Ostara", "Kestrel")
_QUESTIONS = (
    "pump", "infusion pump", "nordkyl ventilator", "A-00777", "SN1234", "bed", "level 3 bed", "pmup",
    "ventilater", "4.12", "pump 4.12", "usable pump", "tag 4711", "wheelchair clean", "defi", "hillside monitor",
)  # fmt: skip


def measure(*, quick: bool) -> dict[str, Any]:
    """Seconds of an answer: words of every kind, half of them from a room, the way on foot to each asset included."""
    count, chance, clock = QUICK_ASSETS if quick else ASSETS, random.Random(1), SystemClock()  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"site": "bench", "data": Path(folder), "links": {}})
        settings.make_data()
        running = Wardkeeper(settings, clock, open_database(settings.database_url))
        with running.database.write() as session:
            person = create_person(session, "bench", "Bench", ["biomed"], "bench", clock.now())
            session.flush()
            number = person.id
        token = running.sign_in.api_token(number, "bench", (), "bench")
        content = house(count, chance, clock.now())
        running.snapshots.current = Snapshot(content)
        running.latest.update(fixes(content, chance, clock.now()))
        listener, took = listen("127.0.0.1", 0), list[float]()
        port, asked = listener.getsockname()[1], _QUICK_ASKED if quick else _ASKED
        rooms = [place.id for place in content.places if place.kind == "room"]
        asking = threading.Thread(target=lambda: took.extend(_ask(port, token, rooms, asked)), name="asking")
        look_rarely()  # as `serve` does
        serve(running.app(), listener, asking.start)
        asking.join()
        running.database.close()
    p50, p95, p99, most = (round(float(each), 4) for each in np.percentile(took, (50, 95, 99, 100)))
    return {
        "assets": count,
        "asked": len(took),
        "p50_s": p50,
        "p95_s": p95,
        "p99_s": p99,
        "most_s": most,
        "machine": machine(),
    }


def _ask(port: int, token: str, rooms: list[int], asked: int) -> Iterator[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        for number in range(-len(_QUESTIONS), asked):  # each is asked once before it counts
            near = {"near": rooms[number * 37 % len(rooms)]} if number % 2 else {}
            question = urlencode({"q": _QUESTIONS[number % len(_QUESTIONS)], **near})
            begun = time.perf_counter()
            connection.request("GET", f"/api/v1/find?{question}", headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            found = json.loads(answer.read())
            if answer.status != 200:
                raise RuntimeError(f"/api/v1/find answered {answer.status}: {found}")
            if number >= 0:
                yield time.perf_counter() - begun
    finally:
        connection.close()
        signal.raise_signal(signal.SIGTERM)


def house(count: int, chance: random.Random, now: datetime) -> Content:
    """A house of ten floors and a thousand rooms; each asset wears a tag."""
    places = [
        KnownPlace(1, "site", None, "bench", "", None, "", {}),
        KnownPlace(2, "building", 1, "A", "Main", None, "", {}),
    ]
    for level in range(_FLOORS):
        floor = KnownPlace(10 + level, "floor", 2, str(level), f"Level {level}", level, "", {"width": 80, "depth": 40})
        hall = {"polygon": [[0, 6], [80, 6], [80, 8], [0, 8]]}
        places += [floor, KnownPlace(50 + level, "room", floor.id, f"C{level}", "Corridor", level, "corridor", hall)]
        places += [_room(level, n, floor.id) for n in range(_ROOMS)]
    rooms = [place.id for place in places if place.kind == "room"]
    numbers = range(1, count + 1)
    return Content(
        "bench", 1, now, places,
        [_asset(n, chance, rooms, now) for n in numbers],
        [KnownDevice(n, "bench", f"ble:{n:012X}", f"Tag {n}", "tag", "", "", "", 10.0, now, False) for n in numbers],
        [],
        [KnownBinding(n, n, n, None, "tag", now - timedelta(days=30), None) for n in numbers],
        [],
    )  # fmt: skip


def _room(level: int, number: int, floor: int) -> KnownPlace:
    x, y = number % 20 * 4, number // 20 * 8
    plan = {
        "polygon": [[x, y], [x + 4, y], [x + 4, y + 6], [x, y + 6]],
        "doors": [{"x": x + 2, "y": y + 6, "width": 1.2, "wall": "s"}],
    }
    name = f"{level}.{number:02d}"
    return KnownPlace(1000 + level * _ROOMS + number, "room", floor, name, "Room", level, "patient_room", plan)


def _asset(number: int, chance: random.Random, rooms: list[int], now: datetime) -> KnownAsset:
    category, maker = chance.choice(_CATEGORIES), chance.choice(_MAKERS)
    serial = f"SN{chance.randint(10**7, 10**8)}"
    use, hygiene = chance.choice(("idle", "idle", "in_use")), chance.choice(("clean", "clean", "soiled", "unknown"))
    return KnownAsset(
        number, f"A-{number:05d}", f"{category.capitalize()} {number}", category, maker, f"M{chance.randint(100, 199)}",
        serial, "", "", f"Level {chance.randint(0, 9)}", "", True, use, hygiene, "ok", "owned", None, None,
        chance.choice(rooms), now,
    )  # fmt: skip


def fixes(content: Content, chance: random.Random, now: datetime) -> Iterator[Reading]:
    """Where its tags are, surely."""
    rooms = [str(place.id) for place in content.places if place.kind == "room"]
    for device in content.devices:
        yield Reading(device.native_id, "room", chance.choice(rooms), now, now, OWN_GATEWAY)
        yield Reading(device.native_id, "fix_confidence", 0.95, now, now, OWN_GATEWAY)
