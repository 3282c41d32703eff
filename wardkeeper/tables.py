"""Every table of the one database, so that its history can be compared with the code."""

from asset_registry import assets, attachments, audit, bindings, cursors, custom_fields, gudid, people, places
from asset_registry.cold_chain import records as cold_chain
from asset_registry.db import Base
from asset_registry.hvac import rooms
from asset_registry.locating import walked
from asset_registry.usage import audits, par
from service_desk import db, reserved, rulebook
from service_desk.alarms import model as alarms
from service_desk.alarms import service, suppression
from service_desk.alerts import model as alerts
from service_desk.incidents import model as incidents
from service_desk.notices import model as notices
from service_desk.remote import model as remote
from service_desk.tickets import model as tickets

MODULES = (
    audits,
    par,
    assets,
    attachments,
    audit,
    bindings,
    cold_chain,
    cursors,
    custom_fields,
    gudid,
    people,
    places,
    rooms,
    walked,
    db,
    rulebook,
    reserved,
    alarms,
    alerts,
    service,
    suppression,
    incidents,
    remote,
    notices,
    tickets,
)
"""Importing a module is what makes its tables known to `Base`."""

__all__ = ["MODULES", "Base"]
