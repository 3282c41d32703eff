"""All rules over all readings: pure, so that a replay, a restart and any cut into batches give the same verdicts.

Time is what readings say: before an item is judged, every delay that ended by its `received` is.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from collector.reading import OWN_GATEWAY, Announcement, Item, Quality, Reading, Sighting
from service_desk.ports import Facts, Rule, State, Subject, Verdict

Key = tuple[int, str]
"""Rule and subject."""

OLDEST = timedelta(minutes=15)
"""A reading that came later than this after it was measured makes history, no alarm."""

_AGAIN = timedelta(minutes=1)
"""So often it is asked whether a device that talks is in the scope of a rule that awaits."""
_MET = 200_000
"""Speakers that are remembered, whether a rule awaits them or not."""
_SAID_OF_IT = frozenset(("available", "link_up"))
"""What is said of a device by others."""


class Judgement(NamedTuple):
    """One verdict of one rule about one subject; `why` says what other than a reading ended an alarm."""

    rule_id: int
    rule: Rule
    subject: Subject
    verdict: Verdict
    why: str = ""


class Judge:
    """Remembers a state per rule and subject; `changed` are those that differ from what was loaded."""

    def __init__(
        self,
        rules: Mapping[int, Rule],
        subject_of: Callable[[str, datetime], Subject],
        states: Mapping[Key, State] | None = None,
        oldest: timedelta = OLDEST,
        missed: timedelta = timedelta(0),
        heard: Mapping[str, datetime] | None = None,
    ) -> None:
        """`heard` is who spoke when; None after a restart, before which nobody listened for `missed`."""
        self.rules = rules
        self.states: dict[Key, State] = dict(states or {})
        self.changed: set[Key] = set()
        self._subject_of = subject_of
        self._oldest = oldest
        self._by_metric: dict[str, list[tuple[int, Rule]]] = {}
        for rule_id, rule in rules.items():
            for metric in rule.hears:
                self._by_metric.setdefault(metric, []).append((rule_id, rule))
        self._awaiting = [(rule_id, rule) for rule_id, rule in rules.items() if rule.awaits]
        self.heard: dict[str, datetime] = dict(heard or {})
        self._met: dict[str, datetime] = {}
        self._silent: set[Key] = set()
        self._delays: list[tuple[datetime, Key]] = []
        for key in self.states:
            self._take_up(key, missed if heard is None else None)

    @property
    def due(self) -> datetime | None:
        """When the first delay ends, at the earliest."""
        return self._delays[0][0] if self._delays else None

    def concerned(self, items: Iterable[Item]) -> bool:
        """Whether any of the items could change anything. What could not is to be `overheard`."""
        metrics, due = self._by_metric, self.due
        return any(
            (type(item) is Reading and item.metric in metrics)
            or (due is not None and item.received >= due)
            or (self._awaiting and self._awaited(item))
            for item in items
        )

    def overhear(self, items: Iterable[Item]) -> None:
        """Remember who spoke."""
        if self._awaiting:
            for item in items:
                for speaker in _speakers(item):
                    self.heard[speaker] = item.received

    def hear(self, items: Iterable[Item]) -> Iterator[Judgement]:
        """Judge what was heard, in that order."""
        metrics = self._by_metric
        for item in items:
            if self._delays and item.received > self._delays[0][0]:
                yield from self.wait(item.received - timedelta.resolution)
            if self._awaiting:
                yield from self._hear_of(item)
            if type(item) is Reading and item.metric in metrics and self._judgeable(item):
                subject = self._subject_of(item.device, item.at)
                for rule_id, rule in metrics[item.metric]:
                    if judgement := self._ask(rule_id, rule, subject, item, item.at):
                        yield judgement

    def wait(self, until: datetime) -> Iterator[Judgement]:
        """Judge that time has passed and nothing else was heard."""
        while self._delays and self._delays[0][0] <= until:
            due, key = heapq.heappop(self._delays)
            state, rule = self.states.get(key), self.rules[key[0]]
            if state is None or rule.due(state) != due:
                continue
            if judgement := self._ask(key[0], rule, self._subject_of(key[1], due), None, due):
                yield judgement

    def _judgeable(self, reading: Reading) -> bool:
        """Only news: not what is bad, nor state that a broker kept, nor what comes late.

        A doubtful time is no reason to be silent: a fridge whose clock is fast is judged like any other.
        """
        late = reading.received - reading.at > self._oldest
        return not (reading.retained or late or reading.quality is Quality.BAD)

    def _awaited(self, item: Item) -> bool:
        return any(self._unmet(one, item.received) or self._silent_of(one) for one in _speakers(item))

    def _unmet(self, speaker: str, now: datetime) -> bool:
        return not timedelta(0) <= now - self._met.get(speaker, datetime.min.replace(tzinfo=now.tzinfo)) < _AGAIN

    def _silent_of(self, speaker: str) -> list[tuple[int, Rule]]:
        if not self._silent:
            return []
        return [(rule_id, rule) for rule_id, rule in self._awaiting if (rule_id, speaker) in self._silent]

    def _hear_of(self, item: Item) -> Iterator[Judgement]:
        """Somebody spoke: rules that await are asked of those they have not met, and of those that were silent."""
        now = item.received
        for speaker in _speakers(item):
            self.heard[speaker] = now
            asked = self._silent_of(speaker)
            if self._unmet(speaker, now):
                set_back = self._met.get(speaker, now) > now
                self._met[speaker] = now
                asked = [
                    (rule_id, rule)
                    for rule_id, rule in self._awaiting
                    if set_back or (rule_id, speaker) not in self.states or (rule_id, speaker) in self._silent
                ]
                if len(self._met) > _MET:
                    self._forget()
            if asked:
                subject = self._subject_of(speaker, now)
                for rule_id, rule in asked:
                    if judgement := self._ask(rule_id, rule, subject, None, now):
                        yield judgement

    def _forget(self) -> None:
        """Phones change their address all day: of those that no rule awaits nothing is kept."""
        awaited = {key[1] for key in self.states if self.rules[key[0]].awaits}
        self._met.clear()
        self.heard = {speaker: at for speaker, at in self.heard.items() if speaker in awaited}

    def _ask(self, rule_id: int, rule: Rule, about: Subject, reading: Reading | None, at: datetime) -> Judgement | None:
        subject = about if rule.about == "device" else self._whole(rule, about, at)
        if subject is None:
            return None
        heard = self.heard.get(subject.device) if rule.awaits else None
        key, facts = (rule_id, subject.device), Facts(reading, subject, heard)
        before = self.states.get(key)
        if not rule.concerns(subject):
            gone = before is not None and rule.judge(before, facts, at)[0] is not before
            return self._let_go(key, rule, subject, facts, at) if gone else None
        after, verdict = rule.judge(before, facts, at)
        if after is before or not after:
            return None
        self.states[key] = after
        self.changed.add(key)
        self._watch(key, rule, after)
        return Judgement(rule_id, rule, subject, verdict) if verdict is not None else None

    def _whole(self, rule: Rule, subject: Subject, at: datetime) -> Subject | None:
        """The asset or the room that the rule is about; None when nobody knows it."""
        kind, number = ("asset", subject.asset_id) if rule.about == "asset" else ("place", subject.place_id)
        if number is None:
            return None
        name = f"{kind}:{number}"
        return subject if subject.device == name else self._subject_of(name, at)

    def _let_go(self, key: Key, rule: Rule, subject: Subject, facts: Facts, at: datetime) -> Judgement | None:
        """The subject went out of the rule's scope: what the rule held against it ends."""
        state = self.states.pop(key)
        self.changed.add(key)
        self._silent.discard(key)
        if not rule.active(state):
            return None
        value = facts.reading.value if facts.reading else ""
        return Judgement(key[0], rule, subject, Verdict(False, at, at, value), "out of the rule's scope")

    def _take_up(self, key: Key, missed: timedelta | None) -> None:
        """Go on with what was remembered. `missed`: silence before the restart, and in that time, is nobody's."""
        state, rule = self.states[key], self.rules.get(key[0])
        if rule is None:
            return
        if missed is not None and (excused := rule.excused(state, missed)) is not state:
            self.states[key] = state = excused
            self.changed.add(key)
        self._watch(key, rule, state)

    def _watch(self, key: Key, rule: Rule, state: State) -> None:
        """When it is due, and whether it is silent."""
        if (due := rule.due(state)) is not None:
            heapq.heappush(self._delays, (due, key))
        if rule.awaits:
            (self._silent.add if rule.active(state) else self._silent.discard)(key)


def _speakers(item: Item) -> tuple[str, ...]:
    """Who has spoken: a device for itself, and the gateway that heard it."""
    if type(item) is Sighting:
        return (item.tag, item.gateway)
    if type(item) is Announcement:
        return (item.device,)
    device, gateway = item.device, item.gateway  # type: ignore[union-attr] # a Reading
    if gateway == OWN_GATEWAY or item.retained or item.metric in _SAID_OF_IT:  # type: ignore[union-attr] # a Reading
        return ()
    return (device, gateway) if gateway else (device,)
