"""What rules on derived readings say."""

from datetime import UTC, datetime, timedelta

from collector.reading import OWN_GATEWAY, Reading
from service_desk.ports import Facts

START = datetime(2026, 11, 24, 6, tzinfo=UTC)


def said(rule, subject, *values):
    """One value a minute; what each became."""
    state, found = None, []
    for minute, value in enumerate(values):
        at = START + timedelta(minutes=minute)
        reading = Reading(subject.device, rule.metric, value, at, at, OWN_GATEWAY)
        state, verdict = rule.judge(state, Facts(reading, subject), at)
        found.append(verdict and (verdict.raised, rule.title(subject, verdict)))
    return found
