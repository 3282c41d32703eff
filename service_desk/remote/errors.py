"""Why something could not be told now. All are `Unreachable`: the outbox tries again, each in its way."""

from collector.errors import Unreachable


class Later(Unreachable):
    """One thing waits `after_s` seconds; others of the same system go on."""

    def __init__(self, why: str, after_s: float) -> None:
        """`why` in words for a person."""
        super().__init__(why)
        self.after_s = after_s


class Unconfirmed(Later):
    """It may be there, and this system's search cannot say: a person looks, nothing is sent again meanwhile."""


class Away(Unreachable):
    """The system as a whole does not take anything now: nothing was sent, and nothing else is tried for a while."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        """`after_s`: how long it asked us to wait; None: longer each time."""
        super().__init__(why)
        self.after_s = after_s


class Barred(Away):
    """It does not let us in, or is not what the settings say: a person has to mend that. Tried every few minutes."""

    EVERY_S = 300.0

    def __init__(self, why: str) -> None:
        """`why` says what to do."""
        super().__init__(why, self.EVERY_S)


class LostReply(Unreachable):
    """It was sent and no answer came: it may or may not have happened."""


class Changed(Unreachable):
    """Somebody changed the ticket since it was looked at (409, 412): nothing happened; look again."""
