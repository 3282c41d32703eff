"""How a house keeps its incidents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from service_desk.incidents.causes import Causes, Unaware
from service_desk.incidents.normal import Believing, Normal
from service_desk.reserved import Reserved


@dataclass(frozen=True)
class Custom:
    """How a house keeps its incidents: closed after `keep` in which all stayed normal, reopened when back in `reopen`.

    `reserved` never closes by itself. `keep_by`: by priority instead. Within `window` before or after its cause an
    alarm counts as its consequence.
    """

    keep: timedelta = timedelta(minutes=5)
    reopen: timedelta = timedelta(minutes=30)
    sinks: tuple[str, ...] = ("desk",)
    reserved: Reserved = field(default_factory=Reserved)
    keep_by: Mapping[str, timedelta] = field(default_factory=dict)
    window: timedelta = timedelta(minutes=15)
    causes: Causes | Unaware = field(default_factory=Unaware)
    normal: Normal | Believing = field(default_factory=Believing)
