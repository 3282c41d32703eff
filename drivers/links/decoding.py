"""Decoding where nobody waits for an answer: what is bad is counted, what broke a decoder is not tried again."""

from collections.abc import Sequence
from typing import cast

from collector.counters import bad_frame
from collector.errors import BadFrame, NoKey
from collector.reading import Frame, Item
from drivers.dialects import Dialects
from drivers.links.link import House

_STRANGERS = 10_000  # addresses change; of more than so many nothing more is said


class Decoding:
    """Of one link. A decoder's defect ends the link's thread; `recover` is for its next start."""

    def __init__(self, link: str, house: House) -> None:
        self._link = link
        self._counters = house.counters
        self._in_hand: tuple[str, bytes] | None = None
        self._poison: set[tuple[str, bytes]] = set()
        self._strangers: set[str] = set()

    def recover(self) -> None:
        """The data that was worked on will not be tried again."""
        if self._in_hand is not None:
            self._poison.add(self._in_hand)
            self._in_hand = None

    def decode(self, frame: Frame, dialects: Dialects) -> Sequence[Item]:
        """What `frame` says; of a bad one what is good in it, and it is counted."""
        self._in_hand = frame.topic, frame.payload
        items: Sequence[Item] = ()
        if self._in_hand in self._poison:
            self._bad(frame, BadFrame("The decoder failed on this data before, so it was left out"))
        else:
            try:
                items = dialects.decode(frame) or ()
            except NoKey as locked:
                self._locked(f"{frame.device} {frame.topic}: encrypted, no key")
                items = cast("Sequence[Item]", locked.said)
            except BadFrame as trouble:
                self._bad(frame, trouble)
                items = cast("Sequence[Item]", trouble.said)
        self._in_hand = None
        return items

    def _locked(self, what: str) -> None:
        """Nobody understands it, as a topic that no part claims; once, not at each advertisement."""
        if what not in self._strangers and len(self._strangers) < _STRANGERS:
            self._strangers.add(what)
            self._counters.unknown(self._link, what)

    def _bad(self, frame: Frame, why: BadFrame) -> None:
        topic, at = f"{frame.device} {frame.topic}", frame.received
        self._counters.bad(bad_frame(self._link, topic, frame.payload, str(why), at=at, offset=why.offset))
