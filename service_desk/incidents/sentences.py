"""An incident in sentences, as every ticket system tells it."""

from collections.abc import Sequence
from datetime import datetime

from service_desk import words
from service_desk.ports import AlarmNews, IncidentNews

MOST_SENTENCES = 5
"""Of a flood nobody reads more."""


def _sentences(alarms: Sequence[AlarmNews], at: datetime, others: int) -> str:
    said = [sentence(alarm, at) for alarm in alarms[:MOST_SENTENCES]]
    more = max(others, len(alarms) - len(said))
    return " ".join([*said, f"And {more:,} more."] if more > 0 else said)


def joined(incident: IncidentNews) -> str:
    """What is new, and how many there are when that is not all."""
    fresh = incident.fresh or tuple(alarm for alarm in incident.alarms if alarm.raised == incident.at)
    text = _sentences(fresh, incident.at, 0)
    return f"{text} In all {incident.total:,} alarms." if incident.total > len(incident.alarms) else text


def opening(incident: IncidentNews) -> str:
    """What is wrong, one sentence an alarm."""
    active = [alarm for alarm in incident.alarms if alarm.active] or list(incident.alarms)
    return _sentences(active, incident.at, incident.total - len(incident.alarms) + len(active) - MOST_SENTENCES)


def sentence(alarm: AlarmNews, at: datetime) -> str:
    """One alarm: "F-07 in 4.18 is at 8.9 °C. Outside of normal (2–8 °C) for 10 min."."""
    normal = f" ({alarm.normal})" if alarm.normal else ""
    held = f" for {words.duration(at - alarm.since)}" if at > alarm.since else ""
    return f"{alarm.title}. Outside of normal{normal}{held}."


def back(incident: IncidentNews) -> str:
    """How long it lasted."""
    since = min((alarm.since for alarm in incident.alarms), default=incident.opened)
    return f"All is back to normal after {words.duration(incident.at - since)}."
