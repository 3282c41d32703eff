"""The session of a device that must be asked: one question at a time, a round of them every so often."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from collector.ports import Query
from collector.reading import UNTIMED
from drivers.codecs.framer import Form
from drivers.codecs.listening import Listening


class Asking(Listening):
    """A protocol adds `_said`, which calls `_answered`, and `_round`.

    The next question comes with the answer to the one before, or after `patience`; the next round `every` after the
    beginning of the last one.
    """

    def __init__(self, form: Form, every: timedelta, patience: timedelta) -> None:
        super().__init__(form)
        self._every = every
        self._patience = patience
        self._open: Iterator[Query] = iter(())
        self._due = self._again = UNTIMED

    def due(self) -> datetime | None:
        """When the next question may be asked."""
        return self._due

    def next(self, now: datetime) -> Query | None:
        """The next question of the round."""
        if now < self._due:
            return None
        query = next(self._open, None)
        if query is None and now >= self._again:
            self._open, self._again = iter(self._round(now)), now + self._every
            query = next(self._open, None)
        self._due = self._again if query is None else now + self._patience
        return query

    def _answered(self, now: datetime) -> None:
        self._due = now

    @abstractmethod
    def _round(self, now: datetime) -> Sequence[Query]:
        """What to ask now, in this order."""
