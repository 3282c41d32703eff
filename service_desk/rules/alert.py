"""An alert of other monitoring, which has judged already: an alarm from when it fires until it is resolved.

States as the webhook of Prometheus's Alertmanager says them
(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
"""

from datetime import datetime

import msgspec
from pydantic import Field

from service_desk.delayed import Told
from service_desk.ports import Facts, State, Subject, Verdict
from service_desk.rule_terms import Duration, Terms

PROVEN = True


class Config(Terms):
    """Which alerts, and what becomes of one that is not said again. `priority` is where the alert says none."""

    sources: list[str] = Field([], description="Names under `alerts` in the settings; nothing: all.")
    not_repeated: Duration | None = Field(
        None, description='Ended when it was not said again for so long ("5 h"); nothing: only when it is resolved.'
    )
    title: str = Field("{device}: {value}", description="Of the alarm; {device} is its name, {value} what it says.")


class Alert(Told):
    """The rule, on the words of an alert: empty when it has ended."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, "alert")
        self._sources = config.sources
        self._again = config.not_repeated

    def concerns(self, subject: Subject) -> bool:
        """Whether the rule judges this alert at all."""
        kind, _, rest = subject.device.partition(":")
        of_it = not self._sources or rest.partition(":")[0] in self._sources
        return kind == "alert" and of_it and super().concerns(subject)

    def judge(self, state: State | None, facts: Facts, now: datetime) -> tuple[State, Verdict | None]:
        """As every rule; what fires is expected to be said again."""
        after, verdict = super().judge(state, facts, now)
        if after is state or facts.reading is None or self._again is None or after.get("phase") != "active":
            return after, verdict
        return {**after, "due": msgspec.to_builtins(facts.reading.received + self._again)}, verdict

    def usual(self) -> str:
        """Who raised it says so."""
        return "resolved where it comes from"


def build(config: Config) -> Alert:
    """The rule of a configuration."""
    return Alert(config)
