from dataclasses import dataclass

import numpy as np
import pytest

from asset_registry.locating.bays import bays
from asset_registry.locating.layout import Floor, GatewayAt, Plan, rooms_at
from asset_registry.locating.radiomap import Radio, path_loss
from asset_registry.locating.recording import Recording

HUNG = [(2, 2), (2, 10), (10, 6), (18, 2), (18, 10), (6, 6), (14, 6)]


@dataclass
class World:
    """An open floor of 20 x 12 m: fading that stays with a place, noise of each packet, all from one seed."""

    plan: Plan
    chance: np.random.Generator
    fading_db: float = 2.0
    noise_db: float = 3.0
    per_s: float = 2.0

    def levels(self, at):
        """(points, gateways)"""
        radio = Radio()
        law = np.array([radio.at_one_metre_dbm, radio.exponent, radio.wall_db])
        gateways = [(one.x_m, one.y_m) for one in self.plan.gateways]
        return np.stack([path_loss(at, np.array(g), np.zeros(len(at))) @ law for g in gateways], axis=1)

    def tag(self, *stays, name="pump"):
        """Rows of one tag that is at (x, y) for so many seconds, then at the next; fading is drawn anew at each."""
        rows, start = [], 0.0
        for x, y, seconds in stays:
            at = np.array([[x, y]], dtype=float)
            level = self.levels(at)[0] + self.chance.normal(0, self.fading_db, len(self.plan.gateways))
            for gateway, dbm in enumerate(level):
                t = start + np.arange(self.chance.random() / self.per_s, seconds, 1 / self.per_s)
                rssi = dbm + self.chance.normal(0, self.noise_db, len(t))
                rows += [(when, rssi[n], x, y, gateway, name) for n, when in enumerate(t)]
            start += seconds
        return rows

    def recording(self, *tags):
        """As a file would be read."""
        rows = sorted(row for tag in tags for row in tag)
        names = sorted({row[5] for row in rows})
        numbers = np.array([row[:4] for row in rows], dtype=float)
        zeros = np.zeros(len(rows), dtype=int)
        return Recording(
            t=numbers[:, 0],
            rssi=numbers[:, 1],
            at=numbers[:, 2:],
            gateway=np.array([row[4] for row in rows]),
            gateways=[one.id for one in self.plan.gateways],
            tag=np.array([names.index(row[5]) for row in rows]),
            tags=names,
            floor=zeros,
            floors=[""],
            room=rooms_at(list(enumerate(self.plan.rooms)), numbers[:, 2:]),
            rooms=[one.id for one in self.plan.rooms],
        )

    def survey(self, step=2.5, seconds=40):
        """A point every `step` metres."""
        spots = [(x, y) for x in np.arange(1.2, 20, step) for y in np.arange(1.2, 12, step)]
        return self.recording(*(self.tag((x, y, seconds), name=f"{n:03d}") for n, (x, y) in enumerate(spots)))

    def room_at(self, x, y):
        """The index of the room of a point."""
        return int(rooms_at(list(enumerate(self.plan.rooms)), np.array([[x, y]], dtype=float))[0])


@pytest.fixture
def world():
    plan = Plan([GatewayAt(str(n), x, y) for n, (x, y) in enumerate(HUNG)], bays(4, 2, (0, 0), (20, 12)))
    return World(plan, np.random.default_rng(6))


@pytest.fixture
def floor(world):
    return Floor(world.plan, "")
