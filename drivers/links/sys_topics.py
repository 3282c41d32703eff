"""What a broker says of itself, below `$SYS/`: no filter of devices matches that (MQTT 3.1.1 §4.7.2)."""

from collections.abc import Sequence

from paho.mqtt import client as paho

OF_THE_BROKER = b"$SYS/"

_TRIES = 3


class OwnWords:
    """Asks for it in a SUBSCRIBE of its own, after everything else: some brokers hang up on who does.

    After three such calls it is not asked again. QoS 0: what a broker said while the link was away is of no use.
    """

    def __init__(self, filters: Sequence[str]) -> None:
        self._filters = filters
        self._asked: int | None = None
        self._hung_up = 0

    def ask(self, client: paho.Client) -> None:
        """The link is up: ask for it."""
        if self._hung_up < _TRIES:
            _, self._asked = client.subscribe([(one, 0) for one in self._filters])

    def answered(self, mid: int) -> bool:
        """Whether this SUBACK was the answer; whether it granted anything does not matter to the link."""
        ours = self._asked == mid
        if ours:
            self._asked, self._hung_up = None, 0
        return ours

    def lost(self) -> None:
        """The connection is gone, perhaps because of what was asked."""
        if self._asked is not None:
            self._asked, self._hung_up = None, self._hung_up + 1
