"""How long a room was as it must be: each value holds until the next, no longer than a gap; what is not known is told.

Pure and vectorised: a month of half-minute values is 90,000 numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asset_registry.hvac.profiles import Range

Milliseconds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Share:
    """Seconds of a span: `within` the range, `out` of it, `paused` (the door was open), `unknown` (nobody knows)."""

    within_s: float
    out_s: float
    paused_s: float
    unknown_s: float

    @property
    def within(self) -> float | None:
        """The share of the time that was judged; None when none was."""
        judged = self.within_s + self.out_s
        return self.within_s / judged if judged else None

    @property
    def known(self) -> float:
        """The share of the whole span that anything is known of."""
        whole = self.within_s + self.out_s + self.paused_s + self.unknown_s
        return 1 - self.unknown_s / whole if whole else 0.0


def share(
    at: Milliseconds,
    values: npt.NDArray[np.float64],
    wanted: Range,
    span: tuple[int, int],
    gap_ms: int,
    pauses: Sequence[tuple[int, int]] = (),
) -> Share:
    """How the values, in order of their times in ms, stood in `span`. NaN is not known.

    `pauses` are apart and in order; values from before the span count for what they reach into it.
    """
    start, end = span
    following = np.append(at[1:], end) if len(at) else at
    begin = np.clip(at, start, end)
    until = np.clip(np.minimum(following, at + gap_ms), start, end)
    until = np.maximum(begin, until)
    paused = _before(until, pauses) - _before(begin, pauses)
    held = (until - begin) - paused
    low = -np.inf if wanted.low is None else wanted.low
    high = np.inf if wanted.high is None else wanted.high
    known = ~np.isnan(values)
    inside = known & (values >= low) & (values <= high)
    within, judged = float(held[inside].sum()), float(held[known].sum())
    idle = float(paused[known].sum())
    whole = float(max(0, end - start))
    return Share(within / 1000, (judged - within) / 1000, idle / 1000, max(0.0, whole - judged - idle) / 1000)


def open_spans(at: Sequence[int], values: Sequence[bool], end: int) -> list[tuple[int, int]]:
    """When a door was open, out of what it said in order; the last state holds until `end`."""
    spans: list[tuple[int, int]] = []
    since: int | None = None
    for moment, is_open in zip(at, values, strict=True):
        if is_open and since is None:
            since = moment
        elif not is_open and since is not None:
            spans.append((since, moment))
            since = None
    if since is not None and since < end:
        spans.append((since, end))
    return spans


def _before(moments: Milliseconds, pauses: Sequence[tuple[int, int]]) -> npt.NDArray[np.float64]:
    """How much pause lies before each moment, in ms."""
    if not pauses:
        return np.zeros(len(moments))
    edges = np.array(pauses, dtype=np.float64)
    lengths = edges[:, 1] - edges[:, 0]
    done = np.concatenate(([0.0], np.cumsum(lengths)[:-1]))
    passed = np.column_stack((done, done + lengths)).ravel()
    return np.asarray(np.interp(moments.astype(np.float64), edges.ravel(), passed), dtype=np.float64)
