"""Undoing imports of places and devices, and what a merge moved. What somebody changed since is left, and named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import KeyedColumnElement

from asset_registry.asset_fields import plain
from asset_registry.assets import Asset
from asset_registry.audit import Audit, record
from asset_registry.bindings import Binding, Device, binding_facts
from asset_registry.db import Base
from asset_registry.places import Place, Serves, set_serves

CHUNK = 500
"""Ids in one question: SQLite allows some thousand values."""

Key = KeyedColumnElement[Any]


@dataclass
class Undone:
    """What came of an undo: how many rows are as before, and which are not, with the reason."""

    restored: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)


def undo_rows(session: Session, lines: Sequence[Audit], who: str, now: datetime, done: Undone) -> None:
    """Make places and devices as they were before these lines of the log; what was made last goes first."""
    for kind, table, name in (("place", Place, "number"), ("device", Device, "native_id")):
        own = [line for line in lines if line.object_kind == kind]
        if not own:
            continue
        made = [int(line.object_id) for line in own if line.before is None]
        why = touched(session, kind, made, own[0].change_set_id) | referred(
            session, made, table.__table__.c.id, apart=(Place.__table__.c.parent_id,)
        )
        for line in reversed(own):
            key = int(line.object_id)
            row: Place | Device | None = session.get(Place, key) if kind == "place" else session.get(Device, key)
            if row is not None:
                reason = _undo_row(session, line, row, why)
                if reason:
                    done.kept.append((getattr(row, name), reason))
                    continue
                done.restored += 1
                after = {name: ""} if line.before is None else line.before
                record(session, now, who, "undo", (kind, line.object_id), line.after, after, line.change_set_id)
                session.flush()  # what is in it has gone before


def _undo_row(session: Session, line: Audit, row: Place | Device, in_use: Mapping[int, str]) -> str:
    after = line.after or {}
    if line.before is not None:
        moved = [name for name in after if getattr(row, name) != after[name]]
        if moved:
            return f"{', '.join(moved).replace('_', ' ')} changed since"
        for name, value in line.before.items():
            setattr(row, name, value)
        return ""
    if row.id in in_use:
        return in_use[row.id]
    if isinstance(row, Place) and session.scalar(select(Place.id).where(Place.parent_id == row.id).limit(1)):
        return "something lies in it"
    session.delete(row)
    return ""


def touched(session: Session, kind: str, ids: Sequence[int], change_set_id: int | None) -> dict[int, str]:
    """Those of the objects to which something else happened as well."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), CHUNK):
        part = map(str, ids[start : start + CHUNK])
        other = select(Audit.object_id).where(Audit.object_kind == kind, Audit.object_id.in_(part))
        other = other.where(Audit.change_set_id.is_distinct_from(change_set_id))
        found |= dict.fromkeys(map(int, session.scalars(other.distinct())), "it was changed since")
    return found


def referred(session: Session, ids: Sequence[int], key: Key, apart: Sequence[Key] = ()) -> dict[int, str]:
    """Those of the rows that another table speaks of, and which: they cannot be taken out. `apart` do not count."""
    found: dict[int, str] = {}
    for table in Base.metadata.tables.values():
        for column in (each.parent for each in table.foreign_keys if each.column is key):
            if any(column is each for each in apart):
                continue
            for start in range(0, len(ids), CHUNK):
                asked = select(column).where(column.in_(ids[start : start + CHUNK])).distinct()
                for (row_id,) in session.execute(asked):
                    found[row_id] = f"{_a(table.name)} speaks of it"
    return found


def _a(table: str) -> str:
    return f"{'an' if table[0] in 'aeiou' else 'a'} {table.replace('_', ' ')}"


# ---------------------------------------------------------------- merges


def moved_by(
    before: Mapping[int, datetime | None], made: Sequence[Binding], served: Mapping[str, Any]
) -> dict[str, Any]:
    """What a merge moved, for the log: each binding that it ended (with when it would have) and the one made of it."""
    ends = {each: until.isoformat() if until else None for each, until in before.items()}
    pairs = [[was, until, new.id] for (was, until), new in zip(ends.items(), made, strict=True)]
    return {"bindings": pairs, **served}


def move_back(session: Session, line: Audit, who: str, now: datetime, done: Undone) -> None:
    """Give the asset that was dropped its devices, and what it served, again."""
    moved, gone = (line.after or {})["moved"], int(line.object_id)
    kept = (line.after or {})["merged_into"]
    for was, until, made in moved["bindings"]:
        old, new = session.get(Binding, was), session.get(Binding, made)
        end = datetime.fromisoformat(until) if until else None
        if old is None or new is None or new.asset_id != kept or new.until != end or old.until != new.since:
            done.kept.append((_device_of(session, old), "it was bound anew since"))
            continue
        facts = binding_facts(new)
        session.delete(new)
        session.flush()
        old.until = end
        record(session, now, who, "undo", ("device", old.device_id), facts, binding_facts(old), line.change_set_id)
    if "served" not in moved:
        return
    own, others = set(moved["served"]), set(moved["kept_served"])
    if set(session.scalars(select(Serves.place_id).where(Serves.asset_id == kept))) != own | others:
        done.kept.append((_number_of(session, kept), "what it serves changed since"))
        return
    set_serves(session, kept, others)
    set_serves(session, gone, own)


def _device_of(session: Session, binding: Binding | None) -> str:
    device = session.get(Device, binding.device_id) if binding is not None else None
    return device.name or device.native_id if device is not None else "a device"


def _number_of(session: Session, asset_id: int) -> str:
    asset = session.get(Asset, asset_id)
    return asset.number if asset is not None else str(asset_id)


def served_by(session: Session, asset_ids: Sequence[int]) -> dict[int, list[int]]:
    """The places that each asset serves, by ids; plain, as the log has it."""
    found: dict[int, list[int]] = {}
    for start in range(0, len(asset_ids), CHUNK):
        part = Serves.asset_id.in_(asset_ids[start : start + CHUNK])
        for asset, place in session.execute(select(Serves.asset_id, Serves.place_id).where(part)):
            found.setdefault(asset, []).append(place)
    return {asset: sorted(plain(place) for place in places) for asset, places in found.items()}
