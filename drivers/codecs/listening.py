"""The session of a device that talks without being asked: frames in, what they say out, nothing sent."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime

from collector.ports import Query
from collector.reading import Item
from drivers.codecs.framer import Form, Framer


class Listening(ABC):
    """A protocol adds `_said`. What was said before bytes that are no frame is not lost: it comes with the next."""

    def __init__(self, form: Form) -> None:
        self._framer = Framer(form)
        self._items: list[Item] = []

    def receive(self, data: bytes, now: datetime) -> Sequence[Item]:
        """What whole frames say. Raises BadBytes for what is none; with b"" it goes on behind it."""
        return self._heard(self._framer.feed(data), now)

    def end(self, now: datetime) -> Sequence[Item]:
        """Nothing more comes: the last line needs no end. Raises BadBytes for what is left over."""
        return self._heard(self._framer.end(), now)

    def due(self) -> datetime | None:
        """Never: nothing is asked."""
        return None

    def next(self, _now: datetime) -> Query | None:
        """Nothing is ever sent."""
        return None

    def _heard(self, frames: Iterable[tuple[int, bytes]], now: datetime) -> Sequence[Item]:
        for at, frame in frames:
            self._items += self._said(at, frame, now)
        items, self._items = self._items, []
        return items

    @abstractmethod
    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        """What the frame says that begins at byte `at` of the stream. Raises BadBytes."""
