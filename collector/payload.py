"""What is in a record of the spool: MessagePack, as docs/spool.md has it. Decoding raises msgspec.DecodeError."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from collector.deliveries import Remembered
from collector.reading import DeliveryKey, Item

PREFACE = 0
"""The position of a preface."""

Batch = Sequence[tuple[Sequence[Item], DeliveryKey | None]]


class _Said(msgspec.Struct, array_like=True, gc=False):
    """A message without its key, which is passed over."""

    items: tuple[Item, ...]


encode = msgspec.msgpack.Encoder().encode
"""`(written, batch)` of a record, `(written, remembered)` of a preface."""

batch_of = msgspec.msgpack.Decoder(tuple[datetime | None, list[tuple[list[Item], DeliveryKey | None]]]).decode
preface_of = msgspec.msgpack.Decoder(tuple[datetime | None, Remembered]).decode
_said = msgspec.msgpack.Decoder(tuple[datetime | None, list[_Said]]).decode
_written = msgspec.msgpack.Decoder(tuple[datetime | None, msgspec.Raw]).decode
_keys = msgspec.msgpack.Decoder(tuple[datetime | None, list[tuple[msgspec.Raw, DeliveryKey | None]]]).decode


def items_of(payload: bytes) -> list[Item]:
    """Everything in a record, in order."""
    return [item for said in _said(payload)[1] for item in said.items]


def written_of(payload: bytes) -> datetime | None:
    """When a record was written."""
    return _written(payload)[0]


def keys_of(payload: bytes) -> tuple[datetime | None, list[DeliveryKey]]:
    """When a record was written, and the messages in it."""
    written, batch = _keys(payload)
    return written, [key for _, key in batch if key]


def flat(batch: Batch) -> list[Item]:
    """The items of all messages of a batch."""
    return [item for items, _ in batch for item in items]
