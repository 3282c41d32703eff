"""Ticket systems: whether they let Wardkeeper in (docs/ticket-systems.md).

Each is asked for a ticket that nobody has; nothing is made there, and no mail and no webhook is sent.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from asset_registry.db import Database
from collector.errors import ConfigError, Refused, Unreachable
from service_desk.remote.errors import Barred
from service_desk.remote.ports import Checked
from service_desk.surroundings import Surroundings
from wardkeeper import catalog
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well
from wardkeeper.collecting import without_kind

AWAY = Trouble(
    "tickets.away",
    "A ticket system does not answer; what it is to be told waits in the outbox.",
    "Check `url` or `host`, and that this machine may go there: name resolution, firewall.",
)
BARRED = Trouble(
    "tickets.barred",
    "A ticket system does not let Wardkeeper in, or lacks what Wardkeeper needs there.",
    "Do what it says. docs/ticket-systems.md has the rights that each system's account needs.",
)


def look(case: Case) -> Iterator[Finding]:
    """Every sink of the settings but the built-in desk."""
    database = Database(case.settings.database_url)
    for name, given in case.settings.sinks.items():
        if given["kind"] != "sink.desk":
            yield _asked(case, database, name, given)
    database.close()


def _asked(case: Case, database: Database, name: str, given: Mapping[str, Any]) -> Finding:
    where = f"sinks.{name}"
    found = catalog.part(given["kind"])
    around = Surroundings(name, database, case.clock, lambda *_: {}, case.settings.site)
    try:
        config = (found.config or BaseModel).model_validate(without_kind(given))
        sink = found.module.build(config, around)
        seen = asyncio.run(sink.check()) if isinstance(sink, Checked) else ""
    except (Barred, Refused, ConfigError) as no:
        return BARRED.at(where, str(no))
    except Unreachable as no:
        return AWAY.at(where, str(no))
    return well(where, seen) if seen else unseen(where, "Nothing is sent there only to try it")
