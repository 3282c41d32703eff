"""Alarms out to an Alertmanager, for who has one already: `POST /api/v2/alerts` (docs/alerts.md).

As https://prometheus.io/docs/alerting/latest/clients/ asks of clients: what stands is said again and again, each time
with an end a little later than the next time, and what has cleared is said for a while with its end. Nothing is
remembered here, so nothing is lost while the Alertmanager is away.
"""

import ssl
import threading
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from sqlalchemy import or_, select

from asset_registry.assets import Asset
from asset_registry.db import Database
from asset_registry.places import Place
from collector.clock import Clock
from collector.errors import ConfigError, Unreachable
from collector.tls import Tls
from service_desk.alarms.book import inhibition
from service_desk.alarms.model import Alarm
from service_desk.alerts.config import Config
from service_desk.alerts.incoming import DEVICE
from service_desk.rulebook import RuleRow

_CLEARED_FOR = timedelta(minutes=15)
_TIMES = 3


class Outgoing:
    """`run` is for a supervised thread. Several processes may say the same: to an Alertmanager that is once."""

    def __init__(self, database: Database, clock: Clock, config: Config, site: str, address: str = "") -> None:
        """`address` is where people find Wardkeeper. Raises ConfigError when the files under `tls` cannot be used."""
        self._database = database
        self._clock = clock
        self._config = config
        self._site = site
        self._address = address.rstrip("/")
        self._wake = threading.Event()
        self._http = urllib3.PoolManager(ssl_context=_trust(config.tls), retries=False, timeout=config.timeout_s)

    def wake(self) -> None:
        """There may be something new."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Say it until `stop`. Raises Unreachable."""
        said: list[tuple[Any, ...]] = []
        again = self._clock.now()
        while not stop.is_set():
            self._wake.clear()
            alerts = self.alerts()
            news: list[tuple[Any, ...]] = [(alert["labels"], alert["startsAt"], alert["firing"]) for alert in alerts]
            if (news != said or self._clock.now() >= again) and alerts:
                self._send([{key: value for key, value in alert.items() if key != "firing"} for alert in alerts])
                again = self._clock.now() + timedelta(seconds=self._config.every_s)
            said = news
            self._clock.wait(self._wake, min(1.0, self._config.every_s))

    def alerts(self) -> list[dict[str, Any]]:
        """What stands, and what cleared lately. Alarms that were alerts of other monitoring are not sent back."""
        now = self._clock.now()
        query = (
            select(Alarm, RuleRow.name, Asset.number, Place.number)
            .join(RuleRow, RuleRow.id == Alarm.rule_id)
            .outerjoin(Asset, Asset.id == Alarm.asset_id)
            .outerjoin(Place, Place.id == Alarm.place_id)
            .where(or_(Alarm.active, Alarm.cleared >= now - _CLEARED_FOR), ~Alarm.subject.startswith(DEVICE))
            .order_by(Alarm.id)
        )
        with self._database.read() as session:
            return [
                self._alert(alarm, rule, {"asset": asset or "", "room": room or ""}, now)
                for alarm, rule, asset, room in session.execute(query)
                if not inhibition(alarm, now)
            ]

    def _alert(self, alarm: Alarm, rule: str, about: dict[str, str], now: datetime) -> dict[str, Any]:
        labels = {
            "alertname": rule,
            "severity": self._config.severity.get(alarm.priority, alarm.priority),
            "site": self._site,
            "device": alarm.subject,
            **about,
            **self._config.labels,
        }
        until = now + timedelta(seconds=_TIMES * self._config.every_s)
        alert: dict[str, Any] = {
            "labels": {name: value for name, value in labels.items() if value},
            "annotations": {"summary": alarm.title, "normal": alarm.normal},
            "startsAt": alarm.since,
            "endsAt": until if alarm.active else alarm.cleared,
            "firing": alarm.active,
        }
        return alert | ({"generatorURL": f"{self._address}/alarms"} if self._address else {})

    def _send(self, alerts: list[dict[str, Any]]) -> None:
        headers = {"Content-Type": "application/json"}
        if self._config.token is not None:
            headers["Authorization"] = f"Bearer {self._config.token.get_secret_value()}"
        host = urlsplit(self._config.url).hostname
        body = msgspec.json.encode(alerts)
        try:
            answer = self._http.request("POST", f"{self._config.url}/api/v2/alerts", body=body, headers=headers)
        except (urllib3.exceptions.HTTPError, OSError) as trouble:
            raise Unreachable(f"The Alertmanager {host} does not answer: {trouble}; is it up?") from trouble
        if not 200 <= answer.status < 300:
            said = answer.data[:200].decode(errors="replace").strip()
            raise Unreachable(f"The Alertmanager {host} says {answer.status} {said}; is `alertmanager.url` right?")


def _trust(tls: Tls | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca if tls else None)
        if tls is not None and tls.cert is not None:
            context.load_cert_chain(tls.cert, tls.key)
    except (OSError, ValueError) as trouble:
        raise ConfigError(f"alertmanager: the files under tls cannot be used: {trouble}") from trouble
    return context
