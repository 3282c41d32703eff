"""From a message to the intake and back to its acknowledgement: what a link owes a broker, without the socket.

A message is acknowledged once everything it says is fsynced, in the order of arrival (MQTT 3.1.1 §4.6). One that says
nothing, that nobody claims or that cannot be decoded is acknowledged at once: it would never become better.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec

from collector.counters import bad_frame
from collector.errors import BadFrame
from collector.reading import DeliveryKey, Frame, Item, Reading
from drivers.dialects import Dialects
from drivers.links.link import House

_DIGEST_BYTES = 12


class Message(msgspec.Struct, frozen=True):
    """One PUBLISH. `mid` is 0 at QoS 0; `duplicate` is the broker's word that it may have been delivered before."""

    topic: bytes
    payload: bytes
    mid: int = 0
    duplicate: bool = False
    retained: bool = False


class _Pending(msgspec.Struct):
    """A message the broker waits for."""

    mid: int
    done: bool = False


class _Held(msgspec.Struct, frozen=True):
    """What the intake had no room for."""

    items: Sequence[Item]
    durable: Callable[[], None] | None
    key: DeliveryKey | None
    elsewhere: bool = False


class Delivery:
    """The messages of one link. Everything is called from the link's thread; `wake` is called from the spool's."""

    def __init__(
        self,
        link: str,
        dialects: Dialects,
        house: House,
        max_payload: int,
        wake: Callable[[], None],
    ) -> None:
        self._link = link
        self._dialects = dialects
        self._intake = house.intake
        self._counters = house.counters
        self._clock = house.clock
        self._max_payload = max_payload
        self._wake = wake
        self._session = ""
        self._window: deque[_Pending] = deque()
        self._held: deque[_Held] = deque()
        self._in_hand: bytes | None = None
        self._poison: set[bytes] = set()

    @property
    def paused(self) -> bool:
        """The intake had no room: read nothing more, and `retry`."""
        return bool(self._held)

    def recover(self) -> None:
        """After a crash of the link's thread: the message it was working on will not be tried again."""
        if self._in_hand is not None:
            self._poison.add(self._in_hand)
            self._in_hand = None

    def begin(self, session: str) -> None:
        """A new connection in this session: what is not acknowledged by now, the broker sends again."""
        self._session = session
        self._window = deque()

    def receive(self, message: Message) -> None:
        """Hand over what `message` says, or hold it when there is no room."""
        pending = None
        if message.mid:
            pending = _Pending(message.mid)
            self._window.append(pending)
        digest = _digest(message)
        self._in_hand = digest
        now = self._clock.now()
        items = self._understood(message, digest, now)
        self._in_hand = None
        self._counters.heard(self._link, readings=len(items))
        if items:
            durable = partial(self._done, pending) if pending else None
            key = DeliveryKey(self._link, self._session, message.mid, digest, message.duplicate) if pending else None
            self._offer(_Held(items, durable, key, any(item.received != now for item in items)))
        elif pending:
            pending.done = True

    def report(self, *, up: bool) -> None:
        """Say that the link came up or went down."""
        now = self._clock.now()
        self._offer(_Held((Reading(f"link:{self._link}", "link_up", up, now, now),), None, None))

    def retry(self) -> None:
        """Offer again what was held, in order."""
        while self._held:
            first = self._held[0]
            if not self._taken(first):
                return
            self._held.popleft()

    def acknowledged(self) -> list[int]:
        """The ids of the messages that the broker can forget now."""
        mids = []
        while self._window and self._window[0].done:
            mids.append(self._window.popleft().mid)
        return mids

    def _offer(self, one: _Held) -> None:
        if self._held or not self._taken(one):
            self._held.append(one)

    def _taken(self, one: _Held) -> bool:
        return self._intake.offer(one.items, one.durable, one.key, elsewhere=one.elsewhere)

    def _done(self, pending: _Pending) -> None:
        pending.done = True
        self._wake()

    def _understood(self, message: Message, digest: bytes, now: datetime) -> Sequence[Item]:
        try:
            return self._decoded(message, digest, now)
        except BadFrame as trouble:
            topic = message.topic.decode(errors="backslashreplace")
            record = bad_frame(self._link, topic, message.payload, str(trouble), at=now, offset=trouble.offset)
            self._counters.bad(record)
            return ()

    def _decoded(self, message: Message, digest: bytes, now: datetime) -> Sequence[Item]:
        if len(message.payload) > self._max_payload:
            raise BadFrame(f"The payload has more than {self._max_payload} bytes", self._max_payload)
        if digest in self._poison:
            raise BadFrame("The decoder failed on this message before, so it was left out")
        topic = _topic(message.topic)
        items = self._dialects.decode(Frame(self._link, topic, message.payload, now, message.retained))
        if items is None:
            self._counters.unknown(self._link, topic)
            return ()
        return items


def _topic(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as trouble:
        raise BadFrame("The topic is not UTF-8", trouble.start) from trouble


def _digest(message: Message) -> bytes:
    """Of topic and payload, with the topic's length between them so that neither can pass for the other."""
    start = len(message.topic).to_bytes(4, "big") + message.topic
    return hashlib.blake2b(start + message.payload, digest_size=_DIGEST_BYTES).digest()
