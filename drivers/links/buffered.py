"""paho's client with a larger gulp: it asks the kernel once for many packets instead of four times for each.

`_sock_recv` is private to paho, which is why its version is pinned; the tests run this against a real broker.
"""

import ssl

from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode

_GULP = 65_536


class BufferedClient(paho.Client):
    """Read with `loop_read` until nothing is `buffered` any more, and only then wait for the socket."""

    _taken = b""
    _at = 0

    def buffered(self) -> bool:
        """Whether there is something to read that no poll of the socket would tell."""
        if self._at < len(self._taken):
            return True
        sock = self.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; what is left of the old connection is void."""
        self._taken, self._at = b"", 0
        return super().reconnect()

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._taken):
            self._taken, self._at = super()._sock_recv(max(bufsize, _GULP)), 0
        start, self._at = self._at, self._at + bufsize
        return self._taken[start : self._at]
