"""Rollups: of each series and minute, quarter of an hour and day what its windows need, without the points.

Columns: `n` points, of which `good` are numbers not BAD (booleans as 0 and 1); their `total`, `lo`, `hi`; the last
point's `v`, `s`, `kind`; the worst `quality`; `delay`, from the window's start to when its last point was heard.
What follows from the others is null: `total` and `hi` of one number are `lo`, and so is `v` of one point.
"""

from collector.embedded.hot import moment

COLUMNS = "sid, t, n, good, total, lo, hi, v, s, kind, quality, delay"


def start_of(step_ms: int, t: str = "epoch_ms(t)") -> str:
    """The start of the window of a point, in ms; before 1970 too."""
    return f"{t} - ({t} % {step_ms} + {step_ms}) % {step_ms}"


def rolled(points: str, step_ms: int) -> str:
    """A statement that rolls up what `points` selects."""
    return f"""
SELECT sid, CAST(make_timestamp_ms(start) AS TIMESTAMP_MS) AS t, CAST(n AS INTEGER) AS n, CAST(good AS INTEGER) AS good,
    CASE WHEN good > 1 THEN total END AS total, lo, CASE WHEN good > 1 THEN hi END AS hi,
    CASE WHEN n > 1 OR good = 0 THEN last.v END AS v, last.s AS s, last.kind AS kind, quality, heard - start AS delay
FROM (
    SELECT sid, {start_of(step_ms)} AS start, count(*) AS n, count(v) FILTER (quality < 2) AS good,
        sum(v) FILTER (quality < 2) AS total, min(v) FILTER (quality < 2) AS lo, max(v) FILTER (quality < 2) AS hi,
        arg_max({{'kind': kind, 'v': v, 's': s}}, t) AS last, max(quality) AS quality, max(epoch_ms(t) + delay) AS heard
    FROM ({points}) GROUP BY sid, start
)"""


RAW_PARTS = {
    "mean": "CASE WHEN quality < 2 THEN v END AS a, CAST(quality < 2 AND v IS NOT NULL AS INTEGER) AS b",
    "min": "CASE WHEN quality < 2 THEN v END AS a",
    "max": "CASE WHEN quality < 2 THEN v END AS a",
    "count": "1 AS a",
    "last": "{'kind': kind, 'v': v, 's': s} AS a",
}
"""What a point adds to a window, by aggregate."""

ROLLUP_PARTS = {
    "mean": "coalesce(total, lo) AS a, good AS b",
    "min": "lo AS a",
    "max": "coalesce(hi, lo) AS a",
    "count": "n AS a",
    "last": "{'kind': kind, 'v': coalesce(v, lo), 's': s} AS a",
}
"""What a row of a rollup adds."""

WHOLE = {
    "mean": "sum(a) / sum(b)",
    "min": "min(a)",
    "max": "max(a)",
    "count": "CAST(sum(a) AS DOUBLE)",
    "last": "arg_max(a, ms)",
}
"""The window, of what was added."""


def cut(sids: str, before_ms: int) -> str:
    """A condition: not of these series, or not before."""
    return f"NOT (sid IN ({sids}) AND t < {moment(before_ms)})"
