"""Changes of many rows made together, and undone together. What was changed again since then is left as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from asset_registry.asset_fields import BY_NAME, AssetField, plain, put, said, value_of
from asset_registry.assets import Asset
from asset_registry.audit import Audit, ChangeSet, bump, hold
from asset_registry.custom_fields import PREFIX
from asset_registry.errors import Conflict, Missing
from asset_registry.places import Serves, set_serves
from asset_registry.undoing import CHUNK, Undone, move_back, referred, served_by, touched, undo_rows

_APART = ("serves", "moved")
"""What the log tells of an asset that is no field of it."""


@dataclass(frozen=True)
class Change:
    """What happened to one asset: fields before (None: it was made) and after, as the audit log keeps them."""

    asset_id: int
    before: dict[str, Any] | None
    after: dict[str, Any]


def begin(session: Session, kind: str, title: str, who: str, now: datetime) -> ChangeSet:
    """A set without changes yet."""
    made = ChangeSet(at=now, who=who, kind=kind, title=title, changed=0, undone=None)
    session.add(made)
    session.flush()
    return made


def keep(
    session: Session,
    kind: str,
    title: str,
    changes: Sequence[Change],
    who: str,
    now: datetime,
    into: int | None = None,
) -> ChangeSet | None:
    """Log changes that were just made as one set, or as more of the set `into`; None when there are none."""
    if not changes:
        return None
    made = begin(session, kind, title, who, now) if into is None else session.get_one(ChangeSet, into)
    made.changed += len(changes)
    common = {"at": now, "who": who, "action": kind, "object_kind": "asset", "change_set_id": made.id}
    rows = [common | {"object_id": str(c.asset_id), "before": c.before, "after": c.after} for c in changes]
    session.execute(insert(Audit), rows)
    bump(session)
    return made


def recent(session: Session, limit: int = 20) -> list[ChangeSet]:
    """The newest first."""
    return list(session.scalars(select(ChangeSet).order_by(ChangeSet.id.desc()).limit(limit)))


def undo(session: Session, change_set_id: int, who: str, now: datetime) -> Undone:
    """Make every row of the set as it was before. Raises Missing, or Conflict when that was done already."""
    hold(session)
    wanted = session.get(ChangeSet, change_set_id, with_for_update=True)
    if wanted is None:
        raise Missing(f"there is no change {change_set_id}")
    if wanted.undone is not None:
        raise Conflict(f"change {change_set_id} was undone already")
    of_set = select(Audit).where(Audit.change_set_id == change_set_id, Audit.action != "undo").order_by(Audit.id)
    lines, done = list(session.scalars(of_set)), Undone()
    undo_rows(session, lines, who, now, done)
    _undo_assets(session, [line for line in lines if line.object_kind == "asset"], who, now, done)
    wanted.undone, wanted.undone_by = now, who
    bump(session)
    return done


def _undo_assets(session: Session, lines: Sequence[Audit], who: str, now: datetime, done: Undone) -> None:
    if not lines:
        return
    assets = {asset.id: asset for asset in _assets(session, [int(line.object_id) for line in lines])}
    new = [int(line.object_id) for line in lines if line.before is None]
    serving, change_set = served_by(session, list(assets)), lines[0].change_set_id
    in_use = touched(session, "asset", new, change_set)
    in_use |= referred(session, new, Asset.__table__.c.id, apart=(Serves.__table__.c.asset_id,))
    changes, gone = [], []
    for line in lines:
        asset = assets.get(int(line.object_id))
        if asset is None:
            continue
        after = line.after or {}
        why = in_use.get(asset.id, "") if line.before is None else _changed_since(asset, after)
        if (
            not why
            and (line.before is None or "serves" in after)
            and serving.get(asset.id, []) != after.get("serves", [])
        ):
            why = "what it serves changed since"
        if why:
            done.kept.append((asset.number, why))
        elif line.before is None:
            gone.append(asset.id)
            changes.append(Change(asset.id, after, {"number": ""}))
        else:
            changes.append(_restore(session, asset, line.before, after, now))
            if "moved" in after:
                move_back(session, line, who, now, done)
    session.flush()
    for part in _chunks(gone):
        for table, key in ((Serves, Serves.asset_id), (Asset, Asset.id)):
            session.execute(delete(table).where(key.in_(part)), execution_options={"synchronize_session": False})
    done.restored += len(changes)
    _log(session, change_set, changes, who, now)


def _log(session: Session, change_set_id: int | None, changes: Sequence[Change], who: str, now: datetime) -> None:
    common = {"at": now, "who": who, "action": "undo", "object_kind": "asset", "change_set_id": change_set_id}
    rows = [common | {"object_id": str(c.asset_id), "before": c.before, "after": c.after} for c in changes]
    if rows:
        session.execute(insert(Audit), rows)


def _assets(session: Session, ids: Sequence[int]) -> Iterable[Asset]:
    for part in _chunks(ids):
        yield from session.scalars(select(Asset).where(Asset.id.in_(part)))


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _field(name: str) -> AssetField | None:
    if name.startswith(PREFIX):
        return AssetField(name, name, "text", "custom")
    return BY_NAME.get(name)


def _now(asset: Asset, name: str) -> Any:  # noqa: ANN401 - as the column has it
    known = _field(name)
    return plain(said(asset, known)) if known is not None else plain(getattr(asset, name, None))


def _changed_since(asset: Asset, after: Mapping[str, Any]) -> str:
    """Why it is not as the change left it."""
    moved = [name for name in after if name not in _APART and _now(asset, name) != after[name]]
    return f"{', '.join(moved).replace('_', ' ')} changed since" if moved else ""


def _restore(
    session: Session, asset: Asset, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime
) -> Change:
    values: dict[str, Any] = {}
    if "serves" in before:
        set_serves(session, asset.id, set(before["serves"]))
    for name, value in before.items():
        if name in _APART:
            continue
        known = _field(name)
        if known is None or name.startswith(PREFIX) or not isinstance(value, str):
            values[name] = value
        else:
            values[name] = value_of(AssetField(name, known.label, known.kind, choices=known.choices), value)
    put(asset, values)
    asset.changed = now
    return Change(asset.id, dict(after), dict(before))
