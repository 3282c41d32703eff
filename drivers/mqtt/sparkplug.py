"""Sparkplug B edge nodes and their devices: births, data, deaths.

Document: Eclipse Sparkplug 3.0.0 (ISO/IEC 20237); payloads as in `drivers/codecs/sparkplug_payload.py`. A metric is
read when it is called after a quantity (its last level; `engUnit` of its birth says the unit), or when `mapping` names
it; set points, limits and whatever has another name are left out. Of several metrics of one quantity each is a device
of its own, by its folder.

Names and units are said by births alone. Wardkeeper only reads: it never asks for one, as a host application may. After
a start it knows them where the broker keeps births (`$sparkplug/certificates/…`, a "Sparkplug Aware" server); elsewhere
values wait for the next birth, and a bad frame says so once. A number of a message that is missing is a bad frame too,
whose values are kept; as a birth may be missing, those by alias are then uncertain until the next. An NDEATH of a
session before that of the birth is passed over; whoever sends data is there, though its birth was missed.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Setting

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Item, Quality, Reading
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.json_values import Field, SiteField, moment
from drivers.codecs.sparkplug_payload import Metric, Payload, read
from drivers.codecs.well_known import NAMES, field, told_apart

PROVEN = True

Level = Annotated[str, StringConstraints(pattern=r"^(\+|[^+#\x00/]+)$")]


class Config(BaseModel):
    """Which groups, and what the metrics of this site mean."""

    model_config = ConfigDict(extra="forbid", strict=True)

    groups: list[Level] = Setting(["+"], description="The group ids to listen to; `+` is every one.")
    mapping: dict[str, SiteField] = Setting(
        {},
        description="Metrics of this site, by their whole name or by `<group>/<node>[/<device>]/<name>`: `metric`, and"
        " if need be `scale` and `inverted`; before what the name and `engUnit` say.",
    )


_NAMESPACE = "spBv1.0"
_KEPT = "$sparkplug/certificates/"
_KINDS = {"NBIRTH": 1, "NDATA": 1, "NDEATH": 1, "DBIRTH": 2, "DDATA": 2, "DDEATH": 2}
"""The messages, and how many levels of their topics say whose they are: node, or node and device."""

_FACTS = {
    "hardware make": "maker",
    "manufacturer": "maker",
    "hardware model": "model",
    "model": "model",
    "firmware version": "firmware",
    "serial number": "serial",
}
_MOST = 100_000  # metrics of one link
_NUMBERS = 256
_BAD, _GOOD = 0, 192

DEVICES = (
    Device(
        "any",
        "that speaks Sparkplug B",
        tuple(dict.fromkeys([*NAMES.values(), "available"])),
        NOT_FOR_VACCINE,
    ),
)


def claims(config: Config) -> tuple[str, ...]:
    """Births that the broker keeps first; no commands, and no STATE of host applications."""
    every = [
        f"{_NAMESPACE}/{group}/{kind}{'/+' * levels}" for group in config.groups for kind, levels in _KINDS.items()
    ]
    return (*(f"{_KEPT}{one}" for one in every if "BIRTH/" in one), *every)


def decoder(config: Config) -> "Sparkplug":
    """The decoder of the groups of one broker."""
    return Sparkplug(config)


class _Known(msgspec.Struct, frozen=True):
    """A metric that is a reading: whose, of which field and type."""

    device: str
    field: Field
    datatype: int


class _Birth(msgspec.Struct, frozen=True):
    """What a node or device said of its metrics; None for those that are no readings."""

    at: float
    names: dict[str, _Known | None]
    aliases: dict[int, _Known | None]


_NONE = _Birth(0, {}, {})


class _Node(msgspec.Struct):
    """One session of an edge node.

    `there`: who was said to be available. `unborn`: of whom it was said already that nobody knows their names.
    `doubted`: whose aliases may be others by now, because a birth may be among the messages that are missing.
    """

    session: int | None = None
    seq: int | None = None
    born: dict[str, _Birth] = {}
    there: set[str] = set()
    unborn: set[str] = set()
    doubted: set[str] = set()


class Sparkplug:
    """Devices are `mqtt:spBv1.0/<group>/<node>` and `mqtt:spBv1.0/<group>/<node>/<device>`."""

    def __init__(self, config: Config) -> None:
        self._mapping = config.mapping
        self._nodes: dict[str, _Node] = {}
        self._count = 0

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says. Raises BadFrame, also for what is missing before a good one."""
        topic = frame.topic.removeprefix(_KEPT)
        namespace, group, kind, *who = topic.split("/") if topic.count("/") > 1 else ("", "", "")
        if namespace != _NAMESPACE or _KINDS.get(kind) != len(who) or not frame.payload:
            return ()
        node, path = f"{group}/{who[0]}", "/".join([group, *who])
        payload = read(frame.payload)
        if topic != frame.topic:
            self._remember(node, path, payload, kind, again=frame.retained)
            return ()
        if kind == "NDEATH":
            return self._dead(frame, node, payload)
        if kind == "NBIRTH" or node not in self._nodes:
            self._begin(node, _session(payload))
        missing = self._missing(node, payload)
        said: list[Item] = list(self._said(frame, node, path, payload, kind))
        troubles = [one for one in (missing, self._unborn(node, path, payload)) if one]
        if troubles:
            raise BadFrame("; ".join(troubles), 0, said)
        return said

    # ------------------------------------------------------------------ sessions

    def _remember(self, node: str, path: str, payload: Payload, kind: str, *, again: bool) -> None:
        """A birth that the broker kept: names and no news, which count when they are newer than what was heard.

        `again`: the link has subscribed anew, so that messages may have been missed.
        """
        known = self._nodes.get(node) or self._begin(node)
        newer = path not in known.born or known.born[path].at < (payload.timestamp or 0)
        if newer and kind == "NBIRTH" and path in known.born:
            known = self._begin(node)
        if newer:
            self._learn(known, path, payload)
        if kind == "NBIRTH" and (newer or again):  # the session that goes on, whatever was missed of it
            known.session, known.seq = _session(payload), None
            known.doubted.clear()

    def _begin(self, node: str, session: int | None = None) -> _Node:
        self._forget(node)
        if len(self._nodes) >= _MOST:
            raise BadFrame(f"More than {_MOST} nodes are heard: name fewer `groups`")
        self._nodes[node] = _Node(session)
        return self._nodes[node]

    def _dead(self, frame: Frame, node: str, payload: Payload) -> list[Reading]:
        """Its broker says that the node is gone, and with it all its devices."""
        known, session = self._nodes.get(node), _session(payload)
        if known and known.session is not None and session is not None:
            ago = (known.session - session) % _NUMBERS
            if 0 < ago < _NUMBERS // 2:  # the will of a session before this one, come late
                return []
        gone = dict.fromkeys([node, *((*known.born, *sorted(known.there)) if known else ())])
        self._forget(node)
        return [frame.reading(_device(path), "available", False) for path in gone]

    def _missing(self, node: str, payload: Payload) -> str:
        """How many messages of the node are missing before this one, in words; "" for none."""
        known = self._nodes[node]
        before, known.seq = known.seq, payload.seq
        if before is None or payload.seq is None or payload.seq == before:
            return ""
        missing = (payload.seq - before - 1) % _NUMBERS
        if not missing:
            return ""
        known.doubted.update(known.born)
        return f"{node}: {missing} missing before this message"

    def _forget(self, node: str) -> None:
        old = self._nodes.pop(node, None)
        self._count -= sum(len(birth.names) for birth in old.born.values()) if old else 0

    # ------------------------------------------------------------------ metrics

    def _said(self, frame: Frame, node: str, path: str, payload: Payload, kind: str) -> Iterator[Item]:
        known, device = self._nodes[node], _device(path)
        if kind == "DDEATH":
            self._count -= len(known.born.pop(path, _NONE).names)
            known.there.discard(path)
            yield frame.reading(device, "available", False)
            return
        if kind.endswith("BIRTH"):
            self._learn(known, path, payload)
            facts = {fact: one.value for one in payload.metrics if (fact := _fact(one)) and isinstance(one.value, str)}
            yield Announcement(device, {"name": path.rpartition("/")[2], **facts}, frame.received)
            known.there.discard(path)
        for who in dict.fromkeys((node, path)):  # whoever talks is there; a birth may have been missed
            if who not in known.there:
                known.there.add(who)
                yield frame.reading(_device(who), "available", True)
        birth = known.born.get(path)
        for one in payload.metrics:
            found = self._known(birth, path, one)
            if found is not None:
                yield from _reading(frame, found, one, payload, sure=bool(one.name) or path not in known.doubted)

    def _known(self, birth: _Birth | None, path: str, one: Metric) -> _Known | None:
        if birth is not None:
            by_alias = birth.aliases.get(one.alias) if one.alias is not None else None
            return by_alias or birth.names.get(one.name)
        site = self._site(path, one.name)  # which says the unit, as else only a birth does
        return _Known(_device(path), site, 0) if site else None

    def _site(self, path: str, name: str) -> Field | None:
        said = self._mapping.get(f"{path}/{name}") or self._mapping.get(name)
        return said.field() if said else None

    def _unborn(self, node: str, path: str, payload: Payload) -> str:
        """That nobody knows what the values of a message are, said once; "" when it is known or was said."""
        known = self._nodes[node]
        birth = known.born.get(path)
        unknown = [
            one
            for one in payload.metrics
            if (birth is None and self._known(None, path, one) is None)
            or (birth is not None and not one.name and one.alias not in birth.aliases)
        ]
        if not unknown or path in known.unborn:
            return ""
        known.unborn.add(path)
        return f"{path}: {len(unknown)} values without names and units before its next birth"

    def _learn(self, known: _Node, path: str, payload: Payload) -> None:
        """Take the names of a birth; of several metrics of one quantity each gets a device of its own."""
        self._count -= len(known.born.pop(path, _NONE).names)
        if self._count + len(payload.metrics) > _MOST:
            raise BadFrame(f"More than {_MOST} metrics are announced: name fewer `groups`")
        fields: dict[str, Field] = {}
        for one in payload.metrics:
            *above, last = one.name.split("/")
            found = self._site(path, one.name) or field(last, one.unit, above)
            if found is not None and not one.transient:
                fields[one.name] = found
        apart = told_apart(fields, "/", [name for name in fields if self._site(path, name)])
        names: dict[str, _Known | None] = {one.name: None for one in payload.metrics}
        for one in payload.metrics:
            if (which := apart.get(one.name)) is not None:
                device = f"{_device(path)}/{which}" if which else _device(path)
                names[one.name] = _Known(device, fields[one.name], one.datatype)
        self._count += len(names)
        aliases = {one.alias: names[one.name] for one in payload.metrics if one.alias is not None}
        known.born[path] = _Birth(payload.timestamp or 0, names, aliases)
        known.unborn.discard(path)
        known.doubted.discard(path)


def _reading(frame: Frame, known: _Known, one: Metric, payload: Payload, *, sure: bool) -> Iterator[Reading]:
    at = moment(one.timestamp) or moment(payload.timestamp)
    if one.transient or one.quality == _BAD or (one.historical and at is None):
        return
    value = known.field.value(one.typed(known.datatype))
    if value is not None:
        quality = Quality.GOOD if sure and one.quality in {None, _GOOD} else Quality.UNCERTAIN
        yield frame.reading(known.device, known.field.metric, value, at, quality)


def _device(path: str) -> str:
    return f"mqtt:{_NAMESPACE}/{path}"


def _session(payload: Payload) -> int | None:
    """`bdSeq`: which of the node's connections to the broker this is."""
    said = next((one.value for one in payload.metrics if one.name == "bdSeq"), None)
    return said if isinstance(said, int) else None


def _fact(one: Metric) -> str | None:
    return _FACTS.get(one.name.rpartition("/")[2].lower())
