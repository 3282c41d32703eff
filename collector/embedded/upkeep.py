"""What becomes of days by themselves: ended ones are sealed, late points merged, what is old enough goes."""

from datetime import datetime, timedelta

import numpy as np

from collector.embedded.batch import DAY_MS, Numbers
from collector.embedded.days import RAW, Files, Sealed, catalog
from collector.embedded.hot import Hot
from collector.embedded.sealing import Sealing
from collector.points import ms_of
from collector.ports import Retention

GRACE = timedelta(hours=1)
"""How long after its end a day is sealed: most late points have come by then."""

_FOR_EVER = np.iinfo(np.int64).max
_Keeps = dict[bool, Numbers]  # ms by sid, for rollups and for points


class Upkeep:
    """One pass at a time."""

    def __init__(self, hot: Hot, files: Files, sealing: Sealing) -> None:
        self._hot, self._files, self._sealing = hot, files, sealing
        self._keeps: _Keeps = {}
        self._nothing_before: dict[Sealed, int] = {}  # until when, in ms, nothing of a file goes

    def tend(self, now: datetime, retention: Retention) -> None:
        """Do what is due."""
        self._ask(retention)
        moment = ms_of(now)
        for day in self._sealing.due(ms_of(now - GRACE)):
            self._sealing.seal(day, self._expired(self._keeps[False], day, moment))
        self._forget_latest(moment)
        with self._hot.cursor() as cursor:
            days = catalog(cursor)
        for day, levels in days.items():
            gone = [level for level, one in levels.items() if self._thinned(one, moment)]
            if gone:
                self._sealing.forget(day, gone)

    def _ask(self, retention: Retention) -> None:
        series = list(self._hot.series.ids.items())
        size = max((sid for _, sid in series), default=0) + 1
        keeps: _Keeps = {rollup: np.full(size, _FOR_EVER, np.int64) for rollup in (False, True)}
        for (device, metric, _), sid in series:
            for rollup, keep in enumerate(retention.keep(device, metric)):
                if keep is not None:
                    keeps[bool(rollup)][sid] = keep // timedelta(milliseconds=1)
        if any(not np.array_equal(keeps[rollup], self._keeps.get(rollup, ())) for rollup in keeps):
            self._nothing_before.clear()
        self._keeps = keeps

    def _expired(self, keeps: Numbers, day: int, now: int) -> list[int]:
        found: list[int] = np.flatnonzero(keeps <= now - (day + 1) * DAY_MS).tolist()
        return [sid for sid in found if sid]

    def _thinned(self, sealed: Sealed, now: int) -> bool:
        """Take series out of a file that stood long enough; True: all of them, so that the file can go."""
        keeps, end = self._keeps[sealed.level != RAW], (sealed.day + 1) * DAY_MS
        age = now - end
        if len(keeps) < 2 or age < int(keeps[1:].min()) or now < self._nothing_before.get(sealed, now):
            return False
        if age >= int(keeps[1:].max()):
            return True
        if not self._files.there(sealed):
            return False
        inside = self._sealing.series_in(sealed)
        expired = inside[keeps[inside] <= age]
        if len(expired) == len(inside):
            return True
        if len(expired):
            self._sealing.thin(sealed.level, sealed.day, expired.tolist())
        else:
            soonest = int(keeps[inside].min())
            self._nothing_before[sealed] = _FOR_EVER if soonest == _FOR_EVER else end + soonest
        return False

    def _forget_latest(self, now: int) -> None:
        keeps = self._keeps[False]
        if (keeps < _FOR_EVER).any():
            self._hot.forget_latest({sid: now - int(keeps[sid]) for sid in np.flatnonzero(keeps < _FOR_EVER).tolist()})
