"""Bringing a file in: chosen, looked through, taken in with progress, undone. And everything out again as CSV."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from asset_registry.import_assets import Assets
from asset_registry.imports import KINDS, export_csv
from dashboards.access import Visitor, admit
from dashboards.context import Here
from dashboards.imports import GUDID, LARGEST, Imports, Job
from dashboards.pages.edit import EDITING
from dashboards.problems import NotThere, Wrong
from dashboards.render import page

SHOWN = 100
WORDS = {
    "assets": "Assets",
    "places": "Places",
    "devices": "Devices",
    "gateways": "Gateways",
    "bindings": "What is on what",
    GUDID: "GUDID records (XML or JSON)",
}
router = APIRouter()


def _imports(request: Request) -> Imports:
    imports: Imports = request.app.state.imports
    return imports


def _job(request: Request, visitor: Visitor, key: str) -> Job:
    job = _imports(request).of(key, visitor)
    if job is None:
        raise NotThere("such file any more: bring it in again")
    return job


@router.get("/import", dependencies=[EDITING])
def form(request: Request) -> Response:
    """Which file, and what is in it."""
    return page(request, "import.html", job=None, kinds=WORDS, columns=Assets.columns)


@router.post("/import", dependencies=[EDITING], max_body_size=LARGEST + (1 << 20))
def begin(
    request: Request,
    visitor: Visitor,
    file: Annotated[UploadFile, File()],
    kind: Annotated[str, Form(max_length=20)] = "assets",
    atomic: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Look it through; nothing is changed yet."""
    content = file.file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Wrong("file", f"A file may have {LARGEST >> 20} MB; bring it in in parts.")
    job = _imports(request).begin(kind, file.filename or "file", content, visitor, atomic=bool(atomic))
    return RedirectResponse(f"/import/{job.key}", 303)


@router.get("/import/{key}", dependencies=[EDITING])
def look(request: Request, visitor: Visitor, key: str) -> Response:
    """How far it is, what would come of it, what came of it."""
    job = _job(request, visitor, key)
    standing = job.standing()
    report = standing.taken or standing.seen
    return page(
        request,
        "import.html",
        job=standing,
        report=report,
        shown=report.rejected[:SHOWN] if report else [],
        word=WORDS[job.kind].lower(),
        share=standing.done / standing.total if standing.total else 0.0,
    )


@router.post("/import/{key}/go", dependencies=[EDITING])
def go(request: Request, visitor: Visitor, key: str) -> Response:
    """Take it in."""
    _imports(request).go(_job(request, visitor, key), visitor.login)
    return RedirectResponse(f"/import/{key}", 303)


@router.get("/export/{kind}.csv", dependencies=[admit("biomed", "facilities", "it_agent", "auditor")])
def export(here: Here, kind: str) -> Response:
    """Everything of a kind, as an import reads it."""
    if kind not in KINDS:
        raise NotThere(f"file of {kind[:20]}")
    with here.database.read() as session:
        text = export_csv(session, kind, site=here.snapshots.current.site)
    name = f'attachment; filename="{kind}.csv"'
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
