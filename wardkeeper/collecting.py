"""What listens and keeps: links, spool and stores of one process, without database, desk or screens."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from asset_registry.retention import Policy, Terms
from asset_registry.snapshot import Snapshot
from collector.clock import Clock
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import ConsumerRunner, Limits, Pipeline, StoreConsumer
from collector.ports import Consumer, RemoteStore, Store, TendedStore
from collector.sacrifice import words as short_of_room
from collector.spool import Spool
from collector.supervisor import Supervised, Target
from collector.upkeep import Upkeep
from drivers.links.forward import Forward
from drivers.links.link import House, Link
from wardkeeper import catalog
from wardkeeper.settings import MAIN_STORE, Settings

_WRITER, _LINK = "spool", "link "

_STORE_EVERY_S = 0.4
"""A commit of the store costs as much as a thousand points: it gathers this long, and charts are that much behind."""

_AT_ONCE, _STORE_AT_ONCE = 5_000, 25_000
"""Items in one batch. The embedded store takes what a busy site has gathered in one commit: it is half as dear then."""

_FORWARD_EVERY_S = 0.1
"""One message of many readings costs the centre little more than one of a single reading."""


REGISTRY_EVERY_S = 0.1
"""A new device may be listed a moment later; who knows all of them already need not be woken for each record."""


class Collecting:
    """The parts are open and nothing runs: `targets` and `listening` are for a supervisor, in this order.

    Let everybody who reads the spool `read` before the first target is started.
    """

    def __init__(self, settings: Settings, clock: Clock, stores: Mapping[str, Mapping[str, Any]]) -> None:
        """`stores` by name, as in the settings. Raises ConfigError or Unreachable."""
        settings.make_data()
        self._clock = clock
        self.terms = Terms(**settings.retention.model_dump() | {"hold": tuple(settings.retention.hold)})
        self.counters = Counters(clock)
        self.latest = Latest()
        self.spool = Spool(
            settings.data / "spool",
            clock,
            segment_bytes=settings.spool.segment_mb << 20,
            keep_s=settings.spool.keep_s,
            quota_bytes=settings.spool.quota_mb << 20,
        )
        self.stores = {name: _open_store(name, given, settings) for name, given in stores.items()}
        limits = Limits(news=timedelta(seconds=settings.alarms.history_after_s))
        self.pipeline = Pipeline(self.spool, clock, self.latest, self.counters, limits)
        self.runners: list[ConsumerRunner] = []
        for name, store in self.stores.items():
            batch = _STORE_AT_ONCE if isinstance(store, TendedStore) else _AT_ONCE
            self.read(StoreConsumer(store, name), gather_s=_STORE_EVERY_S, batch=batch)
        self.forward = Forward(settings.forward, settings.data) if settings.forward else None
        if self.forward:
            self.read(self.forward, gather_s=_FORWARD_EVERY_S)
        self.links = [self._link(name, given) for name, given in settings.links.items()]

    def read(self, consumer: Consumer, gather_s: float = 0.0, batch: int = _AT_ONCE) -> ConsumerRunner:
        """Let `consumer` read the spool, from where it stopped; see `ConsumerRunner`."""
        runner = ConsumerRunner(consumer, self.spool, self._clock, batch, gather_s)
        self.runners.append(runner)
        return runner

    def _link(self, name: str, given: dict[str, Any]) -> Link:
        module = catalog.LINKS[given["kind"]]
        house = House(self.pipeline, self.counters, self._clock, self.spool.session)
        link: Link = module.open_link(name, module.Config.model_validate(without_kind(given)), house)
        return link

    def targets(self, snapshot: Callable[[], Snapshot] | None = None) -> list[tuple[str, Target]]:
        """The spool's writer, who reads the spool, and who tends stores, with the registry where there is one."""
        retention = Policy(self.terms, snapshot)
        tended = {name: store for name, store in self.stores.items() if isinstance(store, TendedStore)}
        return [
            (_WRITER, self.pipeline.run),
            *((runner.name, runner.run) for runner in self.runners),
            *((f"upkeep of {name}", Upkeep(store, self._clock, retention).run) for name, store in tended.items()),
        ]

    def listening(self) -> list[tuple[str, Target]]:
        """The links: started last, stopped first."""
        return [(f"{_LINK}{link.name}", link.run) for link in self.links]

    def caught_up(self, consumer: Consumer) -> bool:
        """Whether `consumer` has read everything there is."""
        return next(runner for runner in self.runners if runner.name == consumer.name).behind == 0

    def troubles(self) -> list[str]:
        """What a person should know of spool, stores and clock."""
        found = [str(damage) for damage in self.spool.damage]
        if short := short_of_room(self.spool.fullness):
            found.append(short)
        for name, store in self.stores.items():
            if isinstance(store, RemoteStore) and (refused := store.refused()):
                found.append(refused if name == MAIN_STORE else f"{name}: {refused}")
        clock = self.pipeline.clock_state
        if clock.behind:
            found.append(f"The machine's clock was set back by {clock.behind}; what is heard is marked UNCERTAIN.")
        return found

    def close(self) -> None:
        """Let go of files and servers, once every target has ended."""
        if self.forward:
            self.forward.close()
        for store in self.stores.values():
            store.close()
        self.spool.close()


def stop(services: Iterable[Supervised]) -> None:
    """Stop links first, then who reads the spool, then its writer.

    Of one kind all are asked before one is waited for: each may take a while to notice.
    """
    turns: tuple[list[Supervised], ...] = ([], [], [])
    for service in services:
        turns[0 if service.name.startswith(_LINK) else 2 if service.name == _WRITER else 1].append(service)
    for turn in turns:
        for service in turn:
            service.ask_to_stop()
        for service in turn:
            service.stop()


def _open_store(name: str, given: Mapping[str, Any], settings: Settings) -> Store:
    module, config = part(given, site=settings.site)
    store: Store = module.open_store(config, store_folder(settings.data, name))
    return store


def store_folder(data: Path, name: str) -> Path:
    """Where a store keeps what it has on this machine."""
    return data / "store" if name == MAIN_STORE else data / "stores" / name


def part(given: Mapping[str, Any], **offered: str) -> tuple[ModuleType, BaseModel]:
    """The module of a part that the settings name, and its own settings, filled from `offered` where it has such."""
    found = catalog.part(given["kind"])
    config = found.config or BaseModel
    filled = {name: value for name, value in offered.items() if name in config.model_fields}
    return found.module, config.model_validate(filled | without_kind(given))


def without_kind(given: Mapping[str, Any]) -> dict[str, Any]:
    """A part's own settings."""
    return {key: value for key, value in given.items() if key != "kind"}
