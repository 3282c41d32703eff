"""What the devices of Linden General would measure at any moment: pure functions of seed, name and time.

Because nothing is remembered, yesterday's history, the live stream and a restarted demo fit together.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from wardkeeper.demo.building import Room
from wardkeeper.demo.thing import Thing
from wardkeeper.demo.world import ZONE, Talker, World

Values = Mapping[str, float | bool | str]
"""A payload's own fields, by the names that are used on the wire."""

_ZONE = ZoneInfo(ZONE)

WATTS_PER_M2 = 6.0
"""What lamps draw."""

LAMP_FAULTS = frozenset({"3.36"})
LIT_WAYS = frozenset({"operating_room", "intensive_care", "nurse_station", "plant_room"})
"""Types of rooms with an emergency light of their own."""
EMERGENCY = {"2.16": "failed"}
"""What the emergency lights say of their last test, where they have not passed."""

WARM = {"1.31": 4.2}
"""The pharmacy is too warm for its drugs, by so many degrees: no rule says so, its profile does."""


def share(seed: int, *key: object) -> float:
    """A number in [0, 1) that is the same for the same key. Not a CRC: similar keys must give unlike numbers."""
    digest = blake2b(f"{seed}/{'/'.join(map(str, key))}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


def drift(seed: int, key: str, seconds: float, period: float) -> float:
    """A smooth random curve between -1 and 1 that turns about once in `period` seconds."""
    step, rest = divmod(seconds / period, 1)
    blend = (1 - math.cos(math.pi * rest)) / 2
    low, high = share(seed, key, int(step)), share(seed, key, int(step) + 1)
    return 2 * (low + (high - low) * blend) - 1


def ramp(second: float, *points: tuple[float, float]) -> float:
    """The value at `second` of a line through (second, value) points, level before the first and after the last."""
    before = points[0]
    for point in points:
        if second < point[0]:
            span = point[0] - before[0]
            return before[1] + (point[1] - before[1]) * ((second - before[0]) / span if span else 1)
        before = point
    return before[1]


def hour(at: datetime) -> float:
    """The hour of the day in the hospital, with its fraction."""
    local = at.astimezone(_ZONE)
    return local.hour + local.minute / 60


class Signals:
    """The measured values of one hospital."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seed = world.seed
        self._rooms: dict[str, Callable[[Room, datetime, float], Values]] = {
            "room climate": self._climate,
            "light": self._light,
            "presence": self._presence,
            "door contact": self._door,
            "room pressure": self._pressure,
            "air flow": self._air,
        }
        self._assets: dict[str, Callable[[Thing, float], Values]] = {
            "cold probe": self._probe,
            "plug": self._compressor,
            "pump dock": self._pump,
            "air handler": self._air_handler,
        }

    def values(self, talker: Talker, at: datetime) -> Values:
        """What `talker` would report at that moment if nothing were wrong. Unknown kinds have nothing to say."""
        if talker.room:
            of_room = self._rooms.get(talker.kind)
            return of_room(self._world.room[talker.room], at, at.timestamp()) if of_room else {}
        of_asset = self._assets.get(talker.kind)
        return of_asset(self._world.asset[talker.asset], at.timestamp()) if of_asset else {}

    def occupied(self, room: Room, at: datetime) -> bool:
        """Whether someone is in the room, in stretches of 20 minutes that begin at each room's own time."""
        now = hour(at)
        day = 6.5 <= now < 20
        busy = {"patient_room": 0.85, "intensive_care": 0.9, "isolation_room": 0.8, "nurse_station": 0.95}
        chance = busy.get(room.room_type, 0.45 if day else 0.06)
        stretch = int(at.timestamp() / 1200 + share(self._seed, room.number, "stretch"))
        return share(self._seed, room.number, "in", stretch) < chance

    def light_on(self, room: Room, at: datetime) -> bool:
        """Lights follow the people by day; patients sleep in the dark; a few are left on."""
        if share(self._seed, room.number, "left on") < 0.05:
            return True
        asleep = room.room_type in {"patient_room", "isolation_room"} and not 6.5 <= hour(at) < 21.5
        return self.occupied(room, at) and not asleep

    def door_open(self, room: Room, at: datetime) -> bool:
        """People go through a door for 10 to 30 seconds, often by day, seldom at night."""
        slot, second = divmod(at.timestamp(), 900)
        if share(self._seed, room.number, "door", int(slot)) > (0.6 if 6 <= hour(at) < 21 else 0.12):
            return False
        begin = 800 * share(self._seed, room.number, "opens", int(slot))
        return begin <= second < begin + 10 + 20 * share(self._seed, room.number, "for", int(slot))

    def _climate(self, room: Room, at: datetime, seconds: float) -> Values:
        base = {"operating_room": 21.4, "sterile_storage": 21.4, "sterile_compounding": 18.6}.get(room.room_type, 22.4)
        swing = 0.35 * math.sin((hour(at) - 9) / 24 * 2 * math.pi)
        base += WARM.get(room.number, 0.0)
        warm = base + swing + 0.5 * drift(self._seed, f"{room.number}/warm", seconds, 5400)
        damp = 43 + 5 * drift(self._seed, f"{room.number}/damp", seconds, 9000)
        people = 0.5 + 0.5 * drift(self._seed, f"{room.number}/co2", seconds, 3000)
        return {
            "temperature": round(warm, 1),
            "humidity": round(damp),
            "co2": round(470 + (310 if 6 <= hour(at) < 22 else 190) * people),
            "battery": self._cell(f"{room.number}/climate", seconds),
        }

    def _light(self, room: Room, at: datetime, _seconds: float) -> Values:
        shining = self.light_on(room, at)
        said = {"state": "ON" if shining else "OFF", "brightness": 200 if shining else 0, "color_temp": 285}
        watts = round((room.east - room.west) * (room.south - room.north) * WATTS_PER_M2) if shining else 0
        tested = {"emergency_test": EMERGENCY.get(room.number, "passed")} if room.room_type in LIT_WAYS else {}
        return {**said, "power": watts, "lamp_fault": room.number in LAMP_FAULTS, **tested}

    def _presence(self, room: Room, at: datetime, seconds: float) -> Values:
        lux = 20 + 330 * self.light_on(room, at) + 15 * drift(self._seed, f"{room.number}/lux", seconds, 900)
        cell = self._cell(f"{room.number}/motion", seconds)
        return {"occupancy": self.occupied(room, at), "illuminance": round(lux), "battery": cell}

    def _door(self, room: Room, at: datetime, seconds: float) -> Values:
        return {"contact": not self.door_open(room, at), "battery": self._cell(f"{room.number}/door", seconds)}

    def _pressure(self, room: Room, at: datetime, seconds: float) -> Values:
        wave, gap = drift(self._seed, f"{room.number}/pressure", seconds, 700), self.door_open(room, at)
        isolating = room.room_type == "isolation_room"
        pascal = -4.2 + 0.5 * wave + 0.9 * gap if isolating else 8.5 + 1.2 * wave - 2 * gap
        return {"differential_pressure": round(pascal, 1)}

    def _air(self, room: Room, _at: datetime, seconds: float) -> Values:
        base = {"operating_room": 21.6, "isolation_room": 12.9, "intensive_care": 6.8}.get(room.room_type, 4.7)
        wave = drift(self._seed, f"{room.number}/air", seconds, 3300)
        return {"air_changes": round(base * (1 + 0.03 * wave), 1)}

    def _probe(self, thing: Thing, seconds: float) -> Values:
        cold = 4.6 + 0.5 * drift(self._seed, f"{thing.number}/cold", seconds, 2400)
        return {"probe_temperature": round(cold, 1), "battery": self._cell(thing.number, seconds)}

    def _compressor(self, thing: Thing, seconds: float) -> Values:
        period = 1500 + 600 * share(self._seed, thing.number, "period")
        phase = (seconds / period + share(self._seed, thing.number, "phase")) % 1
        return {"Power": round(64 + 5 * drift(self._seed, thing.number, seconds, 120)) if phase < 0.42 else 2}

    def _pump(self, thing: Thing, seconds: float) -> Values:
        """Those in use live on the mains with an hour or two on battery; the others charge in their dock."""
        on_mains, charge = True, 100.0
        if thing.number == "P-117":
            charge = 41.0  # its battery is old
        elif thing.use == "in_use":
            period = 21_600 + 10_800 * share(self._seed, thing.number, "period")
            away = 3600 + 3600 * share(self._seed, thing.number, "away")
            since = (seconds + period * share(self._seed, thing.number, "phase")) % period
            on_mains = since >= away
            charge = min(100, 70 + 30 * (since - away) / 7200) if on_mains else 100 - 30 * since / away
        return {"battery": round(charge), "ac_connected": on_mains, "infusing": thing.use == "in_use"}

    def _air_handler(self, thing: Thing, seconds: float) -> Values:
        supply = 17.4 + 0.4 * drift(self._seed, f"{thing.number}/supply", seconds, 3600)
        fan = 74 + 4 * drift(self._seed, f"{thing.number}/fan", seconds, 2700)
        return {"supply_temperature": round(supply, 1), "fan_speed": round(fan), "fan_running": True}

    def _cell(self, name: str, seconds: float) -> int:
        """The button cell of a sensor: it lasts for years, so it hardly moves."""
        return round(97 - 25 * share(self._seed, name, "cell") - (seconds / 86_400 / 30) % 6)
