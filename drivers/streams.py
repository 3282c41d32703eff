"""The command `decode` for serial protocols: a capture in, one JSON reading a line out, bad bytes named, never a stop.

A capture is `raw` (the bytes themselves), `hex` (digits with any white space), `ansi` (the log of a terminal: its
control sequences, ECMA-48, and the lines that script and PuTTY add are left out) or `telnet` (what a connection to a
terminal server carried, with Telnet's commands, RFC 854).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TextIO

from collector.errors import ConfigError
from collector.parts import part
from collector.reading import UNTIMED, Item
from drivers.codecs.framer import BadBytes
from drivers.codecs.telnet import Telnet
from drivers.decode import print_item
from drivers.dialects import kinds

Complain = Callable[[str], None]
Form = Callable[[Iterable[bytes], Complain], Iterator[bytes]]

_NO_DIGITS = re.compile(rb"[^0-9A-Fa-f\s]+")
_SPACE = re.compile(rb"\s+")
_CONTROL = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\n]*?(?:\x07|\x1b\\)|[ -/]*[0-~])|[\x00\x07\x0e\x0f]")
_NOTES = re.compile(rb"^(?:Script (?:started|done) on |=~=~=~=).*\n?", re.MULTILINE)
_LONGEST_LINE = 4096


def decode_stream(kind: str, chunks: Iterable[bytes], out: TextIO, err: TextIO, form: str, device: str = "") -> int:
    """Decode what `chunks` hold, say how many bad runs of bytes there were. Offsets count the bytes of the device.

    Raises ConfigError for an unknown `kind` or `form`.
    """
    if kind not in kinds("serial"):
        raise ConfigError(f"Nothing decodes {kind!r}; there are {', '.join(kinds('serial'))}")
    if form not in FORMS:
        raise ConfigError(f"There is no --as {form}; there are {', '.join(FORMS)}")
    module = part(kind, ("drivers",)).module
    session = module.session(module.Config(), device)
    listener = _Listener(out, err, device)
    for data in FORMS[form](chunks, listener.complain):
        listener.hear(partial(session.receive, data, UNTIMED), partial(session.receive, b"", UNTIMED))
    listener.hear(partial(session.end, UNTIMED), partial(session.end, UNTIMED))
    return listener.bad


class _Listener:
    def __init__(self, out: TextIO, err: TextIO, device: str) -> None:
        self.bad = 0
        self._out = out
        self._err = err
        self._device = device

    def complain(self, why: str) -> None:
        self.bad += 1
        self._err.write(f"{why}\n")

    def hear(self, first: Callable[[], Sequence[Item]], again: Callable[[], Sequence[Item]]) -> None:
        """Everything that a session says to what `first` gives it; `again` goes on behind bad bytes."""
        receive = first
        while True:
            try:
                said = receive()
            except BadBytes as trouble:
                self.complain(f"byte {trouble.offset}: {trouble}")
                receive = again
            else:
                break
        for item in said:
            print_item(item, self._device, self._out)
        self._out.flush()


def _raw(chunks: Iterable[bytes], _complain: Complain) -> Iterator[bytes]:
    yield from chunks


def _hex(chunks: Iterable[bytes], complain: Complain) -> Iterator[bytes]:
    at, half = 0, b""
    for chunk in chunks:
        for found in _NO_DIGITS.finditer(chunk):
            shown = repr(found.group())[2:-1]  # a capture may hold what would move a terminal's cursor
            complain(f"input byte {at + found.start()}: no hex digits: {shown}")
        digits = half + _SPACE.sub(b"", _NO_DIGITS.sub(b"", chunk))
        whole = len(digits) // 2 * 2
        half = digits[whole:]
        at += len(chunk)
        yield bytes.fromhex(digits[:whole].decode())
    if half:
        complain(f"input byte {at}: half a byte at the end")


def _ansi(chunks: Iterable[bytes], _complain: Complain) -> Iterator[bytes]:
    line = b""
    for chunk in chunks:
        lines, end, line = (line + chunk).rpartition(b"\n")
        yield _plain(lines + end)
        if len(line) > _LONGEST_LINE:
            yield _plain(line)
            line = b""
    yield _plain(line)


def _plain(text: bytes) -> bytes:
    return _NOTES.sub(b"", _CONTROL.sub(b"", text))


def _telnet(chunks: Iterable[bytes], _complain: Complain) -> Iterator[bytes]:
    telnet = Telnet()
    for chunk in chunks:
        yield telnet.receive(chunk)


FORMS: Final[dict[str, Form]] = {"raw": _raw, "hex": _hex, "ansi": _ansi, "telnet": _telnet}
"""What a capture can be."""
