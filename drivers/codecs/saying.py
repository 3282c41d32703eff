"""Decoders without settings or memory: a function from a frame to what it says."""

import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value

Said = Iterable[tuple[str, Value] | Mapping[str, str]]
"""Metrics with their values, and the facts of an announcement."""


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Saying:
    """Everything that a frame says is said of the device that sent it; nothing in one that `begins` otherwise."""

    def __init__(self, said: Callable[[Frame], Said], begins: bytes = b"") -> None:
        self._said = said
        self._begins = begins

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """Readings and announcements of one frame. Raises BadFrame."""
        if not frame.payload.startswith(self._begins):
            return ()
        return [
            frame.reading(frame.device, *one)
            if isinstance(one, tuple)
            else Announcement(frame.device, dict(one), frame.received)
            for one in self._said(frame)
        ]


def unpacked(form: struct.Struct, data: bytes, what: str, at: int = 0) -> tuple[int, ...]:
    """The numbers of `form` in `data`, from byte `at` on. Raises BadFrame where `data` is too short for them."""
    if len(data) < at + form.size:
        raise BadFrame(f"{what} has {at + form.size} bytes, these are {len(data)}", len(data))
    return form.unpack_from(data, at)


def percent(metric: str, value: float) -> Iterator[tuple[str, Value]]:
    """`value` where it is one: what is above 100, or no number, is a marker or a fault."""
    if math.isfinite(value) and 0 <= value <= 100:
        yield metric, float(value)
