"""Files at an asset, and the fields that a house defines for its assets."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from sqlalchemy import select
from starlette.responses import FileResponse, RedirectResponse, Response

from asset_registry import attachments, custom_fields
from asset_registry.asset_fields import KINDS
from asset_registry.custom_fields import CustomField
from asset_registry.errors import Conflict
from dashboards.access import ACTING, STAFF, Visitor, admit
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Here
from dashboards.problems import NotThere
from dashboards.render import page

ADMIN = admit("admin")
router = APIRouter()


@router.post("/assets/{asset_id}/files", dependencies=[ACTING], max_body_size=attachments.LARGEST + (1 << 20))
def add(here: Here, visitor: Visitor, asset_id: Id, file: Annotated[UploadFile, File()]) -> Response:
    """Keep a file at the asset."""
    if here.folder is None:
        raise Conflict("files are not kept here: the settings name no folder")
    content = file.file.read(attachments.LARGEST + 1)
    with here.database.write() as session:
        kept = (file.filename or "", content)
        attachments.attach(session, here.folder, asset_id, kept, visitor.login, here.clock.now())
    return RedirectResponse(f"/assets/{asset_id}#files", 303)


@router.get("/assets/{asset_id}/files/{file_id}", dependencies=[STAFF])
def give(here: Here, asset_id: Id, file_id: Id) -> Response:
    """Hand a file back, to be saved: no browser opens it in the name of this site."""
    with here.database.read() as session:
        row = attachments.attachment(session, asset_id, file_id)
    path = attachments.path_of(here.folder, row.digest) if here.folder is not None else None
    if path is None or not path.is_file():
        raise NotThere(f"content of {row.name} any more: it is gone from the disk")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return FileResponse(path, media_type=row.media_type, headers=headers)


@router.post("/assets/{asset_id}/files/{file_id}/remove", dependencies=[ACTING])
def remove(here: Here, visitor: Visitor, asset_id: Id, file_id: Id) -> Response:
    """Show a file no more."""
    with here.database.write() as session:
        attachments.detach(session, asset_id, file_id, visitor.login, here.clock.now())
    return RedirectResponse(f"/assets/{asset_id}#files", 303)


# ---------------------------------------------------------------- own fields


@router.get("/fields", dependencies=[ADMIN])
def fields(request: Request, here: Here) -> Response:
    """Those there are, and a form for another."""
    with here.database.read() as session:
        rows = list(session.scalars(select(CustomField).order_by(CustomField.id)))
    return page(request, "fields.html", rows=rows, kinds=KINDS)


@router.post("/fields", dependencies=[ADMIN])
def define(
    here: Here,
    visitor: Visitor,
    name: Annotated[str, Form(max_length=60)],
    label: Annotated[str, Form(max_length=80)],
    kind: Annotated[str, Form(max_length=20)],
    choices: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """A new field; choices stand on a line each."""
    with here.database.write() as session:
        custom_fields.define(session, (name, label, kind), choices.splitlines(), visitor, here.clock.now())
    refreshed(here)
    return RedirectResponse("/fields", 303)


@router.post("/fields/{field_id}/retire", dependencies=[ADMIN])
def retire(here: Here, visitor: Visitor, field_id: Id, back: Annotated[str, Form(max_length=5)] = "") -> Response:
    """Ask for it no more, or again."""
    with here.database.write() as session:
        custom_fields.retire(session, field_id, visitor, here.clock.now(), retired=not back)
    refreshed(here)
    return RedirectResponse("/fields", 303)
