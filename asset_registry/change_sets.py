"""Changes of many assets made together, and undone together. What was changed again since then is left as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from asset_registry.asset_fields import BY_NAME, AssetField, plain, put, said, value_of
from asset_registry.assets import Asset
from asset_registry.audit import Audit, ChangeSet, bump, hold
from asset_registry.custom_fields import PREFIX
from asset_registry.db import Base
from asset_registry.errors import Conflict, Missing

_CHUNK = 500
"""Ids in one question: SQLite allows some thousand values."""


@dataclass(frozen=True)
class Change:
    """What happened to one asset: fields before (None: it was made) and after, as the audit log keeps them."""

    asset_id: int
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass
class Undone:
    """What came of an undo: how many assets are as before, and which are not, with the reason."""

    restored: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)


def keep(
    session: Session, kind: str, title: str, changes: Sequence[Change], who: str, now: datetime
) -> ChangeSet | None:
    """Log changes that were just made as one set; None when there are none."""
    if not changes:
        return None
    made = ChangeSet(at=now, who=who, kind=kind, title=title, changed=len(changes), undone=None)
    session.add(made)
    session.flush()
    common = {"at": now, "who": who, "action": kind, "object_kind": "asset", "change_set_id": made.id}
    rows = [common | {"object_id": str(c.asset_id), "before": c.before, "after": c.after} for c in changes]
    session.execute(insert(Audit), rows)
    bump(session)
    return made


def recent(session: Session, limit: int = 20) -> list[ChangeSet]:
    """The newest first."""
    return list(session.scalars(select(ChangeSet).order_by(ChangeSet.id.desc()).limit(limit)))


def undo(session: Session, change_set_id: int, who: str, now: datetime) -> Undone:
    """Make every asset of the set as it was before. Raises Missing, or Conflict when that was done already."""
    hold(session)
    wanted = session.get(ChangeSet, change_set_id, with_for_update=True)
    if wanted is None:
        raise Missing(f"there is no change {change_set_id}")
    if wanted.undone is not None:
        raise Conflict(f"change {change_set_id} was undone already")
    lines = list(session.scalars(select(Audit).where(Audit.change_set_id == change_set_id, Audit.action != "undo")))
    ids = [int(line.object_id) for line in lines]
    assets = {asset.id: asset for asset in _assets(session, ids)}
    done, changes = Undone(), []
    made = [line for line in lines if line.before is None]
    new = [int(line.object_id) for line in made]
    in_use = _touched(session, new, change_set_id) | referred(session, new)
    gone = []
    for line in lines:
        asset = assets.get(int(line.object_id))
        if asset is None:
            continue
        why = in_use.get(asset.id, "") if line.before is None else _changed_since(asset, line.after or {})
        if why:
            done.kept.append((asset.number, why))
        elif line.before is None:
            gone.append(asset.id)
            changes.append(Change(asset.id, line.after, {"number": ""}))
        else:
            changes.append(_restore(asset, line.before, line.after or {}, now))
    session.flush()
    for part in _chunks(gone):
        session.execute(delete(Asset).where(Asset.id.in_(part)), execution_options={"synchronize_session": False})
    done.restored = len(changes)
    _log(session, change_set_id, changes, who, now)
    wanted.undone, wanted.undone_by = now, who
    bump(session)
    return done


def _log(session: Session, change_set_id: int, changes: Sequence[Change], who: str, now: datetime) -> None:
    common = {"at": now, "who": who, "action": "undo", "object_kind": "asset", "change_set_id": change_set_id}
    rows = [common | {"object_id": str(c.asset_id), "before": c.before, "after": c.after} for c in changes]
    if rows:
        session.execute(insert(Audit), rows)


def _assets(session: Session, ids: Sequence[int]) -> Iterable[Asset]:
    for part in _chunks(ids):
        yield from session.scalars(select(Asset).where(Asset.id.in_(part)))


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _touched(session: Session, ids: Sequence[int], change_set_id: int) -> dict[int, str]:
    """Those of the assets to which something else happened as well."""
    found: dict[int, str] = {}
    for part in _chunks(ids):
        other = select(Audit.object_id).where(Audit.object_kind == "asset", Audit.object_id.in_(map(str, part)))
        other = other.where(Audit.change_set_id.is_distinct_from(change_set_id))
        found |= dict.fromkeys(map(int, session.scalars(other.distinct())), "it was changed since")
    return found


def referred(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Those of the assets that another table speaks of, and which: they cannot be taken out."""
    found: dict[int, str] = {}
    for table in Base.metadata.tables.values():
        columns = [key.parent for key in table.foreign_keys if key.column is Asset.__table__.c.id]
        for column in columns:
            for part in _chunks(ids):
                for (asset_id,) in session.execute(select(column).where(column.in_(part)).distinct()):
                    found[asset_id] = f"{_a(table.name)} speaks of it"
    return found


def _a(table: str) -> str:
    return f"{'an' if table[0] in 'aeiou' else 'a'} {table.replace('_', ' ')}"


def _field(name: str) -> AssetField | None:
    if name.startswith(PREFIX):
        return AssetField(name, name, "text", "custom")
    return BY_NAME.get(name)


def _now(asset: Asset, name: str) -> Any:  # noqa: ANN401 - as the column has it
    known = _field(name)
    return plain(said(asset, known)) if known is not None else plain(getattr(asset, name, None))


def _changed_since(asset: Asset, after: Mapping[str, Any]) -> str:
    """Why it is not as the change left it."""
    moved = [name for name in after if name != "serves" and _now(asset, name) != after[name]]
    return f"{', '.join(moved).replace('_', ' ')} changed since" if moved else ""


def _restore(asset: Asset, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> Change:
    values: dict[str, Any] = {}
    for name, value in before.items():
        known = _field(name)
        if known is None or name.startswith(PREFIX) or not isinstance(value, str):
            values[name] = value
        else:
            values[name] = value_of(AssetField(name, known.label, known.kind, choices=known.choices), value)
    put(asset, values)
    asset.changed = now
    return Change(asset.id, dict(after), dict(before))
