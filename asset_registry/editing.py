"""Editing assets, one or many: what would change is shown first, and what was changed can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.asset_fields import BY_NAME, FIELDS, AssetField, plain, put, said, value_of
from asset_registry.assets import Asset
from asset_registry.audit import ChangeSet, hold
from asset_registry.change_sets import Change, keep
from asset_registry.custom_fields import custom_fields
from asset_registry.errors import Forbidden, Invalid, Missing
from asset_registry.people import Principal
from asset_registry.places import Place

EDITORS = ("biomed", "facilities", "it_agent")
MOST = 50_000

_OWN = ("name", "serial", "udi_pi")
"""What one piece has for itself: nobody means to give it to many."""


@dataclass
class Preview:
    """What an edit would do: assets with (field, before, after); `same` are as wanted already."""

    changes: list[tuple[Asset, list[tuple[AssetField, Any, Any]]]] = field(default_factory=list)
    same: int = 0


def fields_of(session: Session) -> list[AssetField]:
    """Every field that can be edited, the house's own last; `home` and `mobile` too."""
    return [*FIELDS, HOME, MOBILE, *custom_fields(session)]


HOME = AssetField("home_id", "Belongs in", "place", "use")
MOBILE = AssetField("mobile", "Moves about", "yes_no", "use", needed=True)


def values_of(session: Session, changes: Mapping[str, str], ids: Sequence[int]) -> dict[str, Any]:
    """The texts of a form as values. Raises Invalid, which names the field."""
    known = {each.name: each for each in fields_of(session)}
    values: dict[str, Any] = {}
    for name, text in changes.items():
        if name not in known:
            raise Invalid(f"an asset has no field {name!r}")
        if len(ids) > 1 and name in _OWN:
            raise Invalid(f"{known[name].label} is each asset's own; edit them one by one")
        try:
            values[name] = _place(session, text) if name == HOME.name else value_of(known[name], text)
        except Invalid as wrong:
            raise Invalid(f"{known[name].label}: {wrong}") from wrong
    return values


def _place(session: Session, text: str) -> int | None:
    if not text.strip():
        return None
    if text.strip().isdecimal() and session.get(Place, int(text)) is not None:
        return int(text)
    found = list(session.scalars(select(Place).where(Place.number == text.strip())))
    if len(found) != 1:
        raise Invalid(f'"{text}" is {"no place" if not found else "not the only place of that number"}')
    return found[0].id


def preview(session: Session, ids: Sequence[int], changes: Mapping[str, str]) -> Preview:
    """What would change. Raises Invalid, Missing."""
    found, values = Preview(), values_of(session, changes, ids)
    known = {each.name: each for each in fields_of(session)}
    for asset in _of(session, ids):
        wanted = _with_since(asset, values)
        differ = [(known[name], said(asset, known[name]), value) for name, value in wanted.items()]
        differ = [each for each in differ if plain(each[1]) != plain(each[2])]
        if differ:
            found.changes.append((asset, differ))
        else:
            found.same += 1
    return found


def _with_since(asset: Asset, values: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever stops being its keeper takes the time of it along."""
    wanted = dict(values)
    if wanted.get("custodian") == "" and "custody_since" not in wanted and asset.custody_since is not None:
        wanted["custody_since"] = None
    return wanted


def edit(
    session: Session, ids: Sequence[int], changes: Mapping[str, str], actor: Principal, now: datetime
) -> ChangeSet | None:
    """Make the changes, as one set that can be undone; None when all is so already. Raises Forbidden, Invalid, Missing.

    Who gets assets into their keeping has them from now on, where nothing else is said.
    """
    if not actor.is_person or not actor.may(*EDITORS):
        raise Forbidden("only biomed, facilities and IT can edit assets")
    if len(ids) > MOST:
        raise Invalid(f"more than {MOST:,} assets at once")
    hold(session)
    made = []
    for asset, differ in preview(session, ids, changes).changes:
        values = {each.name: value for each, _, value in differ}
        if values.get("custodian") and "custody_since" not in changes:
            differ.append((BY_NAME["custody_since"], asset.custody_since, now))
            values["custody_since"] = now
        before = {each.name: plain(was) for each, was, _ in differ}
        put(asset, values)
        asset.changed = now
        made.append(Change(asset.id, before, {name: plain(value) for name, value in values.items()}))
    session.flush()
    return keep(session, "edit", _title(changes), made, actor.login, now)


def _title(changes: Mapping[str, str]) -> str:
    return ", ".join(
        f"{BY_NAME[name].label if name in BY_NAME else name}: {text or '–'}" for name, text in changes.items()
    )[:200]


def _of(session: Session, ids: Iterable[int]) -> list[Asset]:
    wanted = list(dict.fromkeys(ids))
    found: dict[int, Asset] = {}
    for start in range(0, len(wanted), 500):
        rows = session.scalars(select(Asset).where(Asset.id.in_(wanted[start : start + 500])))
        found |= {asset.id: asset for asset in rows}
    lost = next((each for each in wanted if each not in found), None)
    if lost is not None:
        raise Missing(f"there is no asset {lost}")
    return [found[each] for each in wanted]
