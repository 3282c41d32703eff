"""Alerts of other monitoring come in: on disk before they are answered for, and known to whoever judges them.

An alert is state: it is said again and again, and only its end clears it. So each time its row is written first, then
its reading is offered, in one order for all; whoever was not answered says it again, and nothing is doubled.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from asset_registry.db import Database
from asset_registry.errors import Missing
from collector.clock import Clock
from collector.errors import Unreachable
from collector.ports import Intake
from collector.reading import Reading
from service_desk.alerts.incoming import DEVICE, METRIC, Heard, Source, heard
from service_desk.alerts.model import Alert

DURABLE_WITHIN_S = 4.0
"""Alertmanager waits 10 s for an answer."""
FORGOTTEN_AFTER = timedelta(days=30)


class Inbox:
    """Thread-safe."""

    def __init__(self, database: Database, intake: Intake, clock: Clock, sources: Mapping[str, Source]) -> None:
        """`sources` by name, as the settings have them."""
        self._database = database
        self._intake = intake
        self._clock = clock
        self._sources = sources
        self._turn = threading.Lock()

    def take(self, source: str, body: object) -> tuple[int, int]:
        """How many alerts fire and how many have ended, all on disk when this returns.

        Raises Missing for a source that is not in the settings, Invalid, or Unreachable: to be sent again.
        """
        if source not in self._sources:
            raise Missing(f"`alerts` in the settings names no {source[:40]!r}.")
        alerts = {alert.fingerprint: alert for alert in heard(self._sources[source], body)}.values()
        done = threading.Event()
        with self._turn:
            try:
                readings = self._keep(source, [*alerts])
            except IntegrityError:  # another process wrote the same alert between our look and our commit
                readings = self._keep(source, [*alerts])
            taken = not readings or self._intake.offer(readings, done.set)
        if not taken or (readings and not done.wait(DURABLE_WITHIN_S)):
            raise Unreachable("the alerts are not on disk: no room, or the disk does not answer; send them again")
        firing = sum(alert.firing for alert in alerts)
        return firing, len(alerts) - firing

    def _keep(self, source: str, alerts: Sequence[Heard]) -> list[Reading]:
        """Their rows are written; what is to be read. The end of what was never heard of is nothing."""
        now = self._clock.now()
        with self._database.write() as session:
            names = {f"{DEVICE}{source}:{alert.fingerprint}": alert for alert in alerts}
            known = {row.device: row for row in session.scalars(select(Alert).where(Alert.device.in_(names)))}
            for device, alert in names.items():
                if alert.firing or device in known:
                    _write(session, known.get(device), device, alert, now)
            session.execute(delete(Alert).where(~Alert.firing, Alert.heard < now - FORGOTTEN_AFTER))
        return [
            Reading(device, METRIC, alert.words if alert.firing else "", now, now)
            for device, alert in names.items()
            if alert.firing or device in known
        ]


def _write(session: Session, row: Alert | None, device: str, alert: Heard, now: datetime) -> None:
    if row is None:
        row = Alert(device=device)
        session.add(row)
    row.name, row.words, row.labels = alert.name, alert.words, dict(alert.labels)
    row.asset, row.room, row.about, row.priority = alert.asset, alert.room, alert.device, alert.priority
    row.firing, row.heard = alert.firing, now
