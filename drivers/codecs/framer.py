"""Bytes of a stream into frames: a form is declared, and one framer finds it, also behind noise.

Six forms cover the serial protocols: a sync byte and a fixed length, a sync and a length that the frame itself says, a
sync, a fixed block and text up to an end, text up to a delimiter, text between a start and an end (STX, ETX), and bytes
between flags with escapes for what looks like one. What lies between two frames is said once, as a BadBytes with its
place in the stream.
"""

from collections.abc import Callable, Iterator

import msgspec

from collector.errors import BadFrame

Check = Callable[[bytes], bool]
"""Whether a whole frame, check bytes included, is as it was sent."""

_RUN = 1024  # of noise: said at least this often when no frame ends it


class BadBytes(BadFrame):
    """Bytes of a stream that are no frame. `data` is for a digest: what could not be read is never kept."""

    def __init__(self, why: str, offset: int, data: bytes) -> None:
        """`offset` counts from the start of the stream."""
        super().__init__(why, offset)
        self.data = data


class Form(msgspec.Struct, frozen=True):
    """How frames look on the line."""

    def find(self, data: bytes) -> tuple[int, int]:
        """Where the first frame begins and ends; (n, n) when the first n bytes are none and more are needed."""
        raise NotImplementedError

    def plain(self, frame: bytes) -> bytes:
        """The frame as its protocol is written: without what only the line needs."""
        return frame


class Fixed(Form, frozen=True):
    """Frames of `length` bytes from `sync` on. `bits` are (place, mask, value): what every frame has there."""

    length: int
    sync: bytes = b""
    check: Check = lambda _frame: True
    bits: tuple[tuple[int, int, int], ...] = ()

    def find(self, data: bytes) -> tuple[int, int]:
        """As Form."""
        at = data.find(self.sync)
        while at >= 0:
            frame = data[at : at + self.length]
            if len(frame) < self.length:
                return at, at
            if all(frame[place] & mask == value for place, mask, value in self.bits) and self.check(frame):
                return at, at + self.length
            at = data.find(self.sync, at + 1)
        return len(data), len(data)


class Counted(Form, frozen=True):
    """Frames of `sync`, a byte that says how many follow, those, and `tail` bytes more (a checksum).

    Behind the sync, a byte that looks like `sync` or `escape` comes as `escape` and what it is more than `escape`; both
    count as one. `check` and the protocol see frames without escapes.
    """

    sync: bytes
    escape: bytes
    tail: int
    check: Check

    def find(self, data: bytes) -> tuple[int, int]:
        """As Form: a sync inside a frame means that the end of the one before it was lost."""
        at = data.find(self.sync)
        while at >= 0:
            again = data.find(self.sync, at + 1)
            part = data[at : again if again >= 0 else len(data)]
            size = self._size(part)
            if size > len(part) and again < 0:  # not all of it is here
                return at, at
            if size <= len(part) and self._good(part[:size]):
                return at, at + size
            at = again
        return len(data), len(data)

    def plain(self, frame: bytes) -> bytes:
        """As Form."""
        first, *escaped = frame.split(self.escape)
        least = self.escape[0]
        return first + b"".join(bytes(((least + part[0]) & 0xFF,)) + part[1:] if part else part for part in escaped)

    def _size(self, part: bytes) -> int:
        """How many bytes the frame has on the line; more than are here while some are not."""
        head = self._behind(part, 1)
        return head if head > len(part) else self._behind(part, 1 + self.plain(part[:head])[-1] + self.tail)

    def _behind(self, part: bytes, count: int) -> int:
        """The place behind so many bytes of the frame that come after its sync."""
        stop = 1
        for _ in range(count):
            stop += 2 if part[stop : stop + 1] == self.escape else 1
        return stop

    def _good(self, frame: bytes) -> bool:
        marked = (b"\x00", bytes((self.sync[0] - self.escape[0],)))
        return all(part[:1] in marked for part in frame.split(self.escape)[1:]) and self.check(self.plain(frame))


class Headed(Form, frozen=True):
    """Frames from `sync` on, with `block` bytes of any value behind it, up to the first `end` behind those."""

    sync: bytes
    block: int
    end: bytes
    longest: int

    def find(self, data: bytes) -> tuple[int, int]:
        """As Form: a sync inside a frame means that the end of the one before it was lost."""
        at = data.find(self.sync)
        while at >= 0:
            again = data.find(self.sync, at + 1)
            stop = data.find(self.end, at + len(self.sync) + self.block)
            if again >= 0 and (stop < 0 or again < stop):
                at = again
            elif stop < 0:
                return (at, at) if len(data) - at <= self.longest else (len(data), len(data))
            elif stop + len(self.end) - at <= self.longest:
                return at, stop + len(self.end)
            else:
                at = again
        past = max(0, len(data) - len(self.sync) + 1)
        return past, past


class Delimited(Form, frozen=True):
    """Frames that end with `end`, which is part of them, and have at most `longest` bytes."""

    end: bytes
    longest: int

    def find(self, data: bytes) -> tuple[int, int]:
        """As Form: what is too long is no frame, up to its end."""
        stop = data.find(self.end)
        if stop < 0:
            past = max(0, len(data) - self.longest - 1)  # enough stays to know later that it was too long
            return past, past
        stop += len(self.end)
        return (0, stop) if stop <= self.longest else (stop, stop)


class Enclosed(Form, frozen=True):
    """Frames from a byte of `start` to a byte of `end` and `tail` bytes more (a checksum), at most `longest`.

    A byte of `alone` is a frame by itself (ENQ, EOT). The last start counts.
    """

    start: bytes
    end: bytes
    longest: int
    tail: int = 0
    check: Check = lambda _frame: True
    alone: bytes = b""

    def find(self, data: bytes) -> tuple[int, int]:
        """As Form: a start inside a frame means that the end of the one before it was lost."""
        begins = self.start + self.alone
        at = _first(data, begins, 0)
        while at >= 0:
            if data[at] in self.alone:
                return at, at + 1
            again, stop = _first(data, begins, at + 1), _first(data, self.end, at + 1)
            if again >= 0 and (stop < 0 or again < stop):
                at = again
                continue
            stop += 1 + self.tail
            if stop < 1 + self.tail or stop > len(data):  # not all of it is here
                return (at, at) if len(data) - at <= self.longest else (len(data), len(data))
            if stop - at <= self.longest and self.check(data[at:stop]):
                return at, stop
            at = again
        return len(data), len(data)


class Escaped(Form, frozen=True):
    """Frames between the flags `start` and `end`, which may be the same; with them at most `longest` bytes.

    Inside, a byte that looks like a flag or `escape` comes behind `escape`, its bits of `flip` inverted (RFC 1662 4.2).
    `check` and the protocol see the bytes between the flags, without escapes.
    """

    start: bytes
    end: bytes
    longest: int
    check: Check
    escape: bytes = b"\x7d"
    flip: int = 0x20

    def find(self, data: bytes) -> tuple[int, int]:
        """As Form: a start inside a frame means that the end of the one before it was lost."""
        at = data.find(self.start)
        while at >= 0:
            again, stop = data.find(self.start, at + 1), data.find(self.end, at + 1)
            if again >= 0 and (stop < 0 or again < stop or stop == at + 1):
                at = again
                continue
            if stop < 0:
                return (at, at) if len(data) - at <= self.longest else (len(data), len(data))
            if stop + 1 - at <= self.longest and self._good(data[at + 1 : stop]):
                return at, stop + 1
            at = again
        return len(data), len(data)

    def plain(self, frame: bytes) -> bytes:
        """As Form."""
        first, *escaped = frame[1:-1].split(self.escape)
        return first + b"".join(bytes((part[0] ^ self.flip,)) + part[1:] for part in escaped)

    def framed(self, plain: bytes) -> bytes:
        """What `plain`, its check included, is on the line."""
        marked = self.start + self.end + self.escape
        inside = (self.escape + bytes((one ^ self.flip,)) if one in marked else bytes((one,)) for one in plain)
        return self.start + b"".join(inside) + self.end

    def _good(self, inside: bytes) -> bool:
        if not inside or self.escape * 2 in inside or inside.endswith(self.escape):
            return False
        return self.check(self.plain(b"[" + inside + b"]"))


def _first(data: bytes, wanted: bytes, start: int) -> int:
    """Where any byte of `wanted` comes first from `start` on; -1 when none does."""
    found = [at for byte in wanted if (at := data.find(byte, start)) >= 0]
    return min(found, default=-1)


class Framer:
    """The frames of one stream in one form."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._data = b""
        self._noise = b""
        self._at = 0  # of `_data` in the stream

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Every frame that is whole now, with its place in the stream.

        Raises BadBytes for what is none; feed b"" to go on behind it.
        """
        self._data += data
        while True:
            start, stop = self._form.find(self._data)
            self._noise += self._take(start)
            whole = stop > start
            if self._noise and (whole or len(self._noise) >= _RUN):
                noise, self._noise = self._noise, b""
                raise BadBytes(f"{len(noise)} bytes are no frame", self._at - len(noise), noise)
            if not whole:
                if start:
                    continue
                return
            yield self._at, self._form.plain(self._take(stop - start))

    def end(self) -> Iterator[tuple[int, bytes]]:
        """As `feed`, when nothing more will come: the last line of a text needs no end."""
        if isinstance(self._form, Delimited) and self._data:
            yield from self.feed(self._form.end)
        left, self._noise = self._noise + self._take(len(self._data)), b""
        if left:
            raise BadBytes(f"{len(left)} bytes at the end are no frame", self._at - len(left), left)

    def _take(self, n: int) -> bytes:
        taken, self._data = self._data[:n], self._data[n:]
        self._at += n
        return taken
