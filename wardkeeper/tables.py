"""Every table of the one database, so that its history can be compared with the code."""

import asset_registry.assets
import asset_registry.audit
import asset_registry.bindings
import asset_registry.people
import asset_registry.places
import service_desk.alarms.model
import service_desk.db
import service_desk.incidents.model
import service_desk.rulebook
import service_desk.tickets.model  # noqa: F401 - imported for their tables
from asset_registry.db import Base

__all__ = ["Base"]
