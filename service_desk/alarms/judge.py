"""All rules over all readings: pure, so that a replay, a restart and any cut into batches give the same verdicts.

Time is what readings say: before an item is judged, every delay that ended by its `received` is.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from collector.reading import Item, Quality, Reading
from service_desk.ports import Facts, Rule, State, Subject, Verdict

Key = tuple[int, str]
"""Rule and subject."""

OLDEST = timedelta(minutes=15)
"""A reading that came later than this after it was measured makes history, no alarm."""


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
    ) -> None:
        self.rules = rules
        self.states: dict[Key, State] = dict(states or {})
        self.changed: set[Key] = set()
        self._subject_of = subject_of
        self._oldest = oldest
        self._by_metric: dict[str, list[tuple[int, Rule]]] = {}
        for rule_id, rule in rules.items():
            self._by_metric.setdefault(rule.metric, []).append((rule_id, rule))
        self._delays: list[tuple[datetime, Key]] = []
        for key, state in self.states.items():
            self._watch(key, state)

    @property
    def due(self) -> datetime | None:
        """When the first delay ends, at the earliest."""
        return self._delays[0][0] if self._delays else None

    def concerned(self, items: Iterable[Item]) -> bool:
        """Whether any of the items could change anything."""
        metrics, due = self._by_metric, self.due
        return any(
            (type(item) is Reading and item.metric in metrics) or (due is not None and item.received >= due)
            for item in items
        )

    def hear(self, items: Iterable[Item]) -> Iterator[Judgement]:
        """Judge what was heard, in that order."""
        metrics = self._by_metric
        for item in items:
            if self._delays and item.received >= self._delays[0][0]:
                yield from self.wait(item.received)
            if type(item) is Reading and item.metric in metrics and self._judgeable(item):
                for rule_id, rule in metrics[item.metric]:
                    yield from self._ask(rule_id, rule, item.device, Facts(item), item.at)

    def wait(self, until: datetime) -> Iterator[Judgement]:
        """Judge that time has passed and nothing else was heard."""
        while self._delays and self._delays[0][0] <= until:
            due, key = heapq.heappop(self._delays)
            state, rule = self.states.get(key), self.rules[key[0]]
            if state is not None and rule.due(state) == due:
                yield from self._ask(key[0], rule, key[1], Facts(), due)

    def _judgeable(self, reading: Reading) -> bool:
        """Only news: not what is bad, nor state that a broker kept, nor what comes late.

        A doubtful time is no reason to be silent: a fridge whose clock is fast is judged like any other.
        """
        late = reading.received - reading.at > self._oldest
        return not (reading.retained or late or reading.quality is Quality.BAD)

    def _ask(self, rule_id: int, rule: Rule, device: str, facts: Facts, at: datetime) -> Iterator[Judgement]:
        key, subject = (rule_id, device), self._subject_of(device, at)
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
        if verdict is not None:
            yield Judgement(rule_id, rule, subject, verdict)

    def _let_go(self, key: Key, rule: Rule, subject: Subject, facts: Facts, at: datetime) -> Iterator[Judgement]:
        """The subject went out of the rule's scope: what the rule held against it ends."""
        state = self.states.pop(key)
        self.changed.add(key)
        if rule.active(state):
            value = facts.reading.value if facts.reading else ""
            yield Judgement(key[0], rule, subject, Verdict(False, at, at, value), "out of the rule's scope")

    def _watch(self, key: Key, state: State) -> None:
        due = rule.due(state) if (rule := self.rules.get(key[0])) else None
        if due is not None:
            heapq.heappush(self._delays, (due, key))
