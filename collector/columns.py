"""Many readings, and what identifies the messages they came in, as columns: most of what is heard is alike.

A row is a GOOD number that a device said itself, heard by this machine and not retained. Who asks for readings gets
them, made one by one; who knows columns is spared that. All of it stands in the spool as it is (docs/spool.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

from collector.points import all_moments
from collector.reading import DeliveryKey, Item, Reading

Series = tuple[str, str, str]
"""Device, metric, gateway."""

Ms = npt.NDArray[np.int64]
_MID, _SERIES, _VALUE, _TIME = np.dtype("<u2"), np.dtype("<u4"), np.dtype("<f8"), np.dtype("<i8")
_DIGEST_BYTES = 8


class Readings(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Columns, little-endian: the place of a row's series in `series`, each of which has a row; f64; ms since 1970."""

    series: list[Series]
    series_of: bytes
    value_of: bytes
    at_of: bytes
    received_of: bytes

    @property
    def which(self) -> npt.NDArray[np.uint32]:
        """By row the place in `series`."""
        return np.frombuffer(self.series_of, _SERIES)

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """By row."""
        return np.frombuffer(self.value_of, _VALUE)

    @property
    def at(self) -> Ms:
        """By row, ms since 1970."""
        return np.frombuffer(self.at_of, _TIME)

    @property
    def received(self) -> Ms:
        """By row, ms since 1970."""
        return np.frombuffer(self.received_of, _TIME)

    def __len__(self) -> int:
        return len(self.at_of) // _TIME.itemsize

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.those(slice(None)))

    def those(self, rows: slice | Ms) -> list[Reading]:
        """The readings of some rows."""
        names = [self.series[n] for n in self.which[rows].tolist()]
        if not names:
            return []
        devices, metrics, gateways = zip(*names, strict=True)
        at, received = all_moments(self.at[rows]), all_moments(self.received[rows])
        return list(map(Reading, devices, metrics, self.values[rows].tolist(), at, received, gateways))

    def newest(self) -> list[Reading]:
        """The newest of each series by `at`, and who was heard last; in their order."""
        if len(self.series) == len(self):
            return list(self)
        which, at, count = self.which, self.at, len(self)
        latest = np.full(len(self.series), np.iinfo(np.int64).min)
        np.maximum.at(latest, which, at)
        rows = np.flatnonzero(at == latest[which])
        best, last = np.empty_like(latest), np.empty_like(latest)
        best[which[rows]] = rows  # of equal ones the last
        last[which] = np.arange(count)
        return self.those(np.union1d(best, last))

    def timed(self, at: Ms, received: Ms) -> "Readings":
        """The same with other times."""
        return Readings(self.series, self.series_of, self.value_of, at.tobytes(), received.tobytes())


def readings_of(names: Iterable[Series], values: Iterable[float], at: Ms, received: int) -> Readings:
    """Columns of what was heard at one moment."""
    places: dict[Series, int] = {}
    which = [places.setdefault(series, len(places)) for series in names]
    return Readings(
        list(places),
        np.array(which, _SERIES).tobytes(),
        np.array(values, _VALUE).tobytes(),
        at.tobytes(),
        np.full(len(at), received, _TIME).tobytes(),
    )


def joined(parts: Sequence[Readings]) -> Readings:
    """All rows, one after another."""
    if len(parts) == 1:
        return parts[0]
    places: dict[Series, int] = {}
    which = []
    for part in parts:
        place_of = np.array([places.setdefault(series, len(places)) for series in part.series], _SERIES)
        which.append(place_of[part.which].tobytes())
    return Readings(
        list(places),
        b"".join(which),
        b"".join([part.value_of for part in parts]),
        b"".join([part.at_of for part in parts]),
        b"".join([part.received_of for part in parts]),
    )


class DeliveryKeys(msgspec.Struct, frozen=True, gc=False):
    """The `DeliveryKey` of each row of Readings: u16 little-endian, and digests of eight bytes. None is redelivered."""

    link: str
    session: str
    mid_of: bytes
    digest_of: bytes

    @property
    def mids(self) -> list[int]:
        """By row."""
        found: list[int] = np.frombuffer(self.mid_of, _MID).tolist()
        return found

    @property
    def digests(self) -> list[bytes]:
        """By row."""
        whole = self.digest_of
        return [whole[at : at + _DIGEST_BYTES] for at in range(0, len(whole), _DIGEST_BYTES)]

    def __len__(self) -> int:
        return len(self.mid_of) // _MID.itemsize

    def __iter__(self) -> Iterator[DeliveryKey]:
        for mid, digest in zip(self.mids, self.digests, strict=True):
            yield DeliveryKey(self.link, self.session, mid, digest)


def keys_of(link: str, session: str, mids: Sequence[int], digests: npt.NDArray[np.uint32]) -> DeliveryKeys:
    """Columns of the messages of one read."""
    return DeliveryKeys(link, session, np.array(mids, _MID).tobytes(), digests.tobytes())


def joined_keys(parts: Sequence[DeliveryKeys]) -> DeliveryKeys:
    """All rows, one after another, of one session."""
    first = parts[0]
    mids, digests = b"".join([part.mid_of for part in parts]), b"".join([part.digest_of for part in parts])
    return DeliveryKeys(first.link, first.session, mids, digests)


class Items(Sequence[Item]):
    """Items in order, some of them as columns in `chunks`: to be iterated over, or taken a chunk at a time."""

    def __init__(self, chunks: Sequence[Sequence[Item] | Readings]) -> None:
        self.chunks = chunks
        self._count = sum(map(len, chunks))
        self._made: list[Item] | None = None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Item]:
        return iter(self._all())

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        return self._all()[place]

    def _all(self) -> list[Item]:
        if self._made is None:
            self._made = [item for chunk in self.chunks for item in chunk]
        return self._made


def chunks_of(items: Iterable[Item]) -> Sequence[Sequence[Item] | Readings]:
    """The chunks of `Items`; anything else is one."""
    if isinstance(items, Items):
        return items.chunks
    return (items if isinstance(items, Sequence) else list(items),)


def strung(parts: Iterable[Sequence[Item] | Readings]) -> Sequence[Item]:
    """All of them, one after another; a list where none has columns."""
    chunks: list[list[Item] | Readings] = []
    columns: list[Readings] = []
    for part in parts:
        if isinstance(part, Readings):
            columns.append(part)
            continue
        if columns:
            chunks.append(joined(columns))
            columns = []
        if chunks and isinstance(chunks[-1], list):
            chunks[-1] += part
        elif part:
            chunks.append(list(part))
    if columns:
        chunks.append(joined(columns))
    if len(chunks) == 1 and isinstance(chunks[0], list):
        return chunks[0]
    return Items(chunks) if chunks else []
