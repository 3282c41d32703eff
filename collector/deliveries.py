"""Which messages have been taken already, so that a redelivered one is acknowledged and dropped (DESIGN section 3).

A broker that lost the connection sends again what was not acknowledged, with the same message id. Every message taken
is remembered by (link, session, message id, digest), the last 32,768 of each link and session; ids go up to 65,535.
"""

import os
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from collector.errors import Unreachable
from collector.reading import DeliveryKey

REMEMBERED = 32_768
_SESSIONS = 64
_Message = tuple[int, bytes]
Remembered = list[tuple[str, str, list[_Message]]]


class Deliveries:
    """The messages remembered. Not durable itself: the spool stores the keys and fills it again."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._limit = remembered
        self._sessions: OrderedDict[tuple[str, str], OrderedDict[_Message, None]] = OrderedDict()

    def __contains__(self, key: DeliveryKey) -> bool:
        """Whether this message was taken, whether or not this copy of it is flagged as a redelivery."""
        return (key.mid, key.digest) in self._sessions.get((key.link, key.session), ())

    def remember(self, keys: Iterable[DeliveryKey]) -> None:
        """These messages are taken."""
        for key in keys:
            self._remember(key.link, key.session, ((key.mid, key.digest),))

    def forget(self, link: str, session: str) -> None:
        """The broker has thrown this session away: nothing of it comes again."""
        self._sessions.pop((link, session), None)

    def dump(self) -> Remembered:
        """Everything remembered, oldest first."""
        return [(link, session, list(messages)) for (link, session), messages in self._sessions.items()]

    def load(self, remembered: Remembered) -> None:
        """Remember what another one dumped."""
        for link, session, messages in remembered:
            self._remember(link, session, messages)

    def _remember(self, link: str, session: str, messages: Iterable[_Message]) -> None:
        known = self._sessions.setdefault((link, session), OrderedDict())
        self._sessions.move_to_end((link, session))
        for message in messages:
            known[message] = None
            known.move_to_end(message)
            if len(known) > self._limit:
                known.popitem(last=False)
        if len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)


class Sessions:
    """The session token of each link, on disk: {link: number}. A number is never used twice for a link."""

    def __init__(self, path: Path) -> None:
        """Raises Unreachable when the file is damaged."""
        self._path = path
        self._numbers: dict[str, int] = {}
        try:
            if path.exists():
                self._numbers = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
        except msgspec.DecodeError as damaged:
            raise Unreachable(f"{path}: it is damaged ({damaged}); remove it, every link then begins anew") from damaged

    def token(self, link: str) -> str | None:
        """The token now, when the link has had a session."""
        return str(self._numbers[link]) if link in self._numbers else None

    def renew(self, link: str) -> str:
        """A new token, durable when this returns. Raises OSError."""
        numbers = self._numbers | {link: self._numbers.get(link, 0) + 1}
        replace(self._path, msgspec.json.encode(numbers))
        self._numbers = numbers
        return str(numbers[link])


def replace(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all, durably."""
    aside = path.with_suffix(path.suffix + ".new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make names just made, changed or removed in `directory` durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
