"""Settings in, a running Wardkeeper out: the one place where concrete parts meet."""

import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

from asset_registry.cold_chain.products import load_products
from asset_registry.consumer import RegistryConsumer
from asset_registry.db import AWAY, Database, reason
from asset_registry.hvac import load_profiles
from asset_registry.locating.mapped import Ageing
from asset_registry.locating.nearest import NearestGateway, Tuning
from asset_registry.locating.ports import Engine, Fix, SpotsOf
from asset_registry.locating.service import LocatingConsumer, fixes_in
from asset_registry.people import has_admin
from asset_registry.retention import unknown_holds
from asset_registry.sign_in import SignIn
from asset_registry.snapshot import SnapshotSource
from asset_registry.soiling import watch_soiling
from asset_registry.status import watch_claims
from collector.clock import Clock
from collector.errors import ConfigError, Refused, Unreachable
from collector.exposition import Family
from collector.pipeline import ConsumerRunner
from collector.points import SCHEMA, readings_of
from collector.ports import DeadLetterOffice, Store
from collector.supervisor import Status, Supervised, Target
from dashboards.app import create_app
from dashboards.context import Context, CursorState, Extra, Inside, SpoolState
from service_desk.alarms.consumer import AlarmConsumer, Practice
from service_desk.alarms.suppression import Silent
from service_desk.alerts.inbox import Inbox
from service_desk.alerts.outgoing import Outgoing
from service_desk.alerts.subjects import SubjectsOfAlerts
from service_desk.incidents.causes import Causes
from service_desk.incidents.custom import Custom
from service_desk.incidents.normal import Normal
from service_desk.outbox import OutboxWorker
from service_desk.ports import IncidentNews, TicketSink
from service_desk.remote.watch import Watch, watched
from service_desk.reserved import Reserved
from service_desk.rules_yaml import examples
from service_desk.surroundings import Freeze, Surroundings
from service_desk.tickets.evidence import Sources, freeze_all
from wardkeeper import catalog
from wardkeeper.collecting import REGISTRY_EVERY_S, Collecting, stop, without_kind
from wardkeeper.derived import Derived
from wardkeeper.figures import figures
from wardkeeper.heartbeat import NAME as HEARTBEAT
from wardkeeper.heartbeat import heartbeat_of
from wardkeeper.located.files import read_model
from wardkeeper.located.live import Follows, sited_by
from wardkeeper.located.making import MapMaking, kept_maps
from wardkeeper.noticing import Noticing
from wardkeeper.settings import MAIN_STORE, Settings

_log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 5.0
"""How long a part that failed waits at most: a disk that has room again is noticed soon."""


def config_folder() -> Path:
    """The YAML that ships with the product: `config/` in the tree, `wardkeeper/_config` in the wheel."""
    installed = Path(__file__).parent / "_config"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "config"


def _hears_everything(settings: Settings) -> None:
    """Raises ConfigError: who judges alarms must hear every message (docs/scale.md)."""
    for name, link in settings.links.items():
        if link.get("share"):
            raise ConfigError(
                f"links.{name}.share: with a share of the messages alarms would be missed. Leave `share` out here; "
                "`wardkeeper collect` shares, and forwards to this one"
            )


class Wardkeeper:
    """All parts of one process. `start` runs them; `stop` ends them in the order in which nothing is lost."""

    def __init__(self, settings: Settings, clock: Clock, database: Database) -> None:
        """Opens what is on disk; nothing runs yet. Raises ConfigError or Unreachable."""
        _hears_everything(settings)
        self.collecting = Collecting(settings, clock, settings.all_stores)
        self.settings = settings
        self.clock = clock
        self.database = database
        self.counters, self.latest = self.collecting.counters, self.collecting.latest
        self.spool, self.pipeline = self.collecting.spool, self.collecting.pipeline
        self.store: Store = self.collecting.stores[MAIN_STORE]
        self.links = self.collecting.links
        self.snapshots = SnapshotSource(self.database, settings.site, clock, settings.data / "registry.snapshot")
        self.snapshots.refresh()
        self.sign_in = SignIn(self.database, clock)
        newest = self._newest_in_store()
        self.latest.prime(newest)
        self._prime_from_spool()
        self._holder = f"{socket.gethostname()}:{settings.data}"
        self.sinks = self._sinks()
        self.outboxes = {
            name: OutboxWorker(self.database, {name: sink}, clock, holder=self._holder, intake=self.pipeline)
            for name, sink in self.sinks.items()
        }
        self.outgoing = self._outgoing()
        self.noticing = Noticing(settings, clock, database, self.snapshots, self.pipeline, self._holder)
        self.alarms = self._alarms()
        self._located: Follows | None = None
        self.maps = MapMaking(database, self.snapshots, clock, settings.data)
        self.locating = self._locating(fixes_in(readings_of(newest)))
        self.collecting.read(RegistryConsumer(database, settings.site, clock), REGISTRY_EVERY_S)
        for consumer in (self.locating, self.alarms):
            self.collecting.read(consumer)
        self.heartbeat = heartbeat_of(settings, self.collecting, self._statuses, clock, self.noticing.stuck)
        self.services = self._services()

    def _newest_in_store(self) -> pa.Table:
        """What the store has; nothing while its server is away, for listening must begin all the same."""
        try:
            return self.store.latest()
        except (Unreachable, Refused) as away:
            _log.warning("starting without the newest readings: %s", away)
            return SCHEMA.empty_table()

    def _prime_from_spool(self) -> None:
        """What was acknowledged but had not reached the store when the last process ended."""
        position = self.store.position()
        while records := self.spool.read(position, 5_000):
            for _, items in records:
                self.latest.update(items)
            position = records[-1][0]

    def _locating(self, fixes: list[Fix]) -> LocatingConsumer:
        settings = self.settings.locating
        tuning = Tuning(
            window_s=settings.window_s,
            commit_delay_s=settings.commit_delay_s,
            unknown_after_s=settings.unknown_after_s,
        )

        def nearest() -> Engine:
            return NearestGateway(SpotsOf(self.snapshots), tuning)

        if settings.engine == "nearest":
            return LocatingConsumer(nearest(), self.pipeline, self.database, self.clock, fixes)
        model = read_model(settings.model) if settings.model else None
        ageing = Ageing(unknown_after_s=settings.unknown_after_s)
        self._located = Follows(self.snapshots, sited_by(model, kept_maps(self.database)), nearest, ageing)
        return LocatingConsumer(self._located, self.pipeline, self.database, self.clock, fixes)

    def _outgoing(self) -> Outgoing | None:
        known, settings = self.settings.alertmanager, self.settings
        return Outgoing(self.database, self.clock, known, settings.site, settings.web.url) if known else None

    def _told(self) -> None:
        for outbox in self.outboxes.values():
            outbox.wake()
        self.noticing.wake()
        if self.outgoing is not None:
            self.outgoing.wake()

    def _alarms(self) -> AlarmConsumer:
        settings = self.settings.alarms
        reserved = Reserved(tuple(settings.cold_categories), tuple(settings.isolation_room_types))
        practice = Practice(
            oldest=timedelta(seconds=settings.history_after_s),
            custom=Custom(
                sinks=tuple(self.settings.sinks),
                reserved=reserved,
                keep_by={name: timedelta(seconds=each) for name, each in settings.close_after_s.items()},
                reopen=timedelta(seconds=settings.reopen_within_s),
                window=timedelta(seconds=settings.one_cause_within_s),
                causes=Causes(self.snapshots, self.latest),
                normal=Normal(self.latest),
                notify=self.noticing.notifier,
            ),
            silent=Silent(tuple(settings.silent_conditions), tuple(settings.practice_room_types)),
        )
        return AlarmConsumer(
            self.database,
            SubjectsOfAlerts(self.snapshots, self.latest, self.database, self.settings.timezone),
            self.clock,
            holder=self._holder,
            practice=practice,
            told=self._told,
        )

    def _services(self) -> list[Supervised]:
        def locating(stop: threading.Event) -> None:
            self.locating.watch(stop, lambda: self.collecting.caught_up(self.locating))

        def alarms(stop: threading.Event) -> None:
            self.alarms.watch(stop, lambda: self.collecting.caught_up(self.alarms))

        def claims(stop: threading.Event) -> None:
            watch_claims(self.database, self.clock, stop)

        def soiling(stop: threading.Event) -> None:
            watch_soiling(self.database, self.snapshots, self.latest, self.clock, stop)

        targets: list[tuple[str, Target]] = [
            ("registry snapshot", self.snapshots.follow),
            *self.collecting.targets(lambda: self.snapshots.current),
            ("locating timers", locating),
            ("alarm timers", alarms),
            ("claims", claims),
            ("soiled by their place", soiling),
            ("derived", Derived(self.here(), self.pipeline.offer).run),
            *([("alertmanager", self.outgoing.run)] if self.outgoing else []),
            *((f"outbox {name}", outbox.run) for name, outbox in self.outboxes.items()),
            *((f"tickets of {name}", Watch(sink, self.clock).run) for name, sink in watched(self.sinks)),
            *self.noticing.targets(),
            *self.collecting.listening(),
            *([(HEARTBEAT, self.heartbeat.run)] if self.heartbeat else []),
        ]
        return [Supervised(name, _patient(target), self.clock, longest_s=_LONGEST_PAUSE_S) for name, target in targets]

    def _sinks(self) -> dict[str, TicketSink]:
        sources = Sources(self.store, self.snapshots, self.latest)

        def frozen(session: Session, news: Sequence[IncidentNews], now: datetime) -> dict[int, dict[str, Any]]:
            return freeze_all(session, sources, news, now)

        return {name: self._sink(name, given, frozen) for name, given in self.settings.sinks.items()}

    def _sink(self, name: str, given: Mapping[str, Any], frozen: Freeze) -> TicketSink:
        found, settings = catalog.part(given["kind"]), self.settings
        around = Surroundings(name, self.database, self.clock, frozen, settings.site, settings.web.url, settings.zone)
        config = (found.config or BaseModel).model_validate(without_kind(given))
        sink: TicketSink = found.module.build(config, around)
        return sink

    def start(self) -> None:
        """Run everything."""
        for service in self.services:
            service.start()

    def stop(self) -> None:
        """End it in the order in which nothing is lost."""
        stop(self.services)
        self.maps.close()
        if self._located is not None:
            self._located.close()
        self.collecting.close()
        self.database.close()

    def has_admin(self) -> bool:
        """Whether anybody can administer."""
        with self.database.read() as session:
            return has_admin(session)

    def _statuses(self) -> list[Status]:
        """The threads, rules that make no sense, and ticket systems that bar us: all need a person."""
        refused = self.alarms.refused.items()
        rules = [Status(f"rule {name}", "failed", self.clock.now(), error=why) for name, why in refused]
        barred = [
            Status(f"ticket system {name}", "failed", trouble.since, error=trouble.why)
            for outbox in self.outboxes.values()
            for name, trouble in outbox.troubles.items()
            if trouble.barred
        ]
        return [*(service.status for service in self.services), *rules, *barred]

    def _cursors(self) -> list[CursorState]:
        return [self._cursor(runner) for runner in self.collecting.runners]

    def _cursor(self, runner: ConsumerRunner) -> CursorState:
        store, lag = self.collecting.stores.get(runner.name), runner.lag
        return CursorState(
            runner.name,
            runner.position,
            lag.records,
            lag.seconds,
            runner.took.snapshot(),
            store is not None,
            store.dead_letters() if isinstance(store, DeadLetterOffice) else None,
        )

    def _spool(self) -> SpoolState:
        troubles = self.collecting.troubles()
        if self.heartbeat is not None and self.heartbeat.trouble:
            troubles.append(self.heartbeat.trouble)
        troubles += unknown_holds(self.collecting.terms, self.snapshots.current)
        return SpoolState(
            self.spool.head,
            self.spool.size,
            self.spool.fullness,
            tuple(troubles),
            self.settings.spool.quota_mb << 20,
            self.pipeline.queued,
            self.pipeline.acknowledged.snapshot(),
            self.pipeline.waiting_s,
        )

    def _figures(self) -> list[Family]:
        return figures(self.collecting, [service.status for service in self.services], version("wardkeeper"))

    def app(self, first_link: str = "", extras: Mapping[str, Extra] | None = None) -> FastAPI:
        """The screens and the API over these parts; `first_link` is the secret that makes the first administrator."""
        return create_app(self.here(first_link, extras))

    def here(self, first_link: str = "", extras: Mapping[str, Extra] | None = None) -> Context:
        """What the screens ask."""
        return Context(
            database=self.database,
            snapshots=self.snapshots,
            latest=self.latest,
            store=self.store,
            counters=self.counters,
            clock=self.clock,
            sign_in=self.sign_in,
            first_link=first_link,
            profiles=load_profiles(self.settings.room_profiles or config_folder() / "room_profiles.yaml"),
            products=load_products(config_folder() / "cold_products.yaml"),
            example_rules=examples((config_folder() / "rules.example.yaml").read_text(encoding="utf-8")),
            intake=self.pipeline,
            line_protocol=self.settings.line_protocol,
            alerts=Inbox(self.database, self.pipeline, self.clock, self.settings.alerts),
            site=self.settings.site_name or self.settings.site,
            zone=self.settings.zone,
            secure=self.settings.web.https,
            version=version("wardkeeper"),
            url=self.settings.web.url,
            folder=self.settings.data,
            operators=self.settings.alarms.operators,
            holidays=frozenset(self.settings.holidays),
            extras=extras or {},
            connectable=catalog.devices,
            told_by=self.noticing.telling(),
            maps=self.maps,
            fix=self.locating.fix,
            inside=Inside(
                services=self._statuses,
                links=lambda: [link.status for link in self.links],
                cursors=self._cursors,
                spool=self._spool,
                figures=self._figures,
            ),
        )


def _patient(target: Target) -> Target:
    """The target, for which a database that is locked, away or on a full disk is something to wait for."""

    def run(stop: threading.Event) -> None:
        try:
            target(stop)
        except AWAY as error:
            raise Unreachable(f"database: {reason(error)}; is it running, and is there room on its disk?") from error

    return run
