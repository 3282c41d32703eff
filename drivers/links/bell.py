"""What another thread rings to wake one that waits for a socket."""

import socket
from contextlib import suppress

_BELL_BYTES = 64


class Bell:
    """Wakes the link's thread out of its waiting; rings at most once until it is quiet again."""

    def __init__(self) -> None:
        self.socket, self._rope = socket.socketpair()
        self.socket.setblocking(False)
        self._ringing = False

    def ring(self) -> None:
        """From any thread."""
        if not self._ringing:
            self._ringing = True
            self._rope.send(b"!")

    def quiet(self) -> bool:
        """Whether it rang."""
        rang = self._ringing
        if rang:
            self._ringing = False  # first: whoever rings from here on is heard
            with suppress(BlockingIOError):
                self.socket.recv(_BELL_BYTES)
        return rang
