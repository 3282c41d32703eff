"""One axis of errors: does trying again help?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.reading import Frame, Item


class WardkeeperError(Exception):
    """Base of every error Wardkeeper raises on purpose. Its text says what, where and what to do."""


class ConfigError(WardkeeperError):
    """Trying again never helps: the configuration must change."""


class Unreachable(WardkeeperError):
    """A peer is down or slow: wait with back-off and jitter, and show it."""


class BadFrame(WardkeeperError):
    """A frame that cannot be decoded: count it, keep it, go on."""

    def __init__(self, why: str, offset: int = 0, said: "Sequence[Item | Frame]" = ()) -> None:
        """`offset` is where in the payload the trouble was seen, in bytes; `said` what the rest of it says."""
        super().__init__(why)
        self.offset = offset
        self.said = said


class NoKey(BadFrame):
    """A frame is encrypted and nobody has given its key: of a stranger that is nothing bad, and says so once."""


class Refused(WardkeeperError):
    """A peer understood and said no: a dead letter, shown on a page."""
