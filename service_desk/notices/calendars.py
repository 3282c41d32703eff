"""Fetches the calendars that have an address, from the hosts that the settings allow."""

import ssl
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

import urllib3
from sqlalchemy import select

from asset_registry.db import Database
from asset_registry.errors import Invalid
from collector.clock import Clock
from service_desk.notices.icalendar import LARGEST
from service_desk.notices.model import Schedule
from service_desk.notices.on_call import OnCall
from service_desk.notices.trouble import words

_TIMEOUT_S = 15.0


class Calendars:
    """`run` is a target for the supervisor. What was fetched last holds until something better comes."""

    def __init__(
        self, database: Database, on_call: OnCall, clock: Clock, hosts: Iterable[str], every_s: float, ca: str | None
    ) -> None:
        self.hosts = frozenset(host.casefold() for host in hosts)
        self._database, self._on_call, self._clock, self._every_s = database, on_call, clock, every_s
        trust = ssl.create_default_context(cafile=ca)
        self._http = urllib3.PoolManager(ssl_context=trust, retries=False, timeout=_TIMEOUT_S)

    def run(self, stop: threading.Event) -> None:
        """Fetch all of them now and then, until `stop`."""
        while not stop.is_set():
            self.fetch_all()
            self._clock.wait(stop, self._every_s)

    def fetch_all(self) -> None:
        """Fetch every calendar with an address."""
        with self._database.read() as session:
            wanted = session.execute(select(Schedule.id, Schedule.url).where(Schedule.url != "")).all()
        for number, url in wanted:
            text, trouble = "", ""
            try:
                text = self._on_call.checked(self.fetch(url))
            except Invalid as wrong:
                trouble = str(wrong)
            now = self._clock.now()
            with self._database.write() as session:
                schedule = session.get(Schedule, number)
                if schedule is None or schedule.url != url:
                    continue
                schedule.trouble = trouble
                if text:
                    schedule.fetched = now
                    schedule.text = text

    def allowed(self, url: str) -> str:
        """The address, when its host is one of the settings'. Raises Invalid."""
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid("A calendar's address begins with https:// or http://.")
        if parts.hostname.casefold() not in self.hosts:
            raise Invalid(f"Calendars may not be fetched from {parts.hostname}: name it under on_call.hosts.")
        return url.strip()

    def fetch(self, url: str) -> str:
        """What stands there. Raises Invalid in words without the address, which may be a secret."""
        host = urlsplit(self.allowed(url)).hostname
        try:
            answer = self._http.request("GET", url, redirect=False, preload_content=False)
            with answer:
                body = answer.read(LARGEST + 1, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError) as trouble:
            raise Invalid(f"{host} does not answer: {words(trouble)}") from None
        if answer.status != 200:
            raise Invalid(f"{host} says {answer.status}")
        return bytes(body).decode(errors="replace")
