"""What a ticket sink is given when it is built: `build(config, around)` in every module of `service_desk.sinks`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from asset_registry.db import Database
from collector.clock import Clock
from service_desk.ports import IncidentNews

Freeze = Callable[[Session, Sequence[IncidentNews], datetime], dict[int, dict[str, Any]]]
"""Takes the evidence of incidents, by their ids (`service_desk.tickets.evidence.freeze_all` with its sources)."""


@dataclass(frozen=True)
class Surroundings:
    """`name` is the sink's in the settings, `url` where people find Wardkeeper's screens, "" when nobody said."""

    name: str
    database: Database
    clock: Clock
    freeze: Freeze
    site: str = ""
    url: str = ""
    zone: tzinfo = field(default=UTC)
