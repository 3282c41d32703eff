"""Bytes of a stream into frames: a form is declared, and one framer finds it, also behind noise.

Three forms cover the serial protocols: a sync byte and a fixed length, text up to a delimiter, and text between a start
and an end (STX, ETX). What lies between two frames is said once, as a BadBytes with its place in the stream.
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


class Fixed(msgspec.Struct, frozen=True):
    """Frames of `length` bytes from `sync` on. `bits` are (place, mask, value): what every frame has there."""

    sync: bytes
    length: int
    check: Check
    bits: tuple[tuple[int, int, int], ...] = ()

    def find(self, data: bytes) -> tuple[int, int]:
        """Where the first frame begins and ends; (n, n) when the first n bytes are none and more are needed."""
        at = data.find(self.sync)
        while at >= 0:
            frame = data[at : at + self.length]
            if len(frame) < self.length:
                return at, at
            if all(frame[place] & mask == value for place, mask, value in self.bits) and self.check(frame):
                return at, at + self.length
            at = data.find(self.sync, at + 1)
        return len(data), len(data)


class Delimited(msgspec.Struct, frozen=True):
    """Frames that end with `end`, which is part of them, and have at most `longest` bytes."""

    end: bytes
    longest: int

    def find(self, data: bytes) -> tuple[int, int]:
        """As Fixed: what is too long is no frame, up to its end."""
        stop = data.find(self.end)
        if stop < 0:
            past = max(0, len(data) - self.longest - 1)  # enough stays to know later that it was too long
            return past, past
        stop += len(self.end)
        return (0, stop) if stop <= self.longest else (stop, stop)


class Enclosed(msgspec.Struct, frozen=True):
    """Frames from `start` to `end` and `tail` bytes more (a checksum), at most `longest`. The last start counts."""

    start: bytes
    end: bytes
    longest: int
    tail: int = 0
    check: Check = lambda _frame: True

    def find(self, data: bytes) -> tuple[int, int]:
        """As Fixed: a start inside a frame means that the end of the one before it was lost."""
        at = data.find(self.start)
        while at >= 0:
            again, stop = data.find(self.start, at + 1), data.find(self.end, at + len(self.start))
            if again >= 0 and (stop < 0 or again < stop):
                at = again
                continue
            stop += len(self.end) + self.tail
            if stop < len(self.end) + self.tail or stop > len(data):  # not all of it is here
                return (at, at) if len(data) - at <= self.longest else (len(data), len(data))
            if stop - at <= self.longest and self.check(data[at:stop]):
                return at, stop
            at = again
        return len(data), len(data)


class Framer:
    """The frames of one stream in one form."""

    def __init__(self, form: Fixed | Delimited | Enclosed) -> None:
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
            yield self._at, self._take(stop - start)

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
