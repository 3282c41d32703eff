"""How good fixes are. The words of `wardkeeper locate evaluate`, explained in docs/locating.md."""

from itertools import pairwise
from typing import Any

import numpy as np

from asset_registry.locating.arrays import NOWHERE, Bools, Floats
from asset_registry.locating.replay import Fixes

STILL_M = 0.5
"""A tag whose true position never moves by more is stationary."""

SETTLE_S = 30.0
FEWEST = 200
"""A bin of confidence with fewer fixes says nothing."""

_BINS = 10
_NEAR_S = 30.0
"""Another room is no false change when the tag was there so lately, or is there so soon."""


def scores(fixes: Fixes) -> dict[str, Any]:
    """Of tags that never moved and of those that did, apart."""
    moved = moving_tags(fixes)
    return {"stationary": _score(fixes.only(~moved)), "moving": _score(fixes.only(moved))}


def moving_tags(fixes: Fixes) -> Bools:
    """(fixes): whether it is of a tag that moved at all."""
    count = int(fixes.tag.max()) + 1 if len(fixes.tag) else 0
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, fixes.tag, fixes.true_at)
    np.maximum.at(high, fixes.tag, fixes.true_at)
    return np.asarray((np.hypot(*(high - low).T) > STILL_M)[fixes.tag])


def _score(fixes: Fixes) -> dict[str, Any] | None:
    if not len(fixes.t):
        return None
    right, known = fixes.room == fixes.true_room, fixes.room != NOWHERE
    right &= known
    error = np.hypot(*(fixes.at - fixes.true_at).T)
    error = error[np.isfinite(error)]
    hours = len(fixes.t) / 3600.0
    false, late, delays, missed = _changes(fixes)
    bins = reliability(fixes.confidence[known], right[known])
    sure = fixes.confidence >= 0.95
    return {
        "tags": len(np.unique(fixes.tag)),
        "fixes": len(fixes.t),
        "room_accuracy": _round(right.mean()),
        "room_accuracy_when_known": _round(right[known].mean()) if known.any() else None,
        "room_accuracy_off_borders": _round(right[fixes.clear].mean()) if fixes.clear.any() else None,
        "unknown_share": _round(1.0 - known.mean()),
        "mean_error_m": _round(error.mean()) if len(error) else None,
        "p90_error_m": _round(np.quantile(error, 0.9)) if len(error) else None,
        "false_changes_per_tag_hour": _round(false / hours),
        "false_changes_per_tag_hour_after_settling": _round(late / hours),
        "change_delay_p90_s": _round(np.quantile(delays, 0.9)) if delays else None,
        "change_delay_p95_s": _round(np.quantile(delays, 0.95)) if delays else None,
        "changes_shown": len(delays),
        "changes_not_shown": missed,
        "calibration_error": _round(max((abs(one["confidence"] - one["right"]) for one in bins), default=0.0)),
        "wrong_when_sure": _round(1.0 - right[sure].mean()) if sure.any() else None,
        "sure_share": _round(sure.mean()),
        "reliability": bins,
    }


def _round(value: Any) -> float:  # noqa: ANN401 - a number of numpy
    return round(float(value), 4)


def reliability(confidence: Floats, right: Bools) -> list[dict[str, Any]]:
    """By tenths of confidence, where there are enough: what was said, and what was right."""
    tenth = np.clip((confidence * _BINS).astype(int), 0, _BINS - 1)
    return [
        {
            "from": n / _BINS,
            "fixes": int((tenth == n).sum()),
            "confidence": _round(confidence[tenth == n].mean()),
            "right": _round(right[tenth == n].mean()),
        }
        for n in range(_BINS)
        if (tenth == n).sum() >= FEWEST
    ]


def _changes(fixes: Fixes) -> tuple[int, int, list[float], int]:
    """False changes, those after SETTLE_S, delays of true changes that were shown, and how many never were."""
    false = late = missed = 0
    delays: list[float] = []
    for tag in np.unique(fixes.tag):
        mine = np.flatnonzero(fixes.tag == tag)
        mine = mine[fixes.t[mine].argsort(kind="stable")]
        t, true, shown = fixes.t[mine], fixes.true_room[mine], fixes.room[mine]
        told = np.flatnonzero(shown != NOWHERE)
        turns = told[1:][shown[told][1:] != shown[told][:-1]]
        for n in turns:
            near = (t > t[n] - _NEAR_S) & (t < t[n] + 1)
            if shown[n] not in true[near] or len(set(true[near].tolist())) == 1:
                false += 1
                late += t[n] - t[0] >= SETTLE_S
        starts = [*(np.flatnonzero(np.diff(true)) + 1).tolist(), len(t)]
        for start, end in pairwise(starts):
            agrees = np.flatnonzero(shown[start:end] == true[start])
            if len(agrees):
                delays.append(float(t[start + agrees[0]] - t[start] + 1))
            else:
                missed += 1
    return false, late, delays, missed
