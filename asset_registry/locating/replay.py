"""A recording as a live stream, second by second: what would have been said, beside what was true."""

from dataclasses import dataclass, fields

import numpy as np

from asset_registry.locating.arrays import NOWHERE, Bools, Floats, Indices
from asset_registry.locating.calibration import Calibration
from asset_registry.locating.layout import Plan, Room, rooms_at
from asset_registry.locating.recording import Recording
from asset_registry.locating.tracker import Tracker
from collector.errors import ConfigError

BESIDE_M = 0.5
"""A position closer than this to another room lies on a border."""


@dataclass(frozen=True)
class Fixes:
    """One a second and tag, from a tag's first packet to its last. Rooms are indices of the plan."""

    t: Floats
    tag: Indices
    room: Indices
    """NOWHERE: unknown."""
    committed: Indices
    belief: Floats
    confidence: Floats
    moving: Bools
    at: Floats
    true_room: Indices
    true_at: Floats
    clear: Bools
    """No other room is within BESIDE_M."""

    def only(self, rows: Bools | Indices) -> "Fixes":
        """Some of them."""
        return Fixes(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(parts: list[Fixes]) -> Fixes:
    """All of them; tags keep their numbers."""
    return Fixes(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Fixes)))


def replay(tracker: Tracker, calibration: Calibration, plan: Plan, recording: Recording) -> Fixes:
    """Raises ConfigError when none of the plan's gateways heard anything."""
    index = {one.id: n for n, one in enumerate(plan.gateways)}
    gateway = np.array([index.get(name, NOWHERE) for name in recording.gateways], dtype=int)[recording.gateway]
    known = gateway != NOWHERE
    if not known.any():
        raise ConfigError(f"no gateway of the model was heard; it has {', '.join(list(index)[:12])}")
    tracker.grow(len(recording.tags))
    start = float(recording.t.min())
    second = np.floor(recording.t - start).astype(int)
    cuts = np.searchsorted(second, np.arange(int(second.max()) + 2))
    spans = _spans(recording, start)
    found = []
    for n in range(int(second.max()) + 1):
        rows = slice(cuts[n], cuts[n + 1])
        heard = known[rows]
        tracker.put(recording.tag[rows][heard], gateway[rows][heard], recording.rssi[rows][heard])
        estimate = tracker.step(n + 1.0)
        confidence = calibration.confidence(estimate.belief, estimate.moving, estimate.bereft)
        here = (spans[0][estimate.rows] <= n) & (n < spans[1][estimate.rows])
        shown = np.where(confidence > 0, estimate.room, NOWHERE)
        part = (estimate.rows, shown, estimate.room, estimate.belief, confidence, estimate.moving, estimate.at)
        found.append((np.full(int(here.sum()), n + 1.0), *(column[here] for column in part)))
    t, tag, room, committed, belief, confidence, moving, at = (np.concatenate(one) for one in zip(*found, strict=True))
    truth = _truth(plan, recording, t + start, tag)
    return Fixes(t, tag, room, committed, belief, confidence, moving, at, *truth)


def _spans(recording: Recording, start: float) -> tuple[Floats, Floats]:
    """(tags) twice: the second in which each is first heard, and the one after the last."""
    first, last = np.full(len(recording.tags), np.inf), np.full(len(recording.tags), -np.inf)
    np.minimum.at(first, recording.tag, np.floor(recording.t - start))
    np.maximum.at(last, recording.tag, np.floor(recording.t - start) + 1)
    return first, last


def _truth(plan: Plan, recording: Recording, t: Floats, tag: Indices) -> tuple[Indices, Floats, Bools]:
    """Room, point and clearness of each tag at the time of each fix: those of its last row before."""
    order = np.lexsort((recording.t, recording.tag))
    keys = recording.tag[order] * 1e9 + recording.t[order]
    row = order[np.clip(np.searchsorted(keys, tag * 1e9 + t, "right") - 1, 0, None)]
    at = recording.at[row]
    names = [recording.floors[n] for n in recording.floor[row]]
    room, clear = np.full(len(row), NOWHERE), np.ones(len(row), dtype=bool)
    for floor in set(names):
        here = np.flatnonzero(np.array(names) == floor)
        rooms = [(n, one) for n, one in enumerate(plan.rooms) if one.floor == floor]
        if rooms:
            room[here] = rooms_at(rooms, at[here])
            clear[here] = _clear(rooms, at[here], room[here])
    given = {name: n for n, name in enumerate(one.id for one in plan.rooms)}
    if any(name in given for name in recording.rooms):
        room = np.array([given.get(name, NOWHERE) for name in recording.rooms], dtype=int)[recording.room[row]]
    return room, at, clear


def _clear(rooms: list[tuple[int, Room]], at: Floats, room: Indices) -> Bools:
    clear = np.ones(len(at), dtype=bool)
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        beside = rooms_at(rooms, at + np.array([x, y]) * BESIDE_M)
        clear &= (beside == room) | (beside == NOWHERE)
    return clear
