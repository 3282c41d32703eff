"""Which decoder a frame belongs to: parts by name, for each family one tree of their topic filters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from collector.errors import BadFrame, ConfigError, NoKey
from collector.parts import names, part
from collector.ports import Decoded, Decoder
from collector.reading import Frame, Item, Sighting

_PACKAGES = ("drivers",)
_REMEMBERED = 4096  # topics whose decoders are not looked for again: what one link hears mostly repeats
_DEEPEST = 4  # a frame in a frame in a frame: an advertisement in an envelope in MQTT


class Dialect(msgspec.Struct, frozen=True):
    """A decoder with the topic filters it claims. `kind` is the part's name: "mqtt.tasmota"."""

    kind: str
    claims: tuple[str, ...]
    decoder: Decoder

    @property
    def family(self) -> str:
        """Whose frames it decodes."""
        return self.kind.partition(".")[0]


class DialectChoice(BaseModel):
    """A dialect to understand, with its own settings beside `kind`."""

    model_config = ConfigDict(extra="allow", strict=True)

    kind: str = Field(..., description="As in `wardkeeper kinds`.")


def kinds(family: str) -> list[str]:
    """The parts of a family, by name."""
    return [name for name in names(_PACKAGES) if name.startswith(f"{family}.")]


def dialect(kind: str, settings: Mapping[str, object] | None = None) -> Dialect:
    """The part `kind` with its settings. Raises ConfigError for an unknown kind and for a wrong setting."""
    module = part(kind, _PACKAGES).module
    try:
        config = module.Config.model_validate(dict(settings or {}))
    except ValidationError as trouble:
        raise ConfigError(f"{kind}: {trouble}") from trouble
    return Dialect(kind, module.claims(config), module.decoder(config))


def adverts() -> list[DialectChoice]:
    """What to understand of advertisements when nobody says: all of `ble` but what people wear (`PERSONAL`)."""
    return [DialectChoice(kind=kind) for kind in kinds("ble") if not _marked(kind, "PERSONAL")]


def open_dialects(choices: Iterable[DialectChoice]) -> list[Dialect]:
    """The dialects a link was configured with. Raises ConfigError.

    Where one hands on advertisements (`ADVERTS` in the part) and none of `ble` was chosen, these are understood too.
    """
    opened = [dialect(choice.kind, choice.model_extra) for choice in choices]
    if any(_marked(one.kind, "ADVERTS") for one in opened) and not any(one.family == "ble" for one in opened):
        opened += [dialect(choice.kind) for choice in adverts()]
    return opened


def _marked(kind: str, mark: str) -> bool:
    return getattr(part(kind, _PACKAGES).module, mark, False)


class Dialects:
    """The decoders of one link, found by the frame's family and by topic filter (MQTT 3.1.1 §4.7).

    In the last level of a filter of another family `*` at the end stands for whatever follows (`name/TP35*`).
    `filters` are those that an MQTT link subscribes to.
    """

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._roots: dict[str, _Level] = {}
        self._found: dict[tuple[str, str], list[Decoder]] = {}
        self.filters: list[str] = []
        for one in dialects:
            root = self._roots.setdefault(one.family, _Level())
            for claim in one.claims:
                root.add(claim.split("/"), one.decoder, beginning=one.family != "mqtt")
            if one.family == "mqtt":
                self.filters += one.claims

    def decoders(self, topic: str, family: str = "mqtt") -> list[Decoder]:
        """Whoever claims `topic`, each once."""
        known = self._found.get((family, topic))
        if known is None:
            root = self._roots.get(family)
            found = {id(decoder): decoder for decoder in root.find(topic.split("/"), 0)} if root else {}
            known = list(found.values())
            if len(self._found) < _REMEMBERED:
                self._found[family, topic] = known
        return known

    def decode(self, frame: Frame, depth: int = 0) -> Sequence[Item] | None:
        """Everything `frame` says, also the frames inside it; None when nobody claims it.

        Raises BadFrame, whose `said` is what is good: one bad advertisement takes no other with it.
        """
        decoders = self._found.get((frame.family, frame.topic)) or self.decoders(frame.topic, frame.family)
        return self.decode_by(decoders, frame, depth) if decoders else None

    def decode_by(self, decoders: Sequence[Decoder], frame: Frame, depth: int = 0) -> Sequence[Item]:
        """As `decode`, for who knows already to whom `frame` belongs."""
        bad: list[BadFrame] = []
        said: Sequence[Decoded] = ()
        for decoder in decoders:
            try:
                more = decoder.decode(frame)
            except BadFrame as trouble:
                bad.append(trouble)
                more = trouble.said
            said = [*said, *more] if said else more
        if not bad and len(decoders) == 1:
            for one in said:
                if type(one) is Frame:
                    break
            else:  # most messages: nothing to open
                return cast("Sequence[Item]", said)
        items = self._opened(said, bad, depth)
        if bad:
            _complain(bad, items)
        return items

    def _opened(self, said: Iterable[Decoded], bad: list[BadFrame], depth: int) -> list[Item]:
        """What was said, frames opened. That an address was heard is left out where a frame knows who that is."""
        items: list[Item] = []
        heard: list[Sighting] = []
        named: set[str] = set()
        for one in said:
            if isinstance(one, Frame):
                inside = self._inside(one, bad, depth)
                if any(isinstance(item, Sighting) for item in inside):
                    named.add(one.device)
                items += inside
            elif isinstance(one, Sighting):
                heard.append(one)
            else:
                items.append(one)
        return items + [one for one in heard if one.tag not in named]

    def _inside(self, frame: Frame, bad: list[BadFrame], depth: int) -> Sequence[Item]:
        if depth >= _DEEPEST:
            return ()
        try:
            return self.decode(frame, depth + 1) or ()
        except BadFrame as trouble:
            where = f"{frame.device} {frame.topic}, byte {trouble.offset}: {trouble}".lstrip()
            bad.append(type(trouble)(where))
            return cast("Sequence[Item]", trouble.said)


def _complain(bad: Sequence[BadFrame], said: Sequence[Item]) -> NoReturn:
    """One error for all of them; that a key is missing only when nothing worse was found."""
    worst = next((one for one in bad if not isinstance(one, NoKey)), bad[0])
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    raise type(worst)(f"{worst}{more}", worst.offset, tuple(said)) from worst


class _Level:
    """One level of the tree of filters: the next ones by name, `+` and `#` among them, and who ends here."""

    def __init__(self) -> None:
        self.next: dict[str, _Level] = {}
        self.beginnings: list[tuple[str, Decoder]] = []
        self.decoders: list[Decoder] = []

    def add(self, levels: list[str], decoder: Decoder, *, beginning: bool) -> None:
        level = self
        *path, last = levels
        for name in path:
            level = level.next.setdefault(name, _Level())
        if beginning and last.endswith("*"):
            level.beginnings.append((last[:-1], decoder))
        else:
            level.next.setdefault(last, _Level()).decoders.append(decoder)

    def find(self, levels: list[str], at: int) -> Iterator[Decoder]:
        if rest := self.next.get("#"):  # also matches the level above it
            yield from rest.decoders
        if at == len(levels):
            yield from self.decoders
            return
        if at == len(levels) - 1:
            yield from (decoder for start, decoder in self.beginnings if levels[at].startswith(start))
        for name in (levels[at], "+"):
            if found := self.next.get(name):
                yield from found.find(levels, at + 1)
