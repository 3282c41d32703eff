"""Messages that nobody can read yet, because what explains them has not come: the newest ones, to be read later."""

from collections import deque
from collections.abc import Collection

from collector.reading import Frame

_MOST, _LARGEST = 2048, 2048  # messages, and bytes of one


class Waiting:
    """After a restart the broker first sends what it kept of the session, then what is retained, in any order."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque(maxlen=_MOST)

    def keep(self, frame: Frame) -> None:
        """It waits; the oldest has waited in vain when there is no room."""
        if len(frame.payload) <= _LARGEST:
            self._frames.append(frame)

    def take(self, topics: Collection[str]) -> list[Frame]:
        """Those of `topics`, in order, which wait no longer."""
        mine = [frame for frame in self._frames if frame.topic in topics]
        if mine:
            self._frames = deque((frame for frame in self._frames if frame.topic not in topics), maxlen=_MOST)
        return mine
