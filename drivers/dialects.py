"""Which decoder a frame belongs to: parts by name, for each family one tree of their topic filters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from collector.errors import ConfigError
from collector.parts import names, part
from collector.ports import Decoder
from collector.reading import Frame, Item

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


def open_dialects(choices: Iterable[DialectChoice]) -> list[Dialect]:
    """The dialects a link was configured with. Raises ConfigError."""
    return [dialect(choice.kind, choice.model_extra) for choice in choices]


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
        """Everything `frame` says, also the frames inside it; None when nobody claims it. Raises BadFrame."""
        decoders = self.decoders(frame.topic, frame.family)
        return self.decode_by(decoders, frame, depth) if decoders else None

    def decode_by(self, decoders: Sequence[Decoder], frame: Frame, depth: int = 0) -> Sequence[Item]:
        """As `decode`, for who knows already to whom `frame` belongs."""
        items: list[Item] = []
        for decoder in decoders:
            everything = decoder.decode(frame)
            if len(decoders) == 1 and Frame not in map(type, everything):
                return cast("Sequence[Item]", everything)
            for said in everything:
                if not isinstance(said, Frame):
                    items.append(said)
                elif depth < _DEEPEST:
                    items += self.decode(said, depth + 1) or ()
        return items


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
