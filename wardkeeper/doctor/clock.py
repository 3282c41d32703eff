"""Clock and time zone: alarms, silence and evidence are only as good as the time of this machine.

Linux says whether somebody keeps its clock in step (adjtimex(2)); `timedatectl` shows the same.
"""

import ctypes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collector.segment import SUFFIX
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well

UNSYNCED = Trouble(
    "clock.unsynced",
    "Nobody keeps this machine's clock in step; it drifts by seconds a day, and readings get wrong times.",
    "Start a time service: `timedatectl set-ntp true`, or chrony with the hospital's time server; then `timedatectl` "
    'says "System clock synchronized: yes". A virtual machine may take the time of its host.',
)
SET_BACK = Trouble(
    "clock.set-back",
    "The clock is behind what was already written: it was set back, or it was wrong before. What is heard meanwhile is "
    "marked UNCERTAIN.",
    "Compare `date` with a clock you trust. If it is right now, nothing is to be done: within the hour Wardkeeper "
    "goes on by itself.",
)
NO_ZONE = Trouble(
    "clock.no-zone",
    "The settings name no time zone, so the screens show UTC.",
    "Write the hospital's zone into the settings, `timezone: Europe/Berlin` for example; `timezone: UTC` if that is "
    "meant.",
)

_UNSYNC = 0x0040  # STA_UNSYNC of <sys/timex.h>
_ROUNDING = timedelta(seconds=2)


class Timex(ctypes.Structure):
    """`struct timex` of <sys/timex.h>, with room for what follows `status`."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # microseconds
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    )


def look(case: Case) -> Iterator[Finding]:
    """Kept in step, not set back, with a zone."""
    yield synced(kernel())
    yield set_back(case)
    if "timezone" in case.settings.model_fields_set:
        yield well("", f"The screens show the time of {case.settings.timezone}")
    else:
        yield NO_ZONE.at("", "No time zone is set: the screens show UTC")


def kernel() -> Timex | None:
    """What the kernel knows of its clock; nothing is changed. None where it cannot be asked."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return None
    told = Timex()
    return told if adjtimex(ctypes.byref(told)) >= 0 else None


def synced(told: Timex | None) -> Finding:
    """Whether somebody keeps the clock in step."""
    if told is None:
        return unseen("", "This system does not say whether its clock is kept in step")
    if told.status & _UNSYNC:
        return UNSYNCED.at("", "The clock is not kept in step")
    return well("", f"The clock is kept in step, at most {told.maxerror / 1000:,.0f} ms off")


def set_back(case: Case) -> Finding:
    """The clock against the newest file of the spool, which carries the time at which it was written."""
    written = [path.stat().st_mtime for path in (case.settings.data / "spool").glob(f"*{SUFFIX}")]
    if not written:
        return well("", "Nothing was written yet that the clock could be behind")
    newest = datetime.fromtimestamp(max(written), UTC)
    behind = newest - case.clock.now()
    when = f"{newest:%Y-%m-%d %H:%M:%S} UTC"
    if behind > _ROUNDING:
        return SET_BACK.at("", f"The clock is {behind.total_seconds():,.0f} s behind what was written last, at {when}")
    return well("", f"The clock goes on from what was written last, at {when}")
