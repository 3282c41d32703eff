"""Figures as text for Prometheus: its text format 0.0.4, and OpenMetrics 1.0 for who asks for it.

https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/.
Names follow https://prometheus.io/docs/practices/naming/: base units, counters end in `_total`.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from collector.histogram import Durations

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[tuple[str, str], ...]
Value = float | Durations

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Family(msgspec.Struct, frozen=True):
    """One figure under all its labels; a counter's name ends in `_total`. Values of a histogram are Durations."""

    name: str
    kind: Kind
    help: str
    samples: Mapping[Labels, Value]


def family(name: str, kind: Kind, help_: str, samples: Iterable[tuple[Mapping[str, str], Value]]) -> Family:
    """A family of samples by their labels. Raises ValueError for a name that Prometheus does not know."""
    found = {tuple(sorted(labels.items())): value for labels, value in samples}
    names = [label for labels in found for label, _ in labels]
    if not _NAME.fullmatch(name) or not all(map(_LABEL.fullmatch, names)):
        raise ValueError(f"{name} with {names}: letters, digits and _ only")
    if (kind == "counter") != name.endswith("_total"):
        raise ValueError(f"{name}: counters, and nothing else, end in _total")
    return Family(name, kind, help_, found)


def openmetrics_wanted(accept: str) -> bool:
    """Whether a scraper's Accept header asks for OpenMetrics."""
    return "application/openmetrics-text" in accept.lower()


def exposition(families: Iterable[Family], *, openmetrics: bool = False) -> str:
    """The text; families without samples are left out."""
    lines = []
    for each in sorted(families, key=lambda one: one.name):
        if each.samples:
            name = each.name.removesuffix("_total") if openmetrics else each.name
            lines += [f"# HELP {name} {_help(each.help, openmetrics)}", f"# TYPE {name} {each.kind}"]
            for labels, value in sorted(each.samples.items()):
                lines += _lines(each.name, labels, value)
    return "\n".join([*lines, "# EOF", ""] if openmetrics else [*lines, ""])


def _lines(name: str, labels: Labels, value: Value) -> Iterator[str]:
    if not isinstance(value, Durations):
        yield f"{name}{_braced(labels)} {_number(value)}"
        return
    below = 0
    for bound, count in zip((*value.bounds, math.inf), value.counts, strict=True):
        below += count
        yield f"{name}_bucket{_braced((*labels, ('le', _number(float(bound)))))} {below}"
    yield f"{name}_sum{_braced(labels)} {_number(value.seconds)}"
    yield f"{name}_count{_braced(labels)} {below}"


def _braced(labels: Labels) -> str:
    inside = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels)
    return f"{{{inside}}}" if inside else ""


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _help(text: str, openmetrics: bool) -> str:  # noqa: FBT001 - which of two formats
    return _quoted(text) if openmetrics else text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)
