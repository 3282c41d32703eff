"""How loud the gateways hear a tag: log-distance path loss, walls, fading that stays with a place, noise.

Exponent and fading are in the range measured indoors (TETAM); a wall costs 3 dB and more, a floor everything.
"""

import math
import random
from functools import lru_cache

from wardkeeper.demo.movement import Spot
from wardkeeper.demo.signals import share
from wardkeeper.demo.world import GatewaySpot, World

AT_ONE_METRE = -59.0
EXPONENT = 2.4
WALL = 3.0
FADING, NOISE = 2.6, 1.8
DEAF = -94.0
"""Below this a gateway hears nothing."""

FARTHEST = 24.0
"""Metres from which on every gateway is deaf, whatever the fading."""

MOST = 3
"""So many gateways report a tag; the simulator leaves the faintest out to stay within the embedded broker's rate."""


class Radio:
    """The gateways of one hospital and what they hear."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._level = lru_cache(maxsize=16_384)(self._level_of)  # most things stand still most of the time
        self._by_level: dict[int, list[GatewaySpot]] = {}
        for spot in world.gateways:
            self._by_level.setdefault(world.room[spot.room].level, []).append(spot)

    def heard(self, tag: str, spot: Spot, chance: random.Random) -> list[tuple[GatewaySpot, float, float]]:
        """(gateway, RSSI in dBm, distance in m as the gateway estimates it), the loudest first."""
        near = [
            gateway
            for gateway in self._by_level.get(spot.level, [])
            if abs(gateway.x - spot.x) < FARTHEST and abs(gateway.y - spot.y) < FARTHEST
        ]
        levels = [(self._level(tag, gateway, spot), gateway) for gateway in near]
        loudest = sorted(levels, key=lambda pair: -pair[0])[:MOST]
        found = []
        for level, gateway in loudest:
            rssi = round(level + chance.gauss(0, NOISE), 1)
            if rssi > DEAF:
                found.append((gateway, rssi, round(10 ** ((AT_ONE_METRE - rssi) / (10 * EXPONENT)), 2)))
        return found

    def _level_of(self, tag: str, gateway: GatewaySpot, spot: Spot) -> float:
        far = max(0.5, math.dist((gateway.x, gateway.y), (spot.x, spot.y)))
        walls = 0 if gateway.room == spot.room else 1 + far / 12
        return AT_ONE_METRE - 10 * EXPONENT * math.log10(far) - WALL * walls + self._fading(tag, gateway, spot)

    def _fading(self, tag: str, gateway: GatewaySpot, spot: Spot) -> float:
        """Normal with deviation FADING, the same within a cell of 1 m: the sum of four even shares is near enough."""
        cell = (tag, gateway.slug, int(spot.x), int(spot.y))
        total = sum(share(self._world.seed, *cell, turn) for turn in range(4))
        return (total - 2) * math.sqrt(3) * FADING
