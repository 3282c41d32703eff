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
    ) -> None:
        """`missed` is how long nobody has listened before: silence in that time is nobody's."""
        self.rules = rules
        self.states: dict[Key, State] = dict(states or {})
        self.changed: set[Key] = set()
        self._subject_of = subject_of
        self._oldest = oldest
        self._by_metric: dict[str, list[tuple[int, Rule]]] = {}
        for rule_id, rule in rules.items():
            for metric in rule.hears:
                self._by_metric.setdefault(metric, []).append((rule_id, rule))
        self._awaiting = [(rule_id, rule) for rule_id, rule in rules.items() if rule.awaits is not None]
        self._heard: dict[str, datetime] = {}
        self._met: dict[str, datetime] = {}
        self._silent: set[Key] = set()
        self._delays: list[tuple[datetime, Key]] = []
        for key, state in self.states.items():
            self._watch(key, state)
            self._remember(key, state, missed)

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
                if speaker := _speaker(item):
                    self._heard[speaker] = item.received

    def hear(self, items: Iterable[Item]) -> Iterator[Judgement]:
        """Judge what was heard, in that order."""
        metrics = self._by_metric
        for item in items:
            if self._delays and item.received > self._delays[0][0]:
                yield from self.wait(item.received - timedelta.resolution)
            if self._awaiting:
                yield from self._hear_of(item)
            if type(item) is Reading and item.metric in metrics and self._judgeable(item):
                for rule_id, rule in metrics[item.metric]:
                    yield from self._ask(rule_id, rule, item.device, item, item.at)

    def wait(self, until: datetime) -> Iterator[Judgement]:
        """Judge that time has passed and nothing else was heard."""
        while self._delays and self._delays[0][0] <= until:
            due, key = heapq.heappop(self._delays)
            state, rule = self.states.get(key), self.rules[key[0]]
            if state is not None and rule.due(state) == due:
                yield from self._ask(key[0], rule, key[1], None, due)

    def _judgeable(self, reading: Reading) -> bool:
        """Only news: not what is bad, nor state that a broker kept, nor what comes late.

        A doubtful time is no reason to be silent: a fridge whose clock is fast is judged like any other.
        """
        late = reading.received - reading.at > self._oldest
        return not (reading.retained or late or reading.quality is Quality.BAD)

    def _awaited(self, item: Item) -> bool:
        speaker = _speaker(item)
        return bool(speaker) and (self._unmet(speaker, item.received) or bool(self._silent_of(speaker)))

    def _unmet(self, speaker: str, now: datetime) -> bool:
        return not timedelta(0) <= now - self._met.get(speaker, datetime.min.replace(tzinfo=now.tzinfo)) < _AGAIN

    def _silent_of(self, speaker: str) -> list[tuple[int, Rule]]:
        if not self._silent:
            return []
        return [(rule_id, rule) for rule_id, rule in self._awaiting if (rule_id, speaker) in self._silent]

    def _hear_of(self, item: Item) -> Iterator[Judgement]:
        """Somebody spoke: rules that await are asked of those they have not met, and of those that were silent."""
        speaker = _speaker(item)
        if not speaker:
            return
        self._heard[speaker] = item.received
        asked = self._silent_of(speaker)
        if self._unmet(speaker, item.received):
            self._met[speaker] = item.received
            asked = self._awaiting
        for rule_id, rule in asked:
            if (rule_id, speaker) not in self.states or (rule_id, speaker) in self._silent:
                yield from self._ask(rule_id, rule, speaker, None, item.received)

    def _ask(self, rule_id: int, rule: Rule, device: str, reading: Reading | None, at: datetime) -> Iterator[Judgement]:
        subject = self._whole(rule, self._subject_of(device, at), at)
        if subject is None:
            return
        heard = self._heard.get(device) if rule.awaits is not None else None
        key, facts = (rule_id, subject.device), Facts(reading, subject, heard)
        before = self.states.get(key)
        if not rule.concerns(subject):
            if before is not None and rule.judge(before, facts, at)[0] is not before:
                yield from self._let_go(key, rule, subject, facts, at)
            return
        after, verdict = rule.judge(before, facts, at)
        if after is before or not after:
            return
        self.states[key] = after
        self.changed.add(key)
        self._watch(key, after)
        self._remember(key, after)
        if verdict is not None:
            yield Judgement(rule_id, rule, subject, verdict)

    def _whole(self, rule: Rule, subject: Subject, at: datetime) -> Subject | None:
        """The asset or the room that the rule is about; None when nobody knows it."""
        if rule.about == "device":
            return subject
        kind, number = ("asset", subject.asset_id) if rule.about == "asset" else ("place", subject.place_id)
        if number is None:
            return None
        name = f"{kind}:{number}"
        return subject if subject.device == name else self._subject_of(name, at)

    def _let_go(self, key: Key, rule: Rule, subject: Subject, facts: Facts, at: datetime) -> Iterator[Judgement]:
        """The subject went out of the rule's scope: what the rule held against it ends."""
        state = self.states.pop(key)
        self.changed.add(key)
        self._silent.discard(key)
        if rule.active(state):
            value = facts.reading.value if facts.reading else ""
            yield Judgement(key[0], rule, subject, Verdict(False, at, at, value), "out of the rule's scope")

    def _watch(self, key: Key, state: State) -> None:
        due = rule.due(state) if (rule := self.rules.get(key[0])) else None
        if due is not None:
            heapq.heappush(self._delays, (due, key))

    def _remember(self, key: Key, state: State, missed: timedelta | None = None) -> None:
        """Who is silent; and, from what was remembered before a restart, the latest that somebody can have spoken."""
        rule = self.rules.get(key[0])
        if rule is None or rule.awaits is None:
            return
        (self._silent.add if rule.active(state) else self._silent.discard)(key)
        heard = rule.heard(state)
        if missed is not None and heard is not None and not rule.active(state):
            latest = heard + rule.awaits + missed
            self._heard[key[1]] = max(latest, self._heard.get(key[1], latest))


def _speaker(item: Item) -> str:
    """Who has spoken for itself; "" when nobody has."""
    if type(item) is Sighting:
        return item.tag
    if type(item) is Announcement:
        return item.device
    own = type(item) is Reading and (item.gateway == OWN_GATEWAY or item.metric in _SAID_OF_IT or item.retained)
    return "" if own else item.device  # type: ignore[union-attr] # a Reading
