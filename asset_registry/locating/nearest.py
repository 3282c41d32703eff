"""The nearest gateway, slow to change its mind: `locating.nearest`.

A tag is in the place of the gateway that hears it strongest: the mean of linear power over the last 10 s (30 s for a
tag that sends seldom). What its first packet says is put right once, after 10 s. Then another place replaces it only
after leading by `margin_db` for `commit_delay_s` on end, or by less for four times as long. When no gateway of the old
place gave any sign of life meanwhile, it takes four times as long too: a dead gateway looks just like a tag that left.

Confidence = P · N · R · A, then capped. It is reasoned, not calibrated against a survey:

- P, margin: the normal distribution function of m / 8 dB, where m is the lead over the strongest other place (or over
  -105 dBm). The difference of two gateways whose spatial fading is 3.3 dB each spreads by 4.7 dB, which averaging does
  not remove; the rest is for gateways that do not hang in the middle of their places.
- N, packets: 1 - 0.15 / n, with n packets of the strongest gateway in the window.
- R, reach: how likely the gateway's own place is among it and the places without a gateway that are nearest to this
  one, at this level (`locating.reach`). Without a plan 1 down to -80 dBm, falling to 0.6 at -95 dBm.
- A, age: 1 for 30 s after the tag was last heard, then half every 5 minutes. After `unknown_after_s` nobody knows.
- Cap: at most "perhaps" (0.65) while another place is taking over; after a change that the old place's gateways did not
  live to see, until one of them speaks; and while a gateway within 15 m on the same floor is silent for a minute: then
  the true place may be deaf.

A place without a gateway is never named: what is there gets the name of the one next door, "perhaps" or "unknown".

On a published survey (TETAM: an open office cut into 12 bays without walls, 3 of them without a gateway; still tags,
one date, no crowd) it names the right bay 55% of the time, 75% where the bay has a gateway, changes 0.3 times an hour
without cause, and is right 94% of the time when sure (1% of the fixes), 82% when likely (23%), 57% when perhaps (44%)
and 32% when unknown. In the demo's simulated hospital, where half of the rooms have a gateway and fading is mild, it is
right 87% of the time: over 99% when sure (31%) or likely (44%), 92% when perhaps (12%) and 10% when unknown (13%).
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from asset_registry.locating.ports import Fix, Spots, SpotSource
from asset_registry.locating.reach import share
from collector.admission import STRONGEST_DBM, WEAKEST_DBM
from collector.clock import from_a_wrong_clock
from collector.reading import Sighting

FADING_DB = 8.0
FLOOR_DBM = -105.0
DOUBT = 0.65

_LONG = 4
"""How many commit delays another place must lead when the lead is slight, or nobody saw the tag leave."""


class Tuning(msgspec.Struct, frozen=True):
    """Times in seconds, powers in dB, distances in metres."""

    window_s: float = 10.0
    long_window_s: float = 30.0
    few_packets: int = 3
    commit_delay_s: float = 15.0
    margin_db: float = 3.0
    silent_s: float = 60.0
    near_m: float = 15.0
    fresh_s: float = 30.0
    half_life_s: float = 300.0
    unknown_after_s: float = 900.0
    sweep_s: float = 5.0
    most_tags: int = 50_000


@dataclass
class _Rival:
    """A place that hears the tag better than its own does: since when, and since when by the margin."""

    place_id: int
    since: datetime
    clear_since: datetime


@dataclass
class _Track:
    """What is known of one tag. `base` is the confidence without age."""

    heard: datetime
    packets: deque[tuple[datetime, str, float]] = field(default_factory=deque)
    place_id: int | None = None
    gateway: str = ""
    since: datetime | None = None
    base: float = 0.0
    settles: datetime | None = None
    rival: "_Rival | None" = None
    left_unseen: int | None = None


@dataclass(frozen=True)
class _Level:
    """How strongly a gateway hears the tag, in dBm, and over how many packets."""

    dbm: float
    packets: int
    gateway: str


class NearestGateway:
    """An `Engine`."""

    def __init__(self, spots: SpotSource, tuning: Tuning | None = None) -> None:
        """`spots` gives the present map of gateways; one that is not on it places nothing."""
        self._spots = spots
        self._tuning = tuning or Tuning()
        self._tracks: dict[str, _Track] = {}
        self._touched: set[str] = set()
        self._alive: dict[str, datetime] = {}
        self._started: datetime | None = None
        self._swept: datetime | None = None
        self._latest: datetime | None = None
        self._near: tuple[Spots | None, dict[str, list[str]]] = (None, {})

    def hear(self, sighting: Sighting) -> None:
        """Take in that a gateway heard a tag."""
        at = sighting.received
        if not WEAKEST_DBM <= sighting.rssi_dbm <= STRONGEST_DBM:
            return
        if self._latest is not None and from_a_wrong_clock(self._latest, at):
            self._begin_anew(at)
        self._latest = max(self._latest or at, at)
        self.alive(sighting.gateway, at)
        track = self._tracks.get(sighting.tag)
        if track is None:
            if len(self._tracks) >= self._tuning.most_tags:
                return
            track = self._tracks[sighting.tag] = _Track(at)
        if track.place_id is None and not track.packets:
            track.settles = at + timedelta(seconds=self._tuning.window_s)
        track.heard = max(track.heard, at)
        track.packets.append((at, sighting.gateway, 10.0 ** (sighting.rssi_dbm / 10.0)))
        self._touched.add(sighting.tag)

    def _begin_anew(self, now: datetime) -> None:
        """The clock was set back: whatever has a time of the wrong one is no guide any more."""
        self._tracks, self._alive, self._touched = {}, {}, set()
        self._latest = self._started = now
        self._swept = None

    def alive(self, gateway: str, at: datetime) -> None:
        """Take in that a gateway spoke."""
        self._started = self._started or at
        if gateway in self._spots():
            self._alive[gateway] = max(at, self._alive.get(gateway, at))

    def restore(self, fixes: Iterable[Fix]) -> None:
        """Go on from what was known before a restart."""
        for fix in fixes:
            self._tracks[fix.tag] = _Track(
                fix.at, place_id=fix.place_id, gateway=fix.gateway, since=fix.since, base=fix.confidence
            )

    def judge(self, now: datetime) -> Iterator[Fix]:
        """The fixes of the tags heard since the last time, and every few seconds those of all."""
        tags: Iterable[str] = self._touched
        if self._swept is None or now - self._swept >= timedelta(seconds=self._tuning.sweep_s):
            self._swept, tags = now, list(self._tracks)
        self._touched = set()
        spots = self._spots()
        for tag in tags:
            track = self._tracks[tag]
            self._follow(track, now, spots)
            yield self._fix(tag, track, now)
            if (now - track.heard).total_seconds() > 2 * self._tuning.unknown_after_s:
                del self._tracks[tag]

    def drift(self) -> dict[str, float]:
        """Nothing: there is no map."""
        return {}

    # ------------------------------------------------------------ one tag

    def _fix(self, tag: str, track: _Track, now: datetime) -> Fix:
        age = (now - track.heard).total_seconds()
        if track.place_id is None or age >= self._tuning.unknown_after_s:
            if track.place_id is not None:
                track.place_id, track.gateway, track.base, track.since = None, "", 0.0, now
            return Fix(tag, None, "", 0.0, track.heard, track.since or now)
        fresh = 0.5 ** (max(0.0, age - self._tuning.fresh_s) / self._tuning.half_life_s)
        return Fix(tag, track.place_id, track.gateway, track.base * fresh, track.heard, track.since or now)

    def _follow(self, track: _Track, now: datetime, spots: Spots) -> None:
        levels = self._levels(track, now, spots)
        if not levels:
            track.rival = None
            return
        best = max(levels, key=lambda place: levels[place].dbm)
        current = levels.get(track.place_id) if track.place_id is not None else None
        lead = levels[best].dbm - current.dbm if current else math.inf
        if track.place_id is None or (track.settles is not None and now >= track.settles):
            self._move(track, best, now, unseen=False)
        elif best == track.place_id:
            track.rival = None
        else:
            self._perhaps_move(track, best, lead, now, spots)
        self._weigh(track, levels, now, spots)

    def _levels(self, track: _Track, now: datetime, spots: Spots) -> dict[int, _Level]:
        """The strongest gateway of each place over the window."""
        tuning = self._tuning
        while track.packets and (now - track.packets[0][0]).total_seconds() > tuning.long_window_s:
            track.packets.popleft()
        levels = _by_gateway(track.packets, now - timedelta(seconds=tuning.window_s))
        if max((level.packets for level in levels), default=0) < tuning.few_packets:
            levels = _by_gateway(track.packets, now - timedelta(seconds=tuning.long_window_s))
        strongest: dict[int, _Level] = {}
        for level in levels:
            spot = spots.get(level.gateway)
            if spot and (spot.place_id not in strongest or level.dbm > strongest[spot.place_id].dbm):
                strongest[spot.place_id] = level
        return strongest

    def _perhaps_move(self, track: _Track, best: int, lead_db: float, now: datetime, spots: Spots) -> None:
        if track.rival is None or track.rival.place_id != best:
            track.rival = _Rival(best, now, now)
        if lead_db < self._tuning.margin_db:
            track.rival.clear_since = now
        delay = self._tuning.commit_delay_s
        clear = (now - track.rival.clear_since).total_seconds() >= delay
        long = (now - track.rival.since).total_seconds() >= _LONG * delay
        seen_off = track.place_id is None or self._spoke(track.place_id, track.rival.since, spots)
        if long or (clear and seen_off):
            self._move(track, best, now, unseen=not seen_off)

    def _move(self, track: _Track, place_id: int, now: datetime, *, unseen: bool) -> None:
        track.left_unseen = track.place_id if unseen else None
        if track.settles is not None and now >= track.settles:
            track.settles = None
        if track.place_id != place_id:
            track.place_id, track.since = place_id, now
        track.rival = None

    def _weigh(self, track: _Track, levels: dict[int, _Level], now: datetime, spots: Spots) -> None:
        mine = levels.get(track.place_id) if track.place_id is not None else None
        if mine is None:
            track.base = min(track.base, DOUBT)
            return
        track.gateway = mine.gateway
        others = max((level.dbm for place, level in levels.items() if place != track.place_id), default=FLOOR_DBM)
        spot = spots[mine.gateway]
        reach = share(mine.dbm, spot.own, spot.silent) if spot.own else nearness(mine.dbm)
        track.base = certainty(mine.dbm - others, mine.packets) * reach
        if track.left_unseen is not None and self._spoke(track.left_unseen, track.since or now, spots):
            track.left_unseen = None
        deaf = self._deaf_nearby(mine.gateway, now, spots)
        if deaf or track.left_unseen is not None or track.rival is not None:
            track.base = min(track.base, DOUBT)

    # ------------------------------------------------------------ gateways

    def _spoke(self, place_id: int, since: datetime, spots: Spots) -> bool:
        """Whether a gateway of that place gave a sign of life since then, or it has none to do so."""
        there = [name for name, spot in spots.items() if spot.place_id == place_id]
        return not there or any(self._alive.get(name, since) > since for name in there)

    def _deaf_nearby(self, gateway: str, now: datetime, spots: Spots) -> bool:
        """Whether a gateway near this one has been silent for long enough to be dead."""
        if self._near[0] is not spots:
            self._near = (spots, {})
        near = self._near[1].get(gateway)
        if near is None:
            near = self._near[1][gateway] = _neighbours(gateway, spots, self._tuning.near_m)
        limit, started = timedelta(seconds=self._tuning.silent_s), self._started or now
        return any(now - self._alive.get(name, started) > limit for name in near)


def certainty(margin_db: float, packets: int) -> float:
    """P · N of the module's formula, 0 to 1."""
    leads = 0.5 * (1.0 + math.erf(margin_db / (FADING_DB * math.sqrt(2.0))))
    return leads * (1.0 - 0.15 / max(1, packets))


def nearness(level_dbm: float) -> float:
    """R of the module's formula where no plan tells it."""
    return min(1.0, max(0.6, 1.0 - 0.4 * (-80.0 - level_dbm) / 15.0))


def _by_gateway(packets: Iterable[tuple[datetime, str, float]], after: datetime) -> list[_Level]:
    sums: dict[str, tuple[float, int]] = {}
    for at, gateway, milliwatt in packets:
        if at > after:
            total, count = sums.get(gateway, (0.0, 0))
            sums[gateway] = (total + milliwatt, count + 1)
    return [_Level(10.0 * math.log10(total / count), count, name) for name, (total, count) in sums.items()]


def _neighbours(gateway: str, spots: Spots, near_m: float) -> list[str]:
    here = spots[gateway]
    return [
        name
        for name, spot in spots.items()
        if name != gateway
        and spot.floor_id == here.floor_id
        and math.hypot(spot.x_m - here.x_m, spot.y_m - here.y_m) <= near_m
    ]
