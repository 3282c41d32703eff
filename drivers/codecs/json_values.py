"""Values out of the JSON of devices: tolerant numbers, words for yes and no, device times, tables of fields.

A dialect declares which field is which metric (`Field`); what this module cannot read gives no value, never a guess.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Annotated, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator
from pydantic import Field as Setting

from collector.clock import whole_ms
from collector.errors import BadFrame
from collector.metrics import METRICS
from collector.reading import Frame, Reading, Value
from drivers.codecs.device_time import OLDEST

FLAGS = {"on": True, "off": False, "true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
"""The words for true and false that nearly everybody uses, in lower case."""

ONLINE = {"online": True, "offline": False}

_SECONDS_END = 100_000_000_000  # 5138 AD in seconds, 1973 in milliseconds: the larger number is milliseconds
_LONGEST_TEXT = 200
_OFFSET = re.compile(r"\(byte (\d+)\)")


_T = TypeVar("_T")


def parse(payload: bytes) -> object:
    """The JSON value of `payload`. Raises BadFrame, with the offset where the parser knows it."""
    plain(payload)  # msgspec says where in its string, not where in the payload
    return typed(msgspec.json.decode, payload)


def typed(decode: Callable[[bytes], _T], payload: bytes) -> _T:
    """What a msgspec decoder makes of `payload`. Raises BadFrame, as `parse`."""
    try:
        return decode(payload)
    except msgspec.DecodeError as trouble:
        raise BadFrame(*_where(str(trouble), len(payload))) from trouble
    except UnicodeDecodeError as trouble:
        plain(payload)
        raise BadFrame("The payload is not UTF-8") from trouble
    except RecursionError as trouble:
        raise BadFrame("The JSON is nested too deeply") from trouble


def parse_object(payload: bytes) -> dict[str, object]:
    """The JSON object of `payload`. Raises BadFrame for anything else."""
    value = parse(payload)
    if not isinstance(value, dict):
        raise BadFrame(f"Expected a JSON object, got {type(value).__name__}")
    return value


def plain(payload: bytes) -> str:
    """The text of a payload that is not JSON. Raises BadFrame."""
    try:
        return payload.decode()
    except UnicodeDecodeError as trouble:
        raise BadFrame("The payload is not UTF-8", trouble.start) from trouble


def _where(why: str, size: int) -> tuple[str, int]:
    found = _OFFSET.search(why)
    if found:
        return why[: found.start()].rstrip(), int(found[1])
    return why, size if "truncated" in why else 0


def section(values: Mapping[str, object], key: str) -> dict[str, object]:
    """The object under `key`; an empty one when there is none."""
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def number(raw: object) -> float | None:
    """A finite number, also when it is written as a string; a truth value is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def flag(raw: object, words: Mapping[str, bool] = FLAGS) -> bool | None:
    """True or false, also as 0 and 1 or as one of `words`."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        return words.get(raw.strip().lower())
    return bool(raw) if isinstance(raw, int | float) and raw in (0, 1) else None


def text(raw: object) -> str | None:
    """A word or a short sentence."""
    return raw if isinstance(raw, str) and 0 < len(raw) <= _LONGEST_TEXT else None


def moment(raw: object, zone: tzinfo | None = None) -> datetime | None:
    """A device's time: ISO 8601 (without zone only when `zone` says which), seconds or milliseconds since 1970."""
    try:
        if isinstance(raw, str) and not raw.isdecimal():
            said = datetime.fromisoformat(raw)
            if said.tzinfo is None:
                if zone is None:
                    return None
                said = said.replace(tzinfo=zone)
            said = said.astimezone(UTC)
        else:
            since = number(raw)
            if since is None:
                return None
            said = datetime.fromtimestamp(since / 1000 if since >= _SECONDS_END else since, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return whole_ms(said) if said >= OLDEST else None


def times(factor: float) -> Callable[[float], float]:
    """Another unit that is `factor` times the metric's, without the dust of binary fractions."""
    return lambda value: round(value * factor, 6)


def fahrenheit(value: float) -> float:
    """°F to °C."""
    return round((value - 32) / 1.8, 6)


def mired(value: float) -> float:
    """Reciprocal megakelvin to K, which is what lights mean by color temperature. 0 is no temperature."""
    return round(1_000_000 / value) if value > 0 else math.nan


class Field(msgspec.Struct, frozen=True):
    """Which metric a field is, and how its value becomes the metric's. `words` stand for true and false."""

    metric: str
    convert: Callable[[float], float] | None = None
    words: Mapping[str, bool] | None = None
    inverted: bool = False

    def value(self, raw: object) -> Value | None:
        """The metric's value, or None: not there, not readable."""
        kind = METRICS[self.metric].kind
        if kind is bool:
            said = flag(raw, self.words or FLAGS)
            return None if said is None else said is not self.inverted
        if kind is str:
            return text(raw)
        value = number(raw)
        if value is None or self.convert is None:
            return value
        return number(self.convert(value))


def readings(
    frame: Frame, device: str, values: Mapping[str, object], fields: Mapping[str, Field], at: datetime | None = None
) -> list[Reading]:
    """What `values` says, a metric once: of two fields for one metric the first in the table wins."""
    found: dict[str, Reading] = {}
    for key in filter(values.__contains__, fields):  # few of a long table
        field = fields[key]
        if field.metric not in found:
            value = field.value(values[key])
            if value is not None:
                found[field.metric] = frame.reading(device, field.metric, value, at)
    return list(found.values())


BaseTopic = Annotated[str, StringConstraints(pattern=r"^[^#+\x00]*[^/#+\x00]$")]
"""The levels before what a dialect publishes: no wildcards, no slash at the end."""

TopicFilter = Annotated[
    str, StringConstraints(min_length=1, pattern=r"^(\+|[^+#\x00/]*)(/(\+|[^+#\x00/]*))*(/#)?$|^#$")
]
"""A filter of topics, MQTT 3.1.1 §4.7; a level may be empty, as some makers have it."""


class SiteField(BaseModel):
    """A field that only this site has: which metric it is, and what to multiply it with."""

    model_config = ConfigDict(extra="forbid", strict=True)

    metric: str = Setting(..., description="What it is: a name of `collector/metrics.py`.")
    scale: float = Setting(1.0, description="What to multiply it with.")
    inverted: bool = Setting(False, description="Whether true means false.")

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in METRICS:
            raise ValueError(f"{name!r} is not a metric; collector/metrics.py lists them")
        return name

    def field(self) -> Field:
        """As an entry of a table."""
        return Field(self.metric, times(self.scale) if self.scale != 1 else None, inverted=self.inverted)


def with_site(fields: Mapping[str, Field], site: Mapping[str, SiteField]) -> dict[str, Field]:
    """The table with the site's own fields before it: they win."""
    own = {key: said.field() for key, said in site.items()}
    return own | {key: field for key, field in fields.items() if key not in own}
