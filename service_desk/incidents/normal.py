"""Whether what has cleared stays normal. Silence is not normal."""

from datetime import datetime, timedelta
from typing import Protocol

from collector.metrics import METRICS
from collector.pace import patience
from collector.reading import OWN_GATEWAY, Reading
from service_desk.alarms.model import Alarm

_OWN = ("link:", "channel:", "sink:", "place:", "asset:")
"""Of these Wardkeeper itself says how they are."""
_HOLDS = ("alert",)
"""Other monitoring says once that it is over."""


class Hears(Protocol):
    """What was heard last (`collector.latest.Latest`)."""

    def get(self, device: str, metric: str) -> Reading | None:
        """The newest reading of one metric."""

    def seen(self, device: str) -> datetime | None:
        """When the device last spoke itself."""

    def carried(self, gateway: str) -> datetime | None:
        """When the gateway last heard anything."""

    def interval(self, device: str) -> timedelta | None:
        """How often it talks; None while that is not known."""


class Normal:
    """Whether what has cleared was heard to stay so."""

    def __init__(self, hears: Hears) -> None:
        self._hears = hears

    def since(self, alarm: Alarm, until: datetime, now: datetime) -> bool:
        """Whether it was normal up to `until`.

        A number must have been heard since then. What is said only when it changes holds until its device is silent;
        a gateway speaks with what it hears.
        """
        newest = self._hears.get(alarm.subject, alarm.metric)
        if newest is not None and newest.at >= until:
            return _within(newest.value, alarm)
        if alarm.metric in _HOLDS or ":" not in alarm.subject or alarm.subject.startswith(_OWN):
            return True
        known = METRICS.get(alarm.metric)
        if known is not None and known.kind is float:
            return False
        if newest is not None and newest.gateway == OWN_GATEWAY:
            return True
        spoke = (self._hears.seen(alarm.subject), self._hears.carried(alarm.subject))
        seen, every = max((one for one in spoke if one), default=None), self._hears.interval(alarm.subject)
        if seen is None:
            return False
        return seen >= until or (every is not None and now - seen <= patience(every))


def _within(value: object, alarm: Alarm) -> bool:
    """Whether a number is between the alarm's limits; it may be out again and not yet for long enough."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (alarm.low is None or value >= alarm.low) and (alarm.high is None or value <= alarm.high)


class Believing:
    """What has cleared is believed to stay so."""

    def since(self, alarm: Alarm, until: datetime, now: datetime) -> bool:  # noqa: ARG002 - as `Normal`
        """It was."""
        return True
