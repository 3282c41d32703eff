"""From a message to the intake and back to its acknowledgement: what a link owes a broker, without the socket.

A message is acknowledged once everything it says is fsynced, in the order of arrival (MQTT 3.1.1 §4.6). One that says
nothing, that nobody claims or that cannot be decoded is acknowledged at once: it would never become better. Of one that
is bad in part the good comes through, and the bad is counted.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from struct import Struct
from typing import cast
from zlib import adler32, crc32

import msgspec
import numpy as np

from collector.columns import keys_of
from collector.counters import bad_frame
from collector.errors import BadFrame, NoKey
from collector.ports import BulkDecoder, Decoder, Part
from collector.reading import DeliveryKey, Frame, Item, Reading
from drivers.dialects import Dialects
from drivers.links.bulk import Message, Messages
from drivers.links.link import House
from drivers.links.sys_topics import OF_THE_BROKER

_sums = Struct(">II").pack
_PLAIN = b"\x32"  # a PUBLISH at QoS 1, neither repeated nor retained
_WORTH, _ONE_BY_ONE = 16, 32  # for fewer columns cost more; so many are read singly before it is tried again
_REMEMBERED = 4096  # topics that are not looked for again, and encrypted ones that are not told again


class _Pending(msgspec.Struct):
    """Messages of one read that the broker waits for."""

    mids: list[int]
    done: bool = False


class _Held(msgspec.Struct, frozen=True):
    """What the intake had no room for."""

    parts: Sequence[Part]
    durable: Callable[[], None] | None


class _Topic(msgspec.Struct, frozen=True):
    """`seed` stands for it in a digest."""

    name: str
    seed: int
    decoders: Sequence[Decoder]
    bulk: BulkDecoder | None


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
        self._in_hand: Message | None = None
        self._poison: set[tuple[bytes, bytes]] = set()
        self._topics: dict[bytes, _Topic] = {}
        self._locked: set[str] = set()
        self._careful = False  # a decoder failed on many: one by one shows on which

    @property
    def paused(self) -> bool:
        """The intake had no room: read nothing more, and `retry`."""
        return bool(self._held)

    def recover(self) -> None:
        """After a crash of the link's thread: the message it was working on will not be tried again."""
        if self._in_hand is not None:
            self._poison.add((self._in_hand.topic, self._in_hand.payload))
            self._in_hand = None

    def begin(self, session: str) -> None:
        """A new connection in this session: what is not acknowledged by now, the broker sends again."""
        self._session = session
        self._window = deque()

    def receive(self, messages: Sequence[Message]) -> None:
        """Hand over what the messages of one read say, or hold it when there is no room."""
        now = self._clock.now()
        parts: list[Part] = []
        done = 0
        try:
            while done < len(messages):
                plain = self._together(messages, done, now)
                if plain is not None:
                    parts.append(plain)
                    done += len(plain.items)
                for message in messages[done : done + _ONE_BY_ONE]:
                    self._in_hand = message
                    part = self._part(message, now)
                    if part is not None:
                        parts.append(part)
                self._in_hand = None
                done += _ONE_BY_ONE
        finally:
            if self._in_hand is not None and parts:  # a defect: at QoS 0 what came before does not come again
                self._offer(_Held(parts, None))
        self._count(messages, parts)
        mids = messages.mids if isinstance(messages, Messages) else [message.mid for message in messages]
        mids = [mid for mid in mids if mid]
        pending = _Pending(mids, done=not parts) if mids else None
        if pending:
            self._window.append(pending)
        if parts:
            self._offer(_Held(parts, partial(self._done, pending) if pending else None))

    def report(self, *, up: bool) -> None:
        """Say that the link came up or went down."""
        now = self._clock.now()
        self._offer(_Held([Part((Reading(f"link:{self._link}", "link_up", up, now, now),))], None))

    def retry(self) -> None:
        """Offer again what was held, in order."""
        while self._held:
            first = self._held[0]
            if not self._taken(first):
                return
            self._held.popleft()

    def acknowledged(self) -> list[int]:
        """The ids of the messages that the broker can forget now."""
        mids: list[int] = []
        while self._window and self._window[0].done:
            mids += self._window.popleft().mids
        return mids

    def _offer(self, one: _Held) -> None:
        if self._held or not self._taken(one):
            self._held.append(one)

    def _taken(self, one: _Held) -> bool:
        return self._intake.offer_all(one.parts, one.durable)

    def _done(self, pending: _Pending) -> None:
        pending.done = True
        self._wake()

    def _count(self, messages: Sequence[Message], parts: Sequence[Part]) -> None:
        if isinstance(messages, Messages):
            topics, sizes = messages.topics, list(map(len, messages.payloads))
        else:
            topics, sizes = [one.topic for one in messages], [len(one.payload) for one in messages]
        sizes = [size for topic, size in zip(topics, sizes, strict=True) if not topic.startswith(OF_THE_BROKER)]
        if sizes:  # else a broker that talks of itself would pass for devices
            self._counters.heard(self._link, len(sizes), sum([len(part.items) for part in parts]), sum(sizes))

    def _together(self, messages: Sequence[Message], start: int, now: datetime) -> Part | None:
        """What the plain ones at `start` say, decoded together; None when it is not worth it, or was a defect once."""
        if self._careful or self._poison or not isinstance(messages, Messages):
            return None
        end = len(messages) - len(messages.heads[start:].lstrip(_PLAIN))
        topics = list(map(self._topics.get, messages.topics[start:end]))
        if len(topics) < _WORTH or topics[0] is None or (bulk := topics[0].bulk) is None:
            return None
        seeds: list[int] = []
        for topic in topics:
            if topic is None or topic.bulk is not bulk:
                break
            seeds.append(topic.seed)
        payloads = messages.payloads[start : start + len(seeds)]
        if max(map(len, payloads)) > self._max_payload:
            return None
        self._careful = True
        readings = bulk.readings(payloads, now)
        self._careful = False
        count = len(readings)
        if count < _WORTH:
            return None
        digests = np.empty((count, 2), ">u4")
        digests[:, 0] = list(map(crc32, payloads[:count], seeds))
        digests[:, 1] = list(map(adler32, payloads[:count]))
        return Part(readings, keys_of(self._link, self._session, messages.mids[start : start + count], digests))

    def _part(self, message: Message, now: datetime) -> Part | None:
        """What a message says; None for nothing. It is the hot path of a link: a call more is felt."""
        payload, topic = message.payload, self._topics.get(message.topic)
        try:
            if topic is None:
                topic = self._topic(message.topic)
            if self._poison or len(payload) > self._max_payload:
                self._look_at(message)
            if not topic.decoders:
                self._counters.unknown(self._link, topic.name)
                return None
            frame = Frame(self._link, topic.name, payload, now, message.retained)
            items = self._dialects.decode_by(topic.decoders, frame)
        except BadFrame as trouble:
            self._complain(message, trouble, now)
            items = cast("Sequence[Item]", trouble.said)
        if not items or topic is None:
            return None
        elsewhere = False
        for item in items:
            if item.received is not now:
                elsewhere = True
                break
        if not message.mid:
            return Part(items, None, elsewhere)
        # what tells a message from another one that had its id before it: asked only of redelivered ones
        digest = _sums(crc32(payload, topic.seed), adler32(payload))
        key = DeliveryKey(self._link, self._session, message.mid, digest, message.duplicate)
        return Part(items, key, elsewhere)

    def _look_at(self, message: Message) -> None:
        """Raises BadFrame for what no decoder shall see."""
        if len(message.payload) > self._max_payload:
            raise BadFrame(f"The payload has more than {self._max_payload} bytes", self._max_payload)
        if (message.topic, message.payload) in self._poison:
            raise BadFrame("The decoder failed on this message before, so it was left out")

    def _complain(self, message: Message, trouble: BadFrame, now: datetime) -> None:
        if isinstance(trouble, NoKey):
            self._stranger(message.topic.decode())
        else:
            topic, why = message.topic.decode(errors="backslashreplace"), str(trouble)
            self._counters.bad(bad_frame(self._link, topic, message.payload, why, at=now, offset=trouble.offset))

    def _topic(self, raw: bytes) -> _Topic:
        try:
            name = raw.decode()
        except UnicodeDecodeError as trouble:
            raise BadFrame("The topic is not UTF-8", trouble.start) from trouble
        if len(self._topics) >= _REMEMBERED:
            self._topics.clear()
        decoders = self._dialects.decoders(name)
        bulk = decoders[0] if len(decoders) == 1 and isinstance(decoders[0], BulkDecoder) else None
        # the length first, so that neither topic nor payload can pass for the other
        topic = self._topics[raw] = _Topic(name, crc32(raw, len(raw)), decoders, bulk)
        return topic

    def _stranger(self, topic: str) -> None:
        """Nobody understands it, as a topic that no part claims; once, not at each advertisement."""
        if topic not in self._locked and len(self._locked) < _REMEMBERED:
            self._locked.add(topic)
            self._counters.unknown(self._link, f"{topic}: encrypted, no key")
