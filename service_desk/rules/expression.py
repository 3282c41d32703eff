"""A condition over several metrics of a device, an asset or a room.

Document: docs/rules.md, "Conditions over several metrics".
"""

from datetime import timedelta
from typing import Any

from pydantic import Field, field_validator

from collector.metrics import METRICS
from collector.points import ms_of
from collector.reading import Reading
from service_desk import words
from service_desk.delayed import Delayed, Look
from service_desk.expressions import Expression
from service_desk.ports import About, Subject
from service_desk.rule_terms import Duration, Terms

PROVEN = False


class Config(Terms):
    """What must hold, of whom, and how old a value may be."""

    when: str = Field(..., description='As in "temperature > 26 and humidity > 65"; vitals are never judged.')
    about: About = Field("room", description="All devices of a room, of an asset, or a device alone.")
    stale: Duration = Field(timedelta(minutes=30), description="An older value is unknown, and then nobody knows.")
    title: str = Field("", description='Of the alarm; "{room}: {value}", of an asset "{asset} in {room}: {value}".')

    @field_validator("when")
    @classmethod
    def _readable(cls, text: str) -> str:
        return Expression(text).text


class Several(Delayed):
    """The rule. The newest of each metric counts, whoever said it."""

    each = True

    def __init__(self, config: Config) -> None:
        self._expression = Expression(config.when)
        super().__init__(config, self._expression.metrics[0], frozenset(self._expression.metrics))
        self.config = config
        self.about: About = config.about
        self._stale = config.stale.total_seconds() * 1000

    def look(self, own: dict[str, Any], reading: Reading, subject: Subject | None) -> Look | None:  # noqa: ARG002 - the values tell
        """Unknown, old or of another kind: no verdict."""
        metric, value, now = reading.metric, reading.value, ms_of(reading.at)
        if not isinstance(value, METRICS[metric].kind) or own.get(metric, (now - 1,))[0] >= now:
            return None
        own[metric] = [now, value]
        newest = max(at for at, _ in own.values())
        fresh = {name: said for name, (at, said) in own.items() if at >= newest - self._stale}
        holds = self._expression.holds(fresh)
        told = ", ".join(self._told(name, fresh[name]) for name in self._expression.metrics if name in fresh)
        return Look(holds is True, holds is False, told, point=fresh.get(self.metric, value))

    def _told(self, metric: str, value: Any) -> str:  # noqa: ANN401 - a reading's value
        return f"{METRICS[metric].label} {words.value_words(metric, value)}"

    def template(self, subject: Subject) -> str:  # noqa: ARG002 - of what it is about
        """Of a room its number, else what it is and where."""
        if self.terms.title:
            return self.terms.title
        return "{room}: {value}" if self.about == "room" else "{asset} in {room}: {value}"

    def when(self) -> str:
        """As it was written."""
        return f"{self.config.when}, {'in one room' if self.about == 'room' else f'of one {self.about}'}"

    def usual(self) -> str:
        """Not so."""
        return f"not: {self.config.when}"


def build(config: Config) -> Several:
    """The rule of a configuration."""
    return Several(config)
