"""A serial port of a terminal server, set from here: the client's side of RFC 2217, without the socket.

Only the server is spoken to; nothing of this reaches the device on its port.
"""

from typing import Final

from drivers.codecs.line import Line
from drivers.codecs.telnet import DO, DONT, IAC, SB, SE, WILL, WONT, Telnet, escaped

_BINARY, _NO_GO_AHEAD, _COM_PORT = 0, 3, 44
_BAUD, _BITS, _PARITY, _STOP, _CONTROL = 1, 2, 3, 4, 5
_LINE_STATE_MASK, _MODEM_STATE_MASK, _PURGE = 10, 11, 12
_ANSWER = 100  # added to a command by the server
_PARITIES: Final = {"N": 1, "O": 2, "E": 3, "M": 4, "S": 5}
_NAMES: Final = {_BAUD: "baud rate", _BITS: "data bits", _PARITY: "parity", _STOP: "stop bits"}
_FURTHER = (
    (_CONTROL, 1),  # no flow control
    (_CONTROL, 8),  # DTR and RTS on, as a port of this machine has them: some adapters live on them
    (_CONTROL, 11),
    (_LINE_STATE_MASK, 0),
    (_MODEM_STATE_MASK, 0),
    (_PURGE, 1),  # what it received before: nobody knows when that was
)
_OURS = frozenset({_BINARY, _NO_GO_AHEAD, _COM_PORT})


class ComPort:
    """The conversation that sets the port; `refused` says why it cannot be, "" as long as it can."""

    def __init__(self, line: Line) -> None:
        self._wanted = {
            _BAUD: line.baud.to_bytes(4, "big"),
            _BITS: bytes([line.bits]),
            _PARITY: bytes([_PARITIES[line.parity]]),
            _STOP: bytes([line.stop]),
        }
        self._open = set(self._wanted)
        self._telnet = Telnet(self._hear)
        self._said: set[tuple[int, int]] = set()
        self._to_send = b""
        self.refused = ""
        for option in sorted(_OURS):
            self._say(WILL, option)
        for option in (_BINARY, _NO_GO_AHEAD):
            self._say(DO, option)

    @property
    def ready(self) -> bool:
        """Whether the server has confirmed all settings."""
        return not self._open

    def receive(self, data: bytes) -> bytes:
        """What the device sent, once the port is set."""
        was_ready = self.ready
        heard = self._telnet.receive(data)
        return heard if was_ready else b""

    def to_send(self) -> bytes:
        """What the server shall be told now."""
        taken, self._to_send = self._to_send, b""
        return taken

    def _hear(self, verb: int, body: bytes) -> None:
        if verb == SB:
            self._answered(body)
            return
        option = body[0] if body else -1
        if (verb, option) == (DO, _COM_PORT):
            self._set()
        elif (verb, option) == (DONT, _COM_PORT):
            self.refused = "it does not speak RFC 2217 on this port"
        elif verb == DO and option not in _OURS:
            self._say(WONT, option)
        elif verb == WILL:
            self._say(DO if option in _OURS else DONT, option)

    def _answered(self, body: bytes) -> None:
        if len(body) < 3 or body[0] != _COM_PORT:
            return
        command, value = body[1] - _ANSWER, body[2:]
        wanted = self._wanted.get(command)
        if wanted is None:
            return
        if value.startswith(wanted):  # sredird puts zeros behind it
            self._open.discard(command)
        else:
            self.refused = (
                f"its {_NAMES[command]} cannot be {int.from_bytes(wanted, 'big')}, it is {int.from_bytes(value, 'big')}"
            )

    def _set(self) -> None:
        if (SB, _COM_PORT) not in self._said:
            self._said.add((SB, _COM_PORT))
            for command, value in [*self._wanted.items(), *((what, bytes([how])) for what, how in _FURTHER)]:
                self._to_send += bytes([IAC, SB, _COM_PORT, command]) + escaped(value) + bytes([IAC, SE])

    def _say(self, verb: int, option: int) -> None:
        """Say it once: two that answer each answer never end."""
        if (verb, option) not in self._said:
            self._said.add((verb, option))
            self._to_send += bytes([IAC, verb, option])
