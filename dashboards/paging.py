"""Cursor paging: `{"items": […], "next": …}`. A cursor is opaque to the reader and good only for the same question."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from dashboards.problems import Wrong

MOST = 500
Item = TypeVar("Item")
Key = int | str


class Listed(BaseModel, Generic[Item]):
    """One page; `next` is the cursor of the following one, null on the last."""

    items: list[Item]
    next: str | None = None


Limit = Annotated[int, Query(ge=1, le=MOST, description="How many items a page holds.")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before.")]


def encode(key: Key) -> str:
    """The cursor that goes on after `key`."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str | None, kind: type[Key]) -> Any:  # noqa: ANN401 - a Key of the kind asked for, or None
    """The key in a cursor. Raises Wrong when it is none of ours."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if type(key) is not kind:
        raise Wrong("cursor", "It is not one that this address gave out; leave it away to start from the first page.")
    return key


def listed(
    rows: Iterable[Item], limit: int, cursor: str | None, key: Callable[[Item], int], *, newest: bool = False
) -> tuple[list[Item], str | None]:
    """One page of `rows` that are all in memory, by `key` upwards, or with `newest` downwards, and the next cursor."""
    after = decode(cursor, int)
    ordered = sorted(rows, key=key, reverse=newest)
    if after is not None:
        ordered = [row for row in ordered if (key(row) < after if newest else key(row) > after)]
    chosen = ordered[:limit]
    return chosen, encode(key(chosen[-1])) if len(ordered) > limit else None
