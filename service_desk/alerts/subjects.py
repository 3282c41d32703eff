"""Whom an alert of other monitoring is about: what its labels name, as the registry knows it."""

from datetime import datetime

import msgspec
from sqlalchemy import select

from asset_registry.db import Database
from service_desk.alerts.incoming import DEVICE
from service_desk.alerts.model import Alert
from service_desk.ports import Subject
from service_desk.subjects import Newest, Registered, Subjects


class SubjectsOfAlerts(Subjects):
    """As `Subjects`, and those of alerts."""

    def __init__(self, registered: Registered, newest: Newest, database: Database, clock: str = "UTC") -> None:
        super().__init__(registered, newest, clock)
        self._database = database

    def of(self, name: str, at: datetime) -> Subject:
        """The asset that a label names, else what the registry knows of the device; where nobody knows, the room."""
        if not name.startswith(DEVICE):
            return super().of(name, at)
        with self._database.read() as session:
            alert = session.scalars(select(Alert).where(Alert.device == name)).first()
        if alert is None:
            return Subject(name)
        snapshot = self._registered.current
        asset, room = snapshot.asset_called(alert.asset), snapshot.room(alert.room)
        found = super().of(f"asset:{asset.id}" if asset else alert.about, at)
        if found.place_id is None and room is not None:
            there = super().of(f"place:{room.id}", at)
            known = {
                field: getattr(found, field) for field in ("asset_id", "asset", "number", "category", "department")
            }
            found = msgspec.structs.replace(there, **known, use=found.use, condition=found.condition)
        return msgspec.structs.replace(found, device=name, device_name=alert.name, priority=alert.priority)
