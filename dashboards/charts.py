"""Small drawings as inline SVG, drawn once for every width and both schemes.

An outer SVG without a viewBox takes places in per cent and sizes in screen pixels, so that labels are never scaled;
what may be stretched (lines, areas) lies in an inner SVG with `preserveAspectRatio="none"`. Colors come from the style
sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT = 48
"""Pixels of a small multiple, without the labels below it."""

Step = tuple[float, float]
"""Where a new level begins, 0 to 1 of the width, and the level."""


@dataclass(frozen=True)
class Bullet:
    """A value against its limits, in per cent of the track. `low` and `high` are where a limit is drawn, if any."""

    start: float
    width: float
    low: float | None
    high: float | None
    value: float


def bullet(value: float, low: float | None, high: float | None) -> Bullet:
    """The track reaches half a band beyond the limits, or further to hold the value."""
    if low is None and high is None:
        raise ValueError("a bullet needs a limit")
    known = [limit for limit in (low, high) if limit is not None]
    band = known[1] - known[0] if len(known) == 2 else abs(known[0]) or 1.0
    room = band * 0.15
    first = min(known[0] - band / (2 if low is not None else 1), value - room)
    last = max(known[-1] + band / (2 if high is not None else 1), value + room)
    span = last - first

    def part(at: float) -> float:
        return round(100 * (at - first) / span, 1)

    start = part(low) if low is not None else 0.0
    end = part(high) if high is not None else 100.0
    return Bullet(
        start=start,
        width=round(end - start, 1),
        low=None if low is None else start,
        high=None if high is None else end,
        value=min(99.0, max(1.0, part(value))),
    )


def bars(counts: Sequence[int], labels: Sequence[str], words: str) -> Markup:
    """One bar a count, the last one darker; `labels` are spread over the width, `words` say it to a screen reader."""
    top, share = max(*counts, 1), 100 / max(len(counts), 1)
    drawn = []
    for index, count in enumerate(counts):
        height = max(2.0, (HEIGHT - 8) * count / top) if count else 0.0
        shade = "bar now" if index == len(counts) - 1 else "bar"
        drawn.append(
            f'<rect class="{shade}" x="{index * share + share * 0.1:.2f}%" y="{HEIGHT - height:.1f}" '
            f'width="{share * 0.8:.2f}%" height="{height:.1f}"/>'
        )
    return _multiple("".join(drawn), labels, words)


def steps(levels: Sequence[Step], labels: Sequence[str], words: str) -> Markup:
    """A level that changes in steps, as a line over an area down to zero."""
    top = max(*(level for _, level in levels), 1)
    path = ""
    for index, (at, level) in enumerate(levels):
        y = HEIGHT - (HEIGHT - 8) * level / top
        path += f"M0 {y:.1f}" if index == 0 else f"H{1000 * at:.1f}V{y:.1f}"
    path += "H1000"
    inner = (
        f'<svg x="0" y="0" width="100%" height="{HEIGHT}" viewBox="0 0 1000 {HEIGHT}" preserveAspectRatio="none">'
        f'<path class="ar" d="{path}V{HEIGHT}H0z"/><path class="ln" d="{path}"/></svg>'
    )
    return _multiple(inner, labels, words)


def _multiple(inner: str, labels: Sequence[str], words: str) -> Markup:
    last = max(len(labels) - 1, 1)
    texts = []
    for index, label in enumerate(labels):
        anchor = "start" if index == 0 else "end" if index == last else "middle"
        texts.append(
            f'<text x="{100 * index / last:.1f}%" y="{HEIGHT + 13}" text-anchor="{anchor}">{escape(label)}</text>'
        )
    return Markup(  # noqa: S704 - numbers, and what was escaped above
        f'<svg class="chart" width="100%" height="{HEIGHT + 16}" role="img" aria-label="{escape(words)}">'
        f'<path class="g" d="M0 {HEIGHT}H4000"/>{inner}{"".join(texts)}</svg>'
    )
