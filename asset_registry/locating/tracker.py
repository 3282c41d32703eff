"""From sightings to rooms: memory, map and decision of many tags at once.

A move detector (all gateways together, each capped, against what is usual for the tag), or the tag's own motion
counter, opens the decision: then another room is believed soon. While a tag dwells, it must lead for minutes. When a
gateway dies, the tags that it heard keep their rooms for a minute.
"""

from dataclasses import dataclass

import msgspec
import numpy as np

from asset_registry.locating.arrays import NOWHERE, Bools, Floats, Indices, milliwatts
from asset_registry.locating.drift import TAKEN_OFF_EVERY_S, Offsets
from asset_registry.locating.health import Health
from asset_registry.locating.layout import Floor, Plan, rooms_at
from asset_registry.locating.memory import Memory, Pace
from asset_registry.locating.radiomap import RadioMap

_MOST = 9.0
WEAKEST, STRONGEST = -110.0, -20.0


class Belief(msgspec.Struct, frozen=True):
    """When a change is believed. Times in seconds, ratios are odds against the present room."""

    settle_s: float = 5.0
    longest_settle_s: float = 12.0
    clear: float = 0.8
    clear_after: float = 0.4
    still_db: float = 0.7
    most_db: float = 4.0
    adapt_s: float = 60.0
    soft: float = 1.0
    soft_to: float = 2.0
    moved: float = 3.0
    moved_steps: int = 3
    open_s: float = 60.0
    open_odds: float = 1.5
    open_hold_s: float = 12.0
    moving_s: float = 12.0
    moving_hold_s: float = 2.0
    dwell_odds: float = 2.0
    dwell_hold_s: float = 120.0
    haste_odds: float = 20.0
    freeze_s: float = 60.0
    floor_db: float = 3.0
    audible_dbm: float = -85.0
    gone_s: float = 3.0
    matters_db: float = 30.0
    young_s: float = 20.0
    learn_s: float = 10.0


@dataclass(frozen=True)
class Estimate:
    """Of the tags `rows`: the room each is in (index in the plan, NOWHERE: not settled) and what speaks for it."""

    rows: Indices
    room: Indices
    belief: Floats
    """Probability of the room, as the map has it: not calibrated."""
    at: Floats
    """(tags, 2): the mean of where it may be, on its floor."""
    spread: Floats
    """(tags): how far from there it may be, the root of the mean square, in metres."""
    floor: Indices
    moving: Bools
    bereft: Bools
    """Whether gateways hang in the room and all of them are dead."""


class Tracker:
    """The tags of one site. `put` sightings, then `step` at a moment; times in seconds, any origin."""

    def __init__(self, plan: Plan, floors: list[Floor], maps: list[RadioMap], belief: Belief, pace: Pace) -> None:
        self._plan, self.floors, self.maps, self._belief = plan, floors, maps, belief
        self.memory, self.health = Memory(len(plan.gateways), pace), Health(len(plan.gateways))
        self.offsets, self._take_off_at = Offsets(len(plan.gateways)), -np.inf
        self._floor_of: Indices = np.full(len(plan.gateways) + 1, NOWHERE)
        self._column: Indices = np.zeros(len(plan.gateways) + 1, dtype=np.int64)
        for n, floor in enumerate(floors):
            self._floor_of[floor.gateways] = n
            self._column[floor.gateways] = np.arange(len(floor.gateways))
        self._hangs_in: Indices = np.full(len(plan.gateways), NOWHERE)
        for floor in floors:
            rooms = [(n, room) for n, room in enumerate(plan.rooms) if room.floor == floor.name]
            self._hangs_in[floor.gateways] = rooms_at(rooms, floor.at)
        self._floor_of_room: Indices = np.array([plan.floors.index(room.floor) for room in plan.rooms])
        self._usual: Floats = np.zeros((0, self.memory.slots))
        self._now: float | None = None
        self.room: Indices = np.zeros(0, dtype=np.int64)
        self._rival: Indices = np.zeros(0, dtype=np.int64)
        for name in ("_steps", "_since", "_held", "_age"):
            setattr(self, name, np.zeros(0))
        self._frozen: Floats = np.zeros(0)
        self._counter: Indices = np.zeros(0, dtype=np.int64)
        self._shaken: Bools = np.zeros(0, dtype=bool)

    _steps: Floats
    _since: Floats
    _held: Floats
    _age: Floats

    def grow(self, tags: int) -> None:
        """Have room for so many tags."""
        more = tags - len(self.room)
        if more <= 0:
            return
        self.memory.grow(tags)
        self._usual = np.vstack([self._usual, np.full((more, self.memory.slots), self._belief.still_db**2)])
        for name, fill in (("room", NOWHERE), ("_rival", NOWHERE), ("_counter", NOWHERE)):
            setattr(self, name, np.concatenate([getattr(self, name), np.full(more, fill)]))
        for name in ("_steps", "_held", "_age"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more)]))
        self._since = np.concatenate([self._since, np.full(more, self._belief.moving_s)])
        self._frozen = np.concatenate([self._frozen, np.full(more, -np.inf)])
        self._shaken = np.concatenate([self._shaken, np.zeros(more, dtype=bool)])

    def clear(self, tags: Indices) -> None:
        """Rows that another tag may take."""
        self.memory.clear(tags)
        self.room[tags] = self._rival[tags] = self._counter[tags] = NOWHERE
        self._steps[tags] = self._held[tags] = self._age[tags] = 0.0
        self._since[tags], self._frozen[tags] = self._belief.moving_s, -np.inf
        self._usual[tags] = self._belief.still_db**2

    def put(self, tags: Indices, gateways: Indices, rssi_dbm: Floats) -> None:
        """Sightings: rows of tags, indices of gateways; impossible levels are dropped."""
        good = (rssi_dbm > WEAKEST) & (rssi_dbm < STRONGEST)
        self.memory.put(tags[good], gateways[good], milliwatts(rssi_dbm[good]))

    def count_motion(self, tag: int, counter: int) -> None:
        """The tag's own motion counter: another value than before is a movement."""
        self._shaken[tag] |= self._counter[tag] not in (NOWHERE, counter)
        self._counter[tag] = counter

    def step(self, now: float) -> Estimate:
        """Take in what was put since the last step, and decide."""
        dt = min(60.0, max(0.001, now - self._now)) if self._now is not None else 1.0
        self._now = now
        heard, packets = self.memory.step(now, dt)
        lost = self.health.step(heard, packets, now, dt)
        memory = self.memory
        rows = np.flatnonzero(now - memory.heard < 60.0)
        self._freeze(lost, now)
        level, use, quick = self._levels(rows, now, dt)
        estimate = self._decide(rows, level, use, quick, now, dt)
        self._take_off(lost, now)
        return estimate

    def _take_off(self, lost: Bools, now: float) -> None:
        """Learn what drifted since the survey; not while the loss of a gateway shows in what the others seem to say."""
        if lost.any():
            self._take_off_at = now + self._belief.freeze_s
        surveyed = np.array([radio_map.surveyed for radio_map in self.maps])
        if now >= self._take_off_at and surveyed.any():
            self._take_off_at = now + TAKEN_OFF_EVERY_S
            gateways, tags, louder = self._louder(now, self._belief.learn_s)
            known = surveyed[self._floor_of[gateways]]
            self.offsets.take(gateways[known], self.room[tags[known]], louder[known])

    def residuals(self, now: float) -> tuple[Indices, Floats]:
        """Of tags that dwell where the map is sure: gateways, and by how many dB each hears more than expected."""
        gateways, _, louder = self._louder(now, self._belief.open_s)
        return gateways, louder

    def _louder(self, now: float, dwelt_s: float) -> tuple[Indices, Indices, Floats]:
        """Of tags that dwell: gateways that they should be audible to, tags, and the dB above what is expected."""
        memory = self.memory
        dwell = (now - memory.heard < 60.0) & (self._since > dwelt_s) & (self._age > dwelt_s)
        rows = np.flatnonzero(dwell & (self.room != NOWHERE))
        _, slow = memory.levels()
        plain = slow - self.offsets.louder[memory.gateway]
        use = (memory.slow_packets > 0.3) & memory.fresh(now) & np.append(self.health.alive, False)[memory.gateway]
        found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))]
        for n, radio_map in enumerate(self.maps):
            here = rows[self._floor_of_room[self.room[rows]] == n]
            if len(here):
                cells = self._posterior(n, radio_map, here, plain[here], use[here])
                tag, slot = np.nonzero(use[here] & (self._floor_of[memory.gateway[here]] == n))
                gateway = memory.gateway[here][tag, slot]
                expected = (cells @ radio_map.mean.T)[tag, self._column[gateway]]
                loud = expected > self._belief.audible_dbm
                found.append((gateway[loud], here[tag[loud]], (slow[here][tag, slot] - expected)[loud]))
        gateways, tags, louder = (np.concatenate(part) for part in zip(*found, strict=True))
        return gateways, tags, louder

    def _freeze(self, lost: Bools, now: float) -> None:
        if lost.any():
            hit = (np.append(lost, False)[self.memory.gateway] & (self.memory.slow_packets > 0.3)).any(1)
            self._frozen[hit] = now + self._belief.freeze_s

    def _levels(self, rows: Indices, now: float, dt: float) -> tuple[Floats, Bools, Bools]:
        """The level of each slot that decides now, whether it counts, and which tags' are quick.

        Quick is the fast memory, after a move; while dwelling the slow one decides.
        """
        memory, belief = self.memory, self._belief
        fast, slow = memory.levels()
        living = np.append(self.health.alive, False)[memory.gateway]
        with_fast, with_slow = memory.fast_packets > 0.3, (memory.slow_packets > 0.3) & memory.fresh(now)
        slower = memory.fast_s / 2.0
        change = self._change(fast, slow, with_fast & living, with_slow & living, now, dt)
        moved = self._moved(change, slower, now, dt)
        memory.forget_place(moved)
        sure = (self._since < 6 * slower) | (self._age < 6 * slower)
        share = np.where(sure, 1.0, np.clip((change - belief.soft) / (belief.soft_to - belief.soft), 0.0, 1.0))
        quick = share > 0.5
        share = np.where(with_fast & with_slow, share[:, None], quick[:, None])
        level = slow + share * (fast - slow) - self.offsets.louder[memory.gateway]
        use = np.where(quick[:, None], with_fast, with_slow) & living
        return level[rows], use[rows], quick[rows]

    def _change(self, fast: Floats, slow: Floats, new: Bools, old: Bools, now: float, dt: float) -> Floats:
        """(tags): how unlike its dwelling a tag sounds, the mean of squares over gateways, each at most `_MOST`.

        A loud gateway that hears the tag no more, though it hears others, and one that begins to, are as unlike as can
        be; faint ones come and go.
        """
        memory, belief = self.memory, self._belief
        square = (fast - slow) ** 2
        heard_others = np.append(self.health.heard, -np.inf)[memory.gateway] > memory.last + belief.gone_s
        gone = old & ~new & heard_others & (slow > belief.audible_dbm)
        settled = (self._since > belief.young_s) & (self._age > belief.young_s)
        young = new & (memory.slow_packets < 2 * memory.fast_packets) & settled[:, None]
        back = now - np.append(self.health.back, -np.inf)[memory.gateway] < belief.open_s
        came = young & (fast > belief.audible_dbm) & ~back
        both = new & old & ~young
        unlike = np.where(gone | came, _MOST, np.minimum(square / self._usual, _MOST) * both)
        keep = (1 - np.exp(-dt / (belief.adapt_s * memory.fast_s / 2.0)))[:, None]
        self._usual += keep * np.where(both, np.minimum(square, _MOST * self._usual) - self._usual, 0.0)
        np.clip(self._usual, belief.still_db**2, belief.most_db**2, out=self._usual)
        loud = np.maximum(np.where(new, fast, -120.0), np.where(old, slow, -120.0))
        weight = np.clip(1.0 + (loud - loud.max(1, keepdims=True)) / belief.matters_db, 0.1, 1.0)
        weight *= both | gone | came
        return np.asarray((unlike * weight).sum(1) / np.maximum(weight.sum(1), 0.1))

    def _moved(self, change: Floats, slower: Floats, now: float, dt: float) -> Bools:
        """(tags): whether each has just moved, by its own counter or else by how it sounds."""
        belief = self._belief
        self._steps = np.where(change > belief.moved, self._steps + dt, 0.0)
        steps = belief.moved_steps * np.where(self._frozen > now, 2, 1)
        moved = self._steps >= steps * np.maximum(1.0, slower / 2)
        moved = np.where(self._counter != NOWHERE, self._shaken, moved)
        self._shaken[:] = False
        self._steps[moved] = 0.0
        self._since = np.where(moved, 0.0, self._since + dt)
        self._frozen[moved] = -np.inf
        return np.asarray(moved)

    def _decide(self, rows: Indices, level: Floats, use: Bools, quick: Bools, now: float, dt: float) -> Estimate:
        floor, floor_chance = self._choose_floor(rows, level, use)
        chance = np.zeros((len(rows), len(self._plan.rooms)), np.float32)
        at, spread = np.full((len(rows), 2), np.nan), np.full(len(rows), np.nan)
        for n, radio_map in enumerate(self.maps):
            here = np.flatnonzero(floor == n)
            if len(here):
                cells = self._posterior(n, radio_map, rows[here], level[here], use[here], quick[here])
                points = radio_map.floor.cells
                at[here] = cells @ points
                spread[here] = np.sqrt(np.maximum(cells @ (points**2).sum(1) - (at[here] ** 2).sum(1), 0.0))
                chance[here] = (cells @ radio_map.floor.share) * floor_chance[here, None]
        self._commit(rows, chance, np.asarray(use.any(1)), now, dt)
        room = self.room[rows]
        belief = np.where(room == NOWHERE, 0.0, chance[np.arange(len(rows)), room])
        moving = self._since[rows] < self._belief.moving_s
        return Estimate(rows, room.copy(), belief, at, spread, floor, moving, self._bereft()[room])

    def _bereft(self) -> Bools:
        """(rooms, and one for none): whether each has lost all gateways that hang in it."""
        hung, living = np.zeros(len(self._plan.rooms) + 1), np.zeros(len(self._plan.rooms) + 1)
        np.add.at(hung, self._hangs_in, 1)
        np.add.at(living, self._hangs_in[self.health.alive], 1)
        found = (hung > 0) & (living == 0)
        found[NOWHERE] = False
        return np.asarray(found)

    def _posterior(
        self, n: int, radio_map: RadioMap, rows: Indices, level: Floats, use: Bools, quick: Bools | None = None
    ) -> Floats:
        """The cells of floor `n`, from the floor's own gateways."""
        own = self.floors[n].gateways
        gateway = self.memory.gateway[rows]
        use = use & (self._floor_of[gateway] == n)
        tag, slot = np.nonzero(use)
        column = self._column[gateway[tag, slot]]
        wide, heard = np.zeros((len(rows), len(own)), np.float32), np.zeros((len(rows), len(own)), dtype=bool)
        wide[tag, column], heard[tag, column] = level[tag, slot], True
        known = np.zeros_like(heard)
        tag, slot = np.nonzero((gateway != NOWHERE) & (self._floor_of[gateway] == n))
        known[tag, self._column[gateway[tag, slot]]] = True
        few = (heard.sum(1, keepdims=True) < 3) & (self._since[rows] > 10.0)[:, None]
        silent = few & ~known & self.health.alive[own]
        return radio_map.posterior(wide, heard, silent, quick)

    def _choose_floor(self, rows: Indices, level: Floats, use: Bools) -> tuple[Indices, Floats]:
        """(tags) twice: the floor whose three loudest gateways are the loudest, and how likely it is."""
        if len(self.floors) == 1:
            return np.where(use.any(1), 0, NOWHERE), np.ones(len(rows))
        gateway = self.memory.gateway[rows]
        loud = np.empty((len(rows), len(self.floors)))
        for n in range(len(self.floors)):
            own = np.where(use & (self._floor_of[gateway] == n), level, -100.0)
            loud[:, n] = np.partition(own, max(0, own.shape[1] - 3), axis=1)[:, -3:].mean(1)
        share = np.exp((loud - loud.max(1, keepdims=True)) / self._belief.floor_db)
        share /= share.sum(1, keepdims=True)
        best = share.argmax(1)
        return np.where(use.any(1), best, NOWHERE), share[np.arange(len(rows)), best]

    def _commit(self, rows: Indices, chance: Floats, heard: Bools, now: float, dt: float) -> None:
        """Another room is believed when it led by enough for long enough; faster the clearer it leads."""
        belief, here = self._belief, np.arange(len(rows))
        self._age[rows] += dt
        best, room = chance.argmax(1), self.room[rows]
        odds = chance[here, best] / np.maximum(np.where(room == NOWHERE, 0.0, chance[here, room]), 1e-6)
        opened = self._since[rows] < belief.open_s
        least = np.where(opened, belief.open_odds, belief.dwell_odds)
        hold = np.where(opened, belief.open_hold_s, belief.dwell_hold_s)
        hold = np.where(self._since[rows] < belief.moving_s, belief.moving_hold_s, hold)
        want = heard & (room != NOWHERE) & (best != room) & (odds > least)
        gain = dt * np.clip(np.log(np.maximum(odds, 1.0)) / np.log(belief.haste_odds), 1.0, 2.0)
        held = np.where(want, np.where(best == self._rival[rows], self._held[rows], 0.0) + gain, 0.0)
        frozen = self._frozen[rows] > now
        settle = np.clip(0.4 * self.memory.fast_s[rows], belief.settle_s, belief.longest_settle_s)
        clear = (self._age[rows] >= belief.clear_after * settle) & (chance[here, best] > belief.clear)
        first = heard & (room == NOWHERE) & (clear | (self._age[rows] >= settle))
        go = first | (want & (held >= hold) & ~frozen)
        self.room[rows] = np.where(go, best, room)
        self._rival[rows], self._held[rows] = np.where(want & ~go, best, NOWHERE), np.where(go, 0.0, held)
