"""Walled rooms with a gateway each, not surveyed: a simulation, and labelled so.

Twelve rooms on both sides of a corridor; fading of 3.3 dB stays with a place, noise of 4 dB with a packet, one packet a
second. Path loss and walls are others than the map assumes.
"""

import numpy as np
import pytest

from asset_registry.locating.layout import Floor, GatewayAt, Plan, Room
from asset_registry.locating.model import Model
from asset_registry.locating.radiomap import BEHIND_WALLS

TAGS, STAY_S, SETTLED_S = 24, 180, 20


def ward():
    rooms, gateways = [], []
    for side, y in (("n", 0), ("s", 8)):
        for n in range(12):
            rooms.append(Room(f"{side}{n}", "", [(n * 4, y), (n * 4 + 4, y), (n * 4 + 4, y + 6), (n * 4, y + 6)]))
            gateways.append(GatewayAt(f"{side}{n}", n * 4 + 2, y + 3))
    return Plan(gateways, [*rooms, Room("hall", "", [(0, 6), (48, 6), (48, 8), (0, 8)], way=True)], walls=True)


def levels(chance, plan, at, exponent, wall_db):
    """(tags, gateways): what is heard on average, at points."""
    hung = np.array([(one.x_m, one.y_m) for one in plan.gateways])
    metres = np.sqrt(((at[:, None] - hung) ** 2).sum(2) + 1)
    walls = Floor(plan, "").walls_to(at).T
    return -59 - 10 * exponent * np.log10(metres) - wall_db * walls + chance.normal(0, 3.3, walls.shape)


def somewhere(chance, plan):
    room = int(chance.integers(0, 24))
    corners = np.array(plan.rooms[room].outline)
    return room, chance.uniform(corners.min(0) + 0.5, corners.max(0) - 0.5)


@pytest.mark.parametrize("exponent, wall_db", [(2.4, 3.5), (2.0, 6.0), (3.0, 3.0)])
def test_rooms_are_right_and_moves_are_shown_soon(exponent, wall_db):
    chance, plan = np.random.default_rng(4), ward()
    tracker = Model(plan, radio=BEHIND_WALLS).tracker()
    tracker.grow(TAGS)
    right, delays = [], []
    for stay in range(2):
        stays = [somewhere(chance, plan) for _ in range(TAGS)]
        true = np.array([room for room, _ in stays])
        level = levels(chance, plan, np.array([at for _, at in stays]), exponent, wall_db)
        shown = np.zeros((STAY_S, TAGS), dtype=bool)
        for second in range(STAY_S):
            rssi = level + chance.normal(0, 4, level.shape)
            tag, gateway = np.nonzero(rssi > -94)
            tracker.put(tag, gateway, rssi[tag, gateway])
            tracker.step(stay * STAY_S + second + 1.0)
            shown[second] = tracker.room == true
        right.append(shown[SETTLED_S:].mean())
        delays += (shown.argmax(0) + 1)[shown.any(0)].tolist()
    assert np.mean(right) >= 0.97
    assert np.quantile(delays, 0.95) <= 15
