"""The map of a site as an engine: `locating.mapped`. Many tags at once; docs/locating.md says how it decides."""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec
import numpy as np

from asset_registry.locating.arrays import NOWHERE, Bools, Floats, Indices
from asset_registry.locating.calibration import UNSURVEYED
from asset_registry.locating.drift import EVERY_S, Drift
from asset_registry.locating.model import Model
from asset_registry.locating.ports import Fix
from asset_registry.locating.tracker import Estimate
from collector.admission import STRONGEST_DBM, WEAKEST_DBM
from collector.clock import from_a_wrong_clock
from collector.reading import Sighting

_EVIDENCE = 3
"""So many gateways a fix names."""


class Ageing(msgspec.Struct, frozen=True):
    """How confidence fades when a tag is not heard. Seconds."""

    fresh_s: float = 30.0
    half_life_s: float = 300.0
    unknown_after_s: float = 900.0
    sweep_s: float = 5.0
    most_tags: int = 50_000


class MappedSite:
    """An `Engine`."""

    def __init__(self, model: Model, places: Mapping[str, int], ageing: Ageing | None = None) -> None:
        """`places`: the place's id for each room of the model; a room without one is nobody's. Raises ConfigError."""
        self._model, self._ageing = model, ageing or Ageing()
        self._gateways = {gateway.id: n for n, gateway in enumerate(model.plan.gateways)}
        self._place_of: list[int | None] = [places.get(room.id) for room in model.plan.rooms] + [None]
        self._room_of = {place: n for n, place in enumerate(self._place_of[:-1]) if place is not None}
        walked = {point.floor for point in model.points}
        self._plan_alone: Bools = np.array([bool(walked) and name not in walked for name in model.plan.floors])
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._tracker = self._model.tracker()
        self._rows: dict[str, int] = {}
        self._names: list[str | None] = []
        self._free: list[int] = []
        self._heard: list[tuple[int, int, float]] = []
        self._room: Indices = np.zeros(0, dtype=np.int64)
        self._base: Floats = np.zeros(0)
        self._at: Floats = np.zeros((0, 2))
        self._spread: Floats = np.zeros(0)
        self._last: Floats = np.zeros(0)
        self._since: dict[int, datetime] = {}
        self._latest: datetime | None = None
        self._swept = self._drift_taken = 0.0
        self._drift = Drift(len(self._gateways))

    def hear(self, sighting: Sighting) -> None:
        """Take in that a gateway heard a tag."""
        at = sighting.received
        if self._latest is not None and from_a_wrong_clock(self._latest, at):
            self._begin_anew()
        self._latest = max(self._latest or at, at)
        gateway = self._gateways.get(sighting.gateway)
        if gateway is None or not WEAKEST_DBM <= sighting.rssi_dbm <= STRONGEST_DBM:
            return
        row = self._row(sighting.tag)
        if row is None:
            return
        self._heard.append((row, gateway, sighting.rssi_dbm))
        if sighting.motion is not None:
            self._tracker.count_motion(row, sighting.motion)
        self._last[row] = max(self._last[row], at.timestamp())

    def _row(self, tag: str) -> int | None:
        """The tag's row, a new one when it has none; None when there are too many."""
        row = self._rows.get(tag)
        if row is None and len(self._rows) < self._ageing.most_tags:
            row = self._free.pop() if self._free else len(self._names)
            if row == len(self._names):
                self._names.append(None)
                self._grow(row + 1)
            self._rows[tag], self._names[row] = row, tag
        return row

    def _grow(self, rows: int) -> None:
        if rows > len(self._room):
            more = max(64, rows)
            self._tracker.grow(len(self._room) + more)
            self._room = np.concatenate([self._room, np.full(more, NOWHERE)])
            self._base = np.concatenate([self._base, np.zeros(more)])
            self._at = np.vstack([self._at, np.full((more, 2), np.nan)])
            self._spread = np.concatenate([self._spread, np.full(more, np.nan)])
            self._last = np.concatenate([self._last, np.zeros(more)])

    def alive(self, gateway: str, at: datetime) -> None:
        """Take in that a gateway spoke."""
        known = self._gateways.get(gateway)
        if known is not None:
            self._tracker.health.speak(known, at.timestamp())

    def restore(self, fixes: Iterable[Fix]) -> None:
        """Go on from what was known before a restart."""
        for fix in fixes:
            row = self._row(fix.tag)
            if row is None:
                continue
            room = self._room_of.get(fix.place_id, NOWHERE) if fix.place_id is not None else NOWHERE
            self._room[row], self._base[row], self._last[row] = room, fix.confidence, fix.at.timestamp()
            self._tracker.room[row] = room
            self._since[row] = fix.since

    def judge(self, now: datetime) -> Iterator[Fix]:
        """The fixes of the tags heard of late, and every few seconds those of all."""
        moment = now.timestamp()
        if self._heard:
            rows, gateways, dbm = zip(*self._heard, strict=True)
            self._tracker.put(np.array(rows), np.array(gateways), np.array(dbm, dtype=float))
            self._heard = []
        estimate = self._tracker.step(moment)
        self._take(estimate, now)
        touched = estimate.rows
        if abs(moment - self._swept) >= self._ageing.sweep_s:
            self._swept = moment
            touched = np.array(list(self._rows.values()), dtype=np.int64)
        if abs(moment - self._drift_taken) >= EVERY_S:
            self._drift_taken = moment
            self._drift.take(*self._tracker.residuals(moment))
        evidence = self._evidence(touched)
        for row, best in zip(touched.tolist(), evidence, strict=True):
            tag = self._names[row]
            if tag is not None:
                yield self._fix(tag, row, moment, best)
                if moment - self._last[row] > 2 * self._ageing.unknown_after_s:
                    self._forget(tag, row)

    def drift(self) -> dict[str, float]:
        """By gateway, how much louder than the map it hears, in dB."""
        names = [one.id for one in self._model.plan.gateways]
        return {names[n]: louder for n, louder in self._drift.found().items()}

    def _take(self, estimate: Estimate, now: datetime) -> None:
        told = (estimate.belief, estimate.moving, estimate.bereft)
        confidence = self._model.calibration.confidence(*told)
        if self._plan_alone.any():  # a floor without a surveyed point is as sure as a plan
            confidence = np.where(self._plan_alone[estimate.floor], UNSURVEYED.confidence(*told), confidence)
        rows = estimate.rows
        room = np.where(confidence > 0, estimate.room, NOWHERE)
        for row in rows[room != self._room[rows]].tolist():
            self._since[row] = now
        self._room[rows], self._base[rows] = room, confidence
        self._at[rows], self._spread[rows] = estimate.at, estimate.spread

    def _evidence(self, rows: Indices) -> list[tuple[tuple[str, float], ...]]:
        """Of each tag the loudest gateways, with their levels in dBm."""
        memory = self._tracker.memory
        level = np.where(memory.slow_packets[rows] > 0.3, memory.levels()[1][rows], -np.inf)
        best = np.argsort(-level, axis=1)[:, :_EVIDENCE]
        level, gateway = np.take_along_axis(level, best, 1).round(1), np.take_along_axis(memory.gateway[rows], best, 1)
        names = [one.id for one in self._model.plan.gateways]
        return [
            tuple((names[n], dbm) for n, dbm in zip(one, levels, strict=True) if n != NOWHERE and dbm > WEAKEST_DBM)
            for one, levels in zip(gateway.tolist(), level.tolist(), strict=True)
        ]

    def _fix(self, tag: str, row: int, moment: float, evidence: tuple[tuple[str, float], ...]) -> Fix:
        age = moment - float(self._last[row])
        heard = datetime.fromtimestamp(float(self._last[row]), UTC)
        place = self._place_of[int(self._room[row])]
        if place is not None and age >= self._ageing.unknown_after_s:
            self._room[row], place = NOWHERE, None
            self._tracker.room[row] = NOWHERE
            self._since[row] = datetime.fromtimestamp(moment, UTC)
        since = self._since.get(row, heard)
        if place is None:
            return Fix(tag, None, "", 0.0, heard, since, evidence=evidence)
        fresh = 0.5 ** (max(0.0, age - self._ageing.fresh_s) / self._ageing.half_life_s)
        seen = (*self._at[row].tolist(), float(self._spread[row]))
        x, y, radius = (None if math.isnan(side) else round(side, 1) for side in seen)
        known = evidence[0][0] if evidence else ""
        return Fix(tag, place, known, float(self._base[row]) * fresh, heard, since, x, y, evidence, radius)

    def _forget(self, tag: str, row: int) -> None:
        del self._rows[tag]
        self._names[row] = None
        self._since.pop(row, None)
        self._room[row], self._base[row], self._last[row] = NOWHERE, 0.0, 0.0
        self._tracker.clear(np.array([row]))
        self._free.append(row)
