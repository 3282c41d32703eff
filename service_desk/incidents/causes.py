"""What an alarm may come from: what it is about, and what that hangs on. Pure; no I/O but lookups in memory.

A node is the native id of a device, `asset:12`, `place:7`, or BROKER. `cause_of` looks for the incident that stands at
an alarm's own nodes or at those above it: the gateway that last heard the device, its link, the switch that serves the
gateway's room, the broker; for a room's air and light the plant that serves it (`asset_registry.places.Serves`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from asset_registry.known import KnownPlace
from asset_registry.snapshot import Snapshot
from collector.metrics import family_of

TALK, AIR, LIGHT, POWER, FAULT = "talk", "air", "light", "power", "fault"
BROKER = "broker"
"""The node of every link that carries messages; which of them carried a device's nobody writes down."""

_OF_METRIC = {
    **dict.fromkeys(("silent", "link_up", "available", "broker_dropped", "broker_dropped_rate"), TALK),
    **dict.fromkeys(("technical_alarm", "sensor_fault"), FAULT),
    "illuminance": LIGHT,
    **dict.fromkeys(("occupancy", "vibration", "noise", "smoke", "carbon_monoxide", "gas_detected"), ""),
}
_OF_FAMILY = {"environment": AIR, "hvac": AIR, "lighting": LIGHT, "power": POWER}
"""What troubles are about, by their metric or its family; "" explains nothing and is explained by nothing."""

_NET = frozenset({TALK, POWER, FAULT})
_PLANT = {
    AIR: frozenset({AIR, POWER, FAULT}),
    LIGHT: frozenset({LIGHT, POWER, FAULT}),
    TALK: frozenset({POWER}),
    POWER: frozenset({POWER}),
}
"""Which troubles of what carries talk explain silence; by a room's trouble, which of its plant explain it."""

_CARRIERS = ("gateway", "switch", "broker", "access point", "router")
_QUIET = timedelta(seconds=60)
"""A gateway that has heard nothing at all for so long may be off."""
_DEEPEST = 8


def trouble_of(metric: str) -> str:
    """What an alarm of this metric is about."""
    return _OF_METRIC[metric] if metric in _OF_METRIC else _OF_FAMILY.get(family_of(metric), "")


class About(NamedTuple):
    """An alarm as far as its cause goes. `since` is the onset of its condition."""

    rule_id: int
    subject: str
    asset_id: int | None
    place_id: int | None
    metric: str
    since: datetime

    @property
    def trouble(self) -> str:
        """What it is about."""
        return trouble_of(self.metric)

    @property
    def main(self) -> str:
        """The node it is known by: asset, room or device. That a sensor is silent is no trouble of its room."""
        if self.asset_id is not None:
            return f"asset:{self.asset_id}"
        room = self.place_id is not None and self.trouble != TALK
        return f"place:{self.place_id}" if room else self.subject

    @property
    def nodes(self) -> tuple[str, ...]:
        """What it stands at."""
        link = self.subject.startswith("link:") and "/" not in self.subject
        return (self.subject, *((BROKER,) if link else ()), *((self.main,) if self.main != self.subject else ()))


class Step(NamedTuple):
    """A node above an alarm, and which troubles there explain it."""

    node: str
    by: AbstractSet[str]


class Heard(Protocol):
    """Who heard whom (`collector.latest.Latest`)."""

    def heard_by(self, device: str) -> str:
        """The gateway that heard the device last; "" when it speaks for itself."""

    def carried(self, gateway: str) -> datetime | None:
        """When the gateway last heard anything."""


class Registered(Protocol):
    """Where the snapshot is (`asset_registry.snapshot.SnapshotSource`)."""

    @property
    def current(self) -> Snapshot:
        """The newest."""


class _Index:
    """One snapshot, indexed for ways up."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.serving: dict[int, list[int]] = defaultdict(list)
        self.served: dict[int, set[int]] = defaultdict(set)
        for asset, place in snapshot.content.serves:
            if asset in snapshot.assets:
                self.serving[place].append(asset)
                self.served[asset].add(place)
        self.carriers = {one.id for one in snapshot.assets.values() if _carries(one.category)}
        self.radios: dict[str, str] = {}
        self.own_links: set[str] = set()
        for device in snapshot.devices.values():
            family, _, rest = device.native_id.partition(":")
            if family == "serial":
                self.own_links.add(rest.partition("/")[0])
            elif family == "ble" and device.kind == "gateway" and " " in device.name:
                link, _, radio = device.name.rpartition(" ")  # as `drivers.links.ble_link` announces an adapter
                self.radios[device.native_id] = f"link:{link}/{radio}"
                self.own_links.add(link)

    def above(self, place: KnownPlace | None) -> Iterator[int]:
        """The assets that serve a place or what it lies in, the nearest first."""
        for each in reversed(self.snapshot.path(place.id)) if place else ():
            yield from self.serving.get(each.id, ())


def _carries(category: str) -> bool:
    return any(word in category.casefold() for word in _CARRIERS)


class Causes:
    """The ways up from an alarm. O(1) an alarm: indices are made once a snapshot."""

    def __init__(self, registered: Registered, heard: Heard) -> None:
        self._registered = registered
        self._heard = heard
        self._known: _Index | None = None

    @property
    def _index(self) -> _Index:
        snapshot = self._registered.current
        if self._known is None or self._known.snapshot is not snapshot:
            self._known = _Index(snapshot)
        return self._known

    def above(self, about: About) -> list[Step]:
        """What the alarm may come from, the nearest first."""
        index = self._index
        if about.trouble == TALK:
            return self._carrying(index, about)
        if about.asset_id is not None or about.place_id is None:
            return []
        by = _PLANT.get(about.trouble)
        place = index.snapshot.places.get(about.place_id)
        plant = dict.fromkeys(one for one in index.above(place) if one not in index.carriers) if by else ()
        return [Step(f"asset:{one}", by or frozenset()) for one in plant]

    def _carrying(self, index: _Index, about: About) -> list[Step]:
        steps: dict[str, Step] = {}
        own = set(about.nodes)
        ways = [about.subject]
        for node in ways:  # grows while it is walked
            if len(ways) > _DEEPEST * 8:
                break
            for step in self._next(index, node, about):
                if step.node not in steps and step.node not in own:
                    steps[step.node] = step
                    ways.append(step.node)
        return list(steps.values())

    def _next(self, index: _Index, node: str, about: About) -> Iterator[Step]:
        snapshot = index.snapshot
        if node == BROKER:
            return
        if node.startswith("asset:"):
            asset = snapshot.assets.get(int(node.removeprefix("asset:")))
            place = snapshot.places.get(asset.home_id) if asset is not None and asset.home_id is not None else None
        else:
            yield from (Step(each, _NET) for each in self._lines(index, node))
            if (asset := snapshot.asset_of(node, about.since)) is not None and asset.id in index.carriers:
                yield Step(f"asset:{asset.id}", _NET)
            place = snapshot.place_of(node, about.since)
        for one in index.above(place):
            yield Step(f"asset:{one}", _NET if one in index.carriers else _PLANT[TALK])
        if node.startswith("mqtt:") or (node.startswith("link:") and node.removeprefix("link:") not in index.own_links):
            yield Step(BROKER, _NET)

    def _lines(self, index: _Index, device: str) -> Iterator[str]:
        """The gateway, port or link that a device's talk comes by."""
        if gateway := self._heard.heard_by(device):
            yield gateway
        if device in index.radios:
            yield index.radios[device]
        family, _, rest = device.partition(":")
        if family == "serial":
            yield f"link:{rest}"
        elif family == "link" and "/" in rest:
            yield f"link:{rest.partition('/')[0]}"

    def quiet(self, node: str, at: datetime) -> bool:
        """Whether nothing is heard by way of a node any more. Of plant nobody can say: it may be off."""
        if not node.startswith("asset:"):
            carried = self._heard.carried(node)
            return carried is not None and at - carried > _QUIET
        index, asset = self._index, int(node.removeprefix("asset:"))
        if asset not in index.carriers:
            return True
        within = index.served.get(asset, ())
        gateways = [
            index.snapshot.devices[gateway.device_id].native_id
            for gateway in index.snapshot.gateways.values()
            if any(place.id in within for place in index.snapshot.path(gateway.place_id))
        ]
        return bool(gateways) and all(self.quiet(each, at) for each in gateways)


class Unaware:
    """Nothing is known of what serves what."""

    def above(self, about: About) -> list[Step]:  # noqa: ARG002 - as `Causes`
        """Nothing."""
        return []

    def quiet(self, node: str, at: datetime) -> bool:  # noqa: ARG002 - as `Causes`
        """Nobody can say."""
        return False


def _many() -> dict[str, dict[int, None]]:
    return defaultdict(dict)


@dataclass
class Standing:
    """Open incidents and the alarms that hold in them, by node; sets that keep their order.

    `alarms`: incident and what about; `known`: open incidents by the node they are known by; `suspecting`: alarms by
    what they may come from, at least one of each incident; `apart`: what a person took apart, by rule and subject.
    """

    alarms: dict[int, tuple[int, About]] = field(default_factory=dict)
    holding: dict[int, dict[int, None]] = field(default_factory=lambda: defaultdict(dict))
    at: dict[str, dict[int, None]] = field(default_factory=_many)
    known: dict[str, dict[int, None]] = field(default_factory=_many)
    suspecting: dict[str, dict[int, None]] = field(default_factory=_many)
    apart: dict[tuple[int, str], set[str]] = field(default_factory=dict)

    def put(self, alarm_id: int, incident_id: int, about: About, above: Iterable[Step] = ()) -> None:
        """The alarm holds, in this incident."""
        self.drop(alarm_id)
        self.alarms[alarm_id] = incident_id, about
        self.holding[incident_id][alarm_id] = None
        for node in about.nodes:
            self.at[node][alarm_id] = None
        for step in above:
            self.suspecting[step.node][alarm_id] = None

    def drop(self, alarm_id: int) -> None:
        """It does not any more."""
        incident_id, about = self.alarms.pop(alarm_id, (0, None))
        if about is None:
            return
        self.holding[incident_id].pop(alarm_id, None)
        for node in about.nodes:
            self.at[node].pop(alarm_id, None)

    def end(self, incident_id: int, known_by: str) -> None:
        """The incident is closed."""
        self.known[known_by].pop(incident_id, None)
        self.holding.pop(incident_id, None)

    def near(self, node: str) -> Iterator[tuple[int, About]]:
        """The alarms that hold at a node, with their incidents."""
        return (self.alarms[one] for one in self.at.get(node, ()) if one in self.alarms)

    def may_come_from(self, node: str) -> Iterator[tuple[int, About]]:
        """The alarms that may come from a node, and one of each incident that is known by it."""
        for one in self.suspecting.get(node, ()):
            if one in self.alarms:
                yield self.alarms[one]
        for incident in self.known.get(node, ()):
            yield from (self.alarms[one] for one in list(self.holding.get(incident, ()))[:1])


class Found(NamedTuple):
    """An incident with the same cause. `node`: where they meet; `sure`: the cause itself is in alarm there."""

    incident_id: int
    node: str
    sure: bool


def cause_of(
    about: About, above: Sequence[Step], standing: Standing, quiet: Callable[[str], bool], window: timedelta
) -> Found | None:
    """The incident that a new alarm belongs to.

    First where what it hangs on is in alarm itself; then that of the same asset, room or device; then that of another
    consequence of what may be the cause, when nothing speaks against it: the gateway is `quiet`, for plant both began
    within `window`. Silence asks for the last before the second.
    """
    barred = standing.apart.get((about.rule_id, about.subject), set())
    steps = [step for step in above if step.node not in barred]
    sure = _sure(about, steps, standing, barred, window)
    same = _same(about, standing, barred)
    if sure is not None:
        return sure
    if about.trouble == TALK:
        return _suspected(about, steps, standing, quiet, window) or same
    return same or _suspected(about, steps, standing, quiet, window)


def _sure(
    about: About, steps: Sequence[Step], standing: Standing, barred: AbstractSet[str], window: timedelta
) -> Found | None:
    for step in steps:
        for incident, other in standing.near(step.node):
            if other.trouble in step.by and other.since <= about.since + window and other.main not in barred:
                return Found(incident, step.node, sure=True)
    return None


def _same(about: About, standing: Standing, barred: AbstractSet[str]) -> Found | None:
    for node in (about.main, about.subject):
        if node in barred:
            continue
        for incident, _ in standing.near(node):
            return Found(incident, node, sure=False)
        for incident in standing.known.get(node, ()):
            return Found(incident, node, sure=False)
    return None


def _suspected(
    about: About, steps: Sequence[Step], standing: Standing, quiet: Callable[[str], bool], window: timedelta
) -> Found | None:
    for step in (each for each in steps if about.trouble in each.by):
        for incident, other in standing.may_come_from(step.node):
            together = about.trouble == TALK or abs(about.since - other.since) <= window
            if other.trouble == about.trouble and together and quiet(step.node):
                return Found(incident, step.node, sure=False)
    return None


def consequences(
    about: About, standing: Standing, above: Callable[[About], Sequence[Step]], window: timedelta
) -> list[int]:
    """The open incidents that a new alarm explains, the oldest first: all that holds in them may come from it."""
    found: dict[int, None] = {}
    for node in about.nodes:
        for incident, other in standing.may_come_from(node):
            if incident not in found and other.main != about.main and about.since <= other.since + window:
                found[incident] = None
    return sorted(
        one for one in found if all(_explains(about, each, standing, above) for each in standing.holding[one])
    )


def _explains(about: About, alarm_id: int, standing: Standing, above: Callable[[About], Sequence[Step]]) -> bool:
    other = standing.alarms[alarm_id][1]
    barred = standing.apart.get((other.rule_id, other.subject), set())
    nodes = set(about.nodes) - barred
    return any(step.node in nodes and about.trouble in step.by for step in above(other))
