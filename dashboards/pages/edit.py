"""Editing assets: all fields of one; one field of many, shown before it is done; and every such change undone again."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from asset_registry import change_sets, duplicates
from asset_registry.asset_fields import AssetField, said, text_of
from asset_registry.assets import Asset
from asset_registry.editing import EDITORS, Preview, edit, fields_of, preview
from asset_registry.errors import Invalid
from asset_registry.undoing import Undone
from dashboards.access import Visitor, admit
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.forms import Filled
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.selection import Chosen, chosen_of, of_form
from dashboards.standing import names_of

SHOWN = 20
GROUPS = {
    "identity": "What it is",
    "use": "Where it belongs",
    "care": "Care",
    "purchase": "Purchase",
    "holding": "Rented or lent",
    "custom": "Own fields",
}
EDITING = admit(*EDITORS)
router = APIRouter()


@router.get("/edit", dependencies=[EDITING])
def edit_form(
    request: Request,
    here: Here,
    chosen: Chosen,
    field: Annotated[str, Query(max_length=60)] = "",
    value: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """The form of one asset; of many, one field, and what would change."""
    assets = chosen_of(here, chosen)
    if not assets:
        raise NotThere("asset to edit: choose some in the list")
    with here.database.read() as session:
        fields = fields_of(session)
        if len(assets) == 1 and chosen.ids:
            row = session.get(Asset, assets[0].id)
            if row is None:
                raise NotThere(f"asset {assets[0].id}")
            return page(request, "edit.html", asset=assets[0], groups=_groups(here, row, fields))
        seen, wrong = Preview(), ""
        if field:
            try:
                seen = preview(session, [asset.id for asset in assets], {field: value})
            except Invalid as trouble:
                wrong = str(trouble)
        return page(
            request,
            "edit_many.html",
            chosen=chosen,
            count=len(assets),
            fields=[each for each in fields if each.name not in ("name", "serial", "udi_pi")],
            field=next((each for each in fields if each.name == field), None),
            value=value,
            wrong=wrong,
            same=seen.same,
            changes=len(seen.changes),
            rows=[
                (asset, *(_shown(here, value, differ[0][0].name) for value in differ[0][1:]))
                for asset, differ in seen.changes[:SHOWN]
            ],
        )


def _shown(here: Context, value: object, name: str) -> str:
    if name == "home_id" and isinstance(value, int):
        place = here.snapshots.current.places.get(value)
        return place.number if place else str(value)
    return text_of(value)


def _groups(here: Context, row: Asset, fields: list[AssetField]) -> list[tuple[str, list[tuple[AssetField, str]]]]:
    filled = [(each, _shown(here, said(row, each), each.name)) for each in fields]
    groups = [(word, [each for each in filled if each[0].group == name]) for name, word in GROUPS.items()]
    return [(word, inside) for word, inside in groups if inside]


@router.post("/edit", dependencies=[EDITING])
def edit_one(here: Here, visitor: Visitor, form: Filled) -> Response:
    """Save the form of one asset: fields are named `f.NAME`."""
    chosen = of_form(form)
    if len(chosen.ids) != 1:
        raise NotThere("single asset in this form")
    changes = {name.removeprefix("f."): value for name, value in form.multi_items() if name.startswith("f.")}
    with here.database.write() as session:
        edit(session, list(chosen.ids), _moved(session, chosen.ids[0], changes), visitor, here.clock.now())
    refreshed(here)
    return RedirectResponse(f"/assets/{chosen.ids[0]}", 303)


def _moved(session: Session, asset_id: int, changes: dict[str, str]) -> dict[str, str]:
    """Without what stands there as it was: a keeper's time is set only by who changes it."""
    row = session.get(Asset, asset_id)
    known = {each.name: each for each in fields_of(session)}
    return {
        name: text
        for name, text in changes.items()
        if row is None or name not in known or name == "home_id" or text_of(said(row, known[name])) != text.strip()
    }


@router.post("/edit/many", dependencies=[EDITING])
def edit_many(here: Here, visitor: Visitor, form: Filled) -> Response:
    """Do what was shown."""
    ids = [asset.id for asset in chosen_of(here, of_form(form))]
    with here.database.write() as session:
        made = edit(session, ids, {form.get("field", ""): form.get("value", "")}, visitor, here.clock.now())
        number = made.id if made is not None else 0
    refreshed(here)
    return RedirectResponse(f"/changes?done={number}", 303)


@router.get("/changes", dependencies=[admit(*EDITORS, "auditor")])
def changes(request: Request, here: Here, visitor: Visitor, done: Annotated[int, Query(ge=0)] = 0) -> Response:
    """What was changed together, the newest first."""
    return _changes(request, here, visitor.may(*EDITORS), done, None)


@router.post("/changes/{number}/undo", dependencies=[EDITING])
def undo(request: Request, here: Here, visitor: Visitor, number: Id) -> Response:
    """Make it as it was, and say what could not be."""
    with here.database.write() as session:
        undone = change_sets.undo(session, number, visitor.login, here.clock.now())
    refreshed(here)
    return _changes(request, here, True, 0, undone)


def _changes(request: Request, here: Context, may: bool, done: int, undone: Undone | None) -> Response:  # noqa: FBT001 - a role
    with here.database.read() as session:
        rows = change_sets.recent(session)
        names = names_of(session, {row.who for row in rows} | {row.undone_by for row in rows})
    return page(request, "changes.html", rows=rows, names=names, done=done, undone=undone, may_undo=may)


# ---------------------------------------------------------------- entered twice


@router.get("/duplicates", dependencies=[EDITING])
def doubles(request: Request, here: Here) -> Response:
    """Pairs that may be one thing."""
    found = duplicates.twins(here.snapshots.current.assets.values())
    return page(request, "duplicates.html", pairs=found[:SHOWN], found=len(found))


@router.post("/duplicates", dependencies=[EDITING])
def merge(here: Here, visitor: Visitor, form: Filled) -> Response:
    """Keep one of two."""
    kept, gone = (int(form[name]) if form.get(name, "").isdecimal() else 0 for name in ("keep", "drop"))
    with here.database.write() as session:
        made = duplicates.merge(session, kept, gone, visitor, here.clock.now())
        number = made.id
    refreshed(here)
    return RedirectResponse(f"/changes?done={number}", 303)
