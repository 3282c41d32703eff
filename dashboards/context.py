"""What every page and resource is given: the running parts of one Wardkeeper, never a global."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from asset_registry.cold_chain.products import Product
from asset_registry.db import Database
from asset_registry.hvac import Profile
from asset_registry.locating.ports import Fix
from asset_registry.sign_in import SignIn
from asset_registry.snapshot import SnapshotSource
from collector.clock import Clock
from collector.counters import Counters
from collector.exposition import Family
from collector.histogram import Durations
from collector.influx.heard import Config as LineProtocol
from collector.latest import Latest
from collector.ports import DeadLetters, Intake, Store
from dashboards.connectable import Connectable
from service_desk.alerts.inbox import Inbox
from service_desk.incidents.custom import Notify
from service_desk.notices.calendars import Calendars
from service_desk.notices.notifier import Notifier
from service_desk.notices.telling import Teller
from service_desk.notices.worker import ChannelState
from service_desk.rules_yaml import Draft


class Service(Protocol):
    """One supervised part of this process, as the collector page and `/readyz` show it."""

    @property
    def name(self) -> str:
        """What it is called: "spool", "alarms", "mqtt:main"."""

    @property
    def state(self) -> str:
        """A word: "running", "waiting to start again", "stopped"."""

    @property
    def since(self) -> datetime | None:
        """Since when it is in that state."""

    @property
    def error(self) -> str:
        """What went wrong last, "" when nothing did."""


class LinkState(Service, Protocol):
    """How one link to the outside is, or one of its parts, as the inputs page shows it."""

    @property
    def kind(self) -> str:
        """The kind, as in `wardkeeper kinds`: "mqtt"."""

    @property
    def address(self) -> str:
        """Where it connects to, without secrets."""

    @property
    def last_frame(self) -> datetime | None:
        """When it heard something last."""

    @property
    def frames_per_minute(self) -> int:
        """How much it heard in the last minute."""

    @property
    def hint(self) -> str:
        """What a person can do about it, "" when nothing is to be done."""

    @property
    def parts(self) -> "Sequence[LinkState]":
        """Its ports or adapters, each as a link of its own; none when it has no such thing."""


@dataclass(frozen=True)
class CursorState:
    """How far one consumer has read the spool: `behind` records, the oldest of them `behind_s` seconds old.

    `took`: what its batches took; `refused`: what a store's server would not take.
    """

    name: str
    position: int
    behind: int
    behind_s: float
    took: Durations | None = None
    store: bool = False
    refused: DeadLetters | None = None


@dataclass(frozen=True)
class SpoolState:
    """Records ever written, bytes on disk, the share of its `quota` in bytes; damage and a set-back clock in words.

    `waiting` items wait for the disk, a message for `waiting_s`; `acknowledged`: how long messages took from their
    arrival until they were on it.
    """

    head: int
    size: int
    fullness: float
    troubles: tuple[str, ...]
    quota: int = 0
    waiting: int = 0
    acknowledged: Durations | None = None
    waiting_s: float = 0.0


@dataclass(frozen=True)
class Inside:
    """What the collector and inputs pages ask the running parts."""

    services: Callable[[], Sequence[Service]] = list
    links: Callable[[], Sequence[LinkState]] = list
    cursors: Callable[[], Sequence[CursorState]] = list
    spool: Callable[[], SpoolState | None] = lambda: None
    figures: Callable[[], Sequence[Family]] = list


@dataclass(frozen=True)
class Telling:
    """What the pages about notices ask: who writes them, how each channel is, what fetches calendars.

    `wake` lets the channels look at once for something new.
    """

    teller: Teller
    channels: Callable[[], Sequence[ChannelState]] = tuple
    calendars: Calendars | None = None
    wake: Callable[[], None] = lambda: None

    @property
    def notify(self) -> Notify:
        """Tells people of what a person did to an incident; `wake` once that is committed."""
        return Notifier(self.teller)


def _no_fix(_tag: str) -> Fix | None:
    return None


class MapMaking(Protocol):
    """Makes location maps of the points that were walked, in a process of its own."""

    @property
    def begun(self) -> datetime | None:
        """Since when one is being made; None when none is."""

    @property
    def trouble(self) -> str:
        """Why the last one came to nothing, "" when it did not."""

    def begin(self, who: str) -> None:
        """Make one. Raises Conflict while one is being made, Invalid when plan or points do not do."""


Extra = Callable[[Request], str]
"""Markup of its own that whoever composes the product adds to a page; "" adds nothing."""


@dataclass
class Context:
    """The running parts. `site` is the hospital's name, `zone` the zone of its clocks.

    `profiles` say what each room type must have (config/room_profiles.yaml), `products` how cold things are kept.
    `example_rules` by their kind are what somebody who writes one begins with (config/rules.example.yaml).
    `secure` says that browsers come by https even where this process sees http (behind a proxy).
    `first_link` is the secret of the link that makes the first administrator, "" when there is one already.
    `extras` by where they stand: "overview" on the overview, "foot" at the foot of every page of someone signed in.
    `url` is what people type into a browser, "" when nobody said; `folder` is where files of assets lie, None: nowhere.
    `holidays` are no working days; `operators` answer alarms at a time. `fix` is the newest fix of a tag with its
    point and evidence, by native id.
    `told_by` says how people are told.
    `live_every_s` is the pace of the live screens in real seconds, whatever the speed of `clock`.
    """

    database: Database
    snapshots: SnapshotSource
    latest: Latest
    store: Store
    counters: Counters
    clock: Clock
    sign_in: SignIn
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    example_rules: Mapping[str, Draft] = field(default_factory=dict)
    intake: Intake | None = None
    line_protocol: LineProtocol = field(default_factory=LineProtocol)
    alerts: Inbox | None = None
    site: str = "Hospital"
    zone: tzinfo = UTC
    secure: bool = False
    live_every_s: float = 0.3
    first_link: str = ""
    inside: Inside = field(default_factory=Inside)
    extras: Mapping[str, Extra] = field(default_factory=dict)
    connectable: Callable[[], Sequence[Connectable]] = tuple
    version: str = "0"
    url: str = ""
    folder: Path | None = None
    operators: int = 1
    holidays: frozenset[date] = frozenset()
    maps: MapMaking | None = None
    fix: Callable[[str], Fix | None] = _no_fix
    told_by: Telling | None = None

    @cached_property
    def telling(self) -> Telling:
        """How people are told; without any channel when nobody said."""
        return self.told_by or Telling(Teller(self.snapshots, {}, self.zone))


def context_of(connection: HTTPConnection) -> Context:
    """The context of the application that serves this request or socket."""
    context: Context = connection.app.state.context
    return context


Here = Annotated[Context, Depends(context_of)]
"""`def page(request: Request, here: Here)`: the context as a FastAPI dependency."""
