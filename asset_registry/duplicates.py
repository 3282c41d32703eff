"""The same thing entered twice: found by serial and maker, by UDI, by names that differ only in their writing."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from asset_registry.asset_fields import FIELDS, plain, put, said
from asset_registry.assets import Asset
from asset_registry.audit import ChangeSet, hold
from asset_registry.bindings import Binding, Target, bind
from asset_registry.change_sets import Change, keep
from asset_registry.editing import EDITORS
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.known import KnownAsset
from asset_registry.people import Principal
from asset_registry.places import set_serves
from asset_registry.undoing import moved_by, served_by


@dataclass(frozen=True)
class Twins:
    """Two assets that may be one, the older first, and why one may think so."""

    first: KnownAsset
    second: KnownAsset
    why: str


def twins(assets: Iterable[KnownAsset]) -> list[Twins]:
    """Pairs, the surest reason first; a pair is told of once. What is retired counts no more."""
    living = sorted((asset for asset in assets if asset.holding != "retired"), key=lambda asset: asset.id)
    found: dict[tuple[int, int], Twins] = {}
    for why, key in _REASONS:
        groups: dict[Any, list[KnownAsset]] = defaultdict(list)
        for asset in living:
            if mark := key(asset):
                groups[mark].append(asset)
        for first, second in _neighbours(groups.values()):
            if not _told_apart(first, second, why):
                found.setdefault((first.id, second.id), Twins(first, second, why))
    return list(found.values())


def _told_apart(first: KnownAsset, second: KnownAsset, why: str) -> bool:
    """Two serials tell two of one name apart; one serial is given again for another kind of thing."""
    if why == "nearly the same name":
        return bool(first.serial and second.serial) and _bare(first.serial) != _bare(second.serial)
    models = _bare(first.model), _bare(second.model)
    return all(models) and models[0] != models[1] and first.category != second.category


def _neighbours(groups: Iterable[list[KnownAsset]]) -> Iterator[tuple[KnownAsset, KnownAsset]]:
    for group in groups:
        yield from pairwise(group)


def _bare(text: str) -> str:
    """Letters and digits only, without case, accents and leading zeros of numbers."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"(?<!\d)0+(?=\d)", "", "".join(each for each in flat if each.isalnum()))


def _of_serial(asset: KnownAsset) -> object:
    return (_bare(asset.serial), _bare(asset.maker)) if _bare(asset.serial) and asset.maker else None


def _of_udi(asset: KnownAsset) -> object:
    piece = asset.udi_pi or asset.serial
    return (asset.udi_di, _bare(piece)) if asset.udi_di and piece else None


def _of_name(asset: KnownAsset) -> object:
    return (_bare(asset.name), asset.category.casefold())


_REASONS: tuple[tuple[str, Callable[[KnownAsset], object]], ...] = (
    ("the same serial and maker", _of_serial),
    ("the same UDI", _of_udi),
    ("nearly the same name", _of_name),
)


def merge(session: Session, keep_id: int, drop_id: int, actor: Principal, now: datetime) -> ChangeSet:
    """Make one of two: what the kept one lacks it gets from the other, with its devices and what it serves.

    The other is retired and points to the kept one; its past (tickets, history, files) stays with it. Undone, both are
    as before, with their devices. Raises Forbidden, Missing, Invalid, or Conflict while one is in use, claimed or
    sequestered.
    """
    if not actor.is_person or not actor.may(*EDITORS):
        raise Forbidden("only biomed, facilities and IT can merge assets")
    hold(session)
    kept, gone = (session.get(Asset, each, with_for_update=True) for each in (keep_id, drop_id))
    if kept is None or gone is None:
        raise Missing(f"there is no asset {drop_id if kept else keep_id}")
    if kept is gone:
        raise Invalid("an asset cannot be merged with itself")
    for each in (kept, gone):
        if each.condition == "sequestered" or each.use != "idle" or each.merged_into is not None:
            raise Conflict(f"{each.name} is in use, claimed, sequestered or merged already; try again afterwards")
    values = {field.name: said(gone, field) for field in FIELDS if said(gone, field) and not said(kept, field)}
    if kept.home_id is None and gone.home_id is not None:
        values["home_id"] = gone.home_id
    own = {name: value for name, value in (gone.custom or {}).items() if name not in (kept.custom or {})}
    values |= {f"custom.{name}": value for name, value in own.items()}
    before = {name: None if name.startswith("custom.") else plain(getattr(kept, name)) for name in values}
    put(kept, values)
    was = {"holding": gone.holding, "merged_into": None}
    gone.holding, gone.merged_into = "retired", kept.id
    kept.changed = gone.changed = now
    moved = _move(session, kept, gone, actor.login, now)
    changes = [
        Change(kept.id, before, {name: plain(value) for name, value in values.items()}),
        Change(gone.id, was, {"holding": "retired", "merged_into": kept.id, "moved": moved}),
    ]
    session.flush()
    made = keep(session, "merge", f"{gone.number} into {kept.number}", changes, actor.login, now)
    if made is None:
        raise Invalid("there is nothing to merge")
    return made


def _move(session: Session, kept: Asset, gone: Asset, who: str, now: datetime) -> dict[str, Any]:
    """Bind to the kept one what is bound to the other; what was moved, for the log."""
    until = or_(Binding.until.is_(None), Binding.until > now)
    chosen = select(Binding).where(Binding.asset_id == gone.id, Binding.since <= now, until).order_by(Binding.id)
    held = list(session.scalars(chosen))
    ends = {binding.id: binding.until for binding in held}
    made = [
        bind(session, each.device_id, Target(asset_id=kept.id), each.role, who, now, until=ends[each.id])
        for each in held
    ]
    served = served_by(session, [kept.id, gone.id])
    if not served:
        return moved_by(ends, made, {})
    own, others = served.get(gone.id, []), served.get(kept.id, [])
    set_serves(session, gone.id, set())
    set_serves(session, kept.id, {*own, *others})
    return moved_by(ends, made, {"served": own, "kept_served": others})
