"""The life of an alarm: condition, acknowledgement, latch and inhibitions. Pure: no clock, no database.

The nine states and their transitions are those of ANSI/ISA-18.2-2009 (11, 12.5). What was silenced comes back as normal
or, when the condition still holds, as an unacknowledged alarm, whatever anybody had said before; a latch stays.
"""

from dataclasses import dataclass, replace
from datetime import datetime

ISA_NAMES = {
    "normal": "Normal",
    "unacknowledged": "Unacknowledged alarm",
    "acknowledged": "Acknowledged alarm",
    "returned": "Returned to normal, unacknowledged",
    "latched_unacknowledged": "Latched, unacknowledged",
    "latched_acknowledged": "Latched, acknowledged",
    "shelved": "Shelved",
    "suppressed": "Suppressed by design",
    "out_of_service": "Out of service",
}
"""The nine states of ISA-18.2, by the names used here."""


@dataclass(frozen=True)
class Life:
    """What of an alarm changes. `suppressed` is the reason, "" when it is not."""

    active: bool = False
    acknowledged: bool = True
    latched: bool = False
    shelved_until: datetime | None = None
    suppressed: str = ""
    out_of_service: bool = False


def state(life: Life, now: datetime) -> str:
    """Which of ISA_NAMES it is in."""
    if why := inhibition(life, now):
        return why
    if life.active:
        return "acknowledged" if life.acknowledged else "unacknowledged"
    if life.latched:
        return "latched_acknowledged" if life.acknowledged else "latched_unacknowledged"
    return "normal" if life.acknowledged else "returned"


def inhibition(life: Life, now: datetime) -> str:
    """Why it keeps silent: out_of_service, suppressed or shelved; "" when it does not."""
    if life.out_of_service:
        return "out_of_service"
    if life.suppressed:
        return "suppressed"
    return "shelved" if life.shelved_until is not None and life.shelved_until > now else ""


def raised(life: Life, *, latch: bool) -> Life:
    """The condition began; it waits for a person, and with `latch` for a reset too."""
    return replace(life, active=True, acknowledged=False, latched=latch)


def cleared(life: Life) -> Life:
    """The condition ended."""
    return replace(life, active=False)


def acknowledged(life: Life) -> Life:
    """A person has seen it."""
    return replace(life, acknowledged=True)


def resettable(life: Life) -> bool:
    """Whether a latch may be let go: the condition has ended, and somebody has seen that it held."""
    return not life.active and life.acknowledged


def reset(life: Life) -> Life:
    """A person lets the latch go."""
    return replace(life, latched=False)


def shelved(life: Life, until: datetime) -> Life:
    """A person silenced it for a time."""
    return replace(life, shelved_until=until)


def unshelved(life: Life, now: datetime) -> Life:
    """The shelf ran out, or a person ended it."""
    return _heard_again(replace(life, shelved_until=None), now)


def suppressed(life: Life, why: str, now: datetime) -> Life:
    """By design, for this reason; "" ends it."""
    changed = replace(life, suppressed=why)
    return changed if why else _heard_again(changed, now)


def serviced(life: Life, now: datetime, *, out: bool) -> Life:
    """Taken out of service, or put back."""
    changed = replace(life, out_of_service=out)
    return changed if out else _heard_again(changed, now)


def _heard_again(life: Life, now: datetime) -> Life:
    """What stands when the last inhibition ends: the condition, or a latch, speaks anew; else it is normal."""
    return life if inhibition(life, now) else replace(life, acknowledged=not (life.active or life.latched))
