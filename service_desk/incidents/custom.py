"""How a house keeps its incidents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service_desk.incidents.causes import Causes, Unaware
from service_desk.incidents.model import Incident
from service_desk.incidents.normal import Believing, Normal
from service_desk.reserved import Reserved

Notify = Callable[[Session, Incident, str, datetime, datetime], None]
"""Tells people of a transition: what it was, as of when, and now (`service_desk.notices.notifier.Notifier`)."""


def _nobody(session: Session, incident: Incident, what: str, at: datetime, now: datetime) -> None:
    """No person is told."""


@dataclass(frozen=True)
class Custom:
    """How a house keeps its incidents: closed after `keep` in which all stayed normal, reopened when back in `reopen`.

    `reserved` never closes by itself. `keep_by`: by priority instead. Within `window` before or after its cause an
    alarm counts as its consequence. `notify` is called in the transaction of the transition.
    """

    keep: timedelta = timedelta(minutes=5)
    reopen: timedelta = timedelta(minutes=30)
    sinks: tuple[str, ...] = ("desk",)
    reserved: Reserved = field(default_factory=Reserved)
    keep_by: Mapping[str, timedelta] = field(default_factory=dict)
    window: timedelta = timedelta(minutes=15)
    causes: Causes | Unaware = field(default_factory=Unaware)
    normal: Normal | Believing = field(default_factory=Believing)
    notify: Notify = _nobody
