"""What was sent through a Telnet connection, without the commands between it (RFC 854, RFC 855)."""

from collections.abc import Callable
from typing import Final

IAC: Final = 0xFF
SB: Final = 0xFA
SE: Final = 0xF0
WILL: Final = 0xFB
WONT: Final = 0xFC
DO: Final = 0xFD
DONT: Final = 0xFE

_LONGEST = 512  # of a subnegotiation: what has no end by then is none
_NOT_YET = -1

Command = Callable[[int, bytes], None]
"""Told of a command: WILL, WONT, DO or DONT with the option, SB with what stands before its end, others with b""."""


class Telnet:
    """One direction of a connection. Bytes go through as they are: BINARY (RFC 856) is taken for granted."""

    def __init__(self, command: Command = lambda _verb, _body: None) -> None:
        self._command = command
        self._rest = b""

    def receive(self, data: bytes) -> bytes:
        """The bytes that are no command."""
        data = self._rest + data
        self._rest = b""
        kept = []
        start, at = 0, data.find(IAC)
        while at >= 0:
            kept.append(data[start:at])
            start = self._past(data, at)
            if start == _NOT_YET:
                self._rest = data[at:]
                return b"".join(kept)
            if data[at + 1] == IAC:
                kept.append(b"\xff")
            at = data.find(IAC, start)
        kept.append(data[start:])
        return b"".join(kept)

    def _past(self, data: bytes, at: int) -> int:
        """Where the command at `at` ends; it is told."""
        verb = data[at + 1] if at + 1 < len(data) else _NOT_YET
        if verb in {WILL, WONT, DO, DONT}:
            if at + 2 == len(data):
                return _NOT_YET
            self._command(verb, data[at + 2 : at + 3])
            return at + 3
        if verb == SB:
            return self._past_subnegotiation(data, at)
        if verb not in {IAC, _NOT_YET}:
            self._command(verb, b"")
        return at + 2 if verb != _NOT_YET else _NOT_YET

    def _past_subnegotiation(self, data: bytes, at: int) -> int:
        end = data.find(IAC, at + 2)
        while 0 <= end < len(data) - 1 and data[end + 1] != SE:
            end = data.find(IAC, end + 2)
        if 0 <= end < len(data) - 1:
            self._command(SB, data[at + 2 : end].replace(b"\xff\xff", b"\xff"))
            return end + 2
        return _NOT_YET if len(data) - at <= _LONGEST else at + 2


def escaped(data: bytes) -> bytes:
    """Data as it goes through Telnet."""
    return data.replace(b"\xff", b"\xff\xff")
