"""What is in a record of the spool: MessagePack, as docs/spool.md has it. Decoding raises msgspec.DecodeError."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from collector.columns import DeliveryKeys, Readings, strung
from collector.deliveries import Remembered
from collector.reading import DeliveryKey, Item

PREFACE = 0
"""The position of a preface."""

Keys = DeliveryKey | DeliveryKeys
Batch = Sequence[tuple[Sequence[Item] | Readings, Keys | None]]


class _Part(msgspec.Struct, array_like=True, gc=False):
    """A message with its key, or many as columns with their `keys`."""

    items: list[Item] | Readings
    key: DeliveryKey | None = None
    keys: DeliveryKeys | None = None


class _Said(msgspec.Struct, array_like=True, gc=False):
    """The same without keys, which are passed over."""

    items: list[Item] | Readings


class _Keyed(msgspec.Struct, array_like=True, gc=False):
    """The same without items."""

    items: msgspec.Raw
    key: DeliveryKey | None = None
    keys: DeliveryKeys | None = None


encode = msgspec.msgpack.Encoder().encode
"""`(written, remembered)` of a preface."""

preface_of = msgspec.msgpack.Decoder(tuple[datetime | None, Remembered]).decode
_parts = msgspec.msgpack.Decoder(tuple[datetime | None, list[_Part]]).decode
_said = msgspec.msgpack.Decoder(tuple[datetime | None, list[_Said]]).decode
_written = msgspec.msgpack.Decoder(tuple[datetime | None, msgspec.Raw]).decode
_keyed = msgspec.msgpack.Decoder(tuple[datetime | None, list[_Keyed]]).decode


def encode_batch(written: datetime, batch: Batch) -> bytes:
    """A record."""
    return encode(
        (written, [(items, None, key) if type(key) is DeliveryKeys else (items, key) for items, key in batch])
    )


def batch_of(payload: bytes) -> tuple[datetime | None, Batch]:
    """When a record was written, and all that is in it."""
    written, parts = _parts(payload)
    return written, [(part.items, part.keys or part.key) for part in parts]


def items_of(payload: bytes) -> Sequence[Item]:
    """Everything in a record, in order."""
    return strung(said.items for said in _said(payload)[1])


def written_of(payload: bytes) -> datetime | None:
    """When a record was written."""
    return _written(payload)[0]


def keys_of(payload: bytes) -> tuple[datetime | None, list[Keys]]:
    """When a record was written, and the messages in it."""
    written, parts = _keyed(payload)
    return written, [key for part in parts if (key := part.keys or part.key)]


def flat(batch: Batch) -> Sequence[Item]:
    """The items of all messages of a batch."""
    return strung(items for items, _ in batch)
