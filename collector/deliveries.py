"""Which messages have been taken already, so that a redelivered one is acknowledged and dropped (DESIGN section 3).

A broker that lost the connection sends again what was not acknowledged, with the same message id. It gives an id to
another message only after the one before was acknowledged, so of each link and session the last message of every id is
remembered; there are 65,535 ids.
"""

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from collector.columns import DeliveryKeys
from collector.durable import replace
from collector.errors import Unreachable
from collector.reading import DeliveryKey

_SESSIONS = 64
Remembered = list[tuple[str, str, list[tuple[int, bytes]]]]


class Deliveries:
    """The messages remembered. Not durable itself: the spool stores the keys and fills it again."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], dict[int, bytes]] = OrderedDict()

    def __contains__(self, key: DeliveryKey) -> bool:
        """Whether this message was taken, whether or not this copy of it is flagged as a redelivery."""
        return self._sessions.get((key.link, key.session), {}).get(key.mid) == key.digest

    def remember(self, keys: Iterable[DeliveryKey | DeliveryKeys]) -> None:
        """These messages are taken."""
        link, session = None, None
        known: dict[int, bytes] = {}
        for key in keys:
            if key.link is not link or key.session is not session:
                link, session = key.link, key.session
                known = self._of(link, session)
            if isinstance(key, DeliveryKeys):
                known.update(zip(key.mids, key.digests, strict=True))
            else:
                known[key.mid] = key.digest

    def forget(self, link: str, session: str) -> None:
        """The broker has thrown this session away: nothing of it comes again."""
        self._sessions.pop((link, session), None)

    def dump(self) -> Remembered:
        """Everything remembered."""
        return [(link, session, list(messages.items())) for (link, session), messages in self._sessions.items()]

    def load(self, remembered: Remembered) -> None:
        """Remember what another one dumped."""
        for link, session, messages in remembered:
            self._of(link, session).update(messages)

    def _of(self, link: str, session: str) -> dict[int, bytes]:
        known = self._sessions.setdefault((link, session), {})
        self._sessions.move_to_end((link, session))
        if len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return known


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
