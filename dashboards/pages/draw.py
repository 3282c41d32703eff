"""Drawing a floor: the page, the document that it loads and saves, outlines out of files, and the plan as GeoJSON."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, File, Path, Query, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from asset_registry.bindings import Device
from asset_registry.drawing import Drawing, drawing_of, geojson_of, mark_of, save, undo, undoable
from asset_registry.drawing_checks import faults, hung
from asset_registry.errors import Conflict
from asset_registry.hvac.brick import CLASSES, EQUIPMENT, POINTS, SENSOR
from asset_registry.known import KnownDevice, KnownPlace
from asset_registry.pictures import LARGEST as PICTURE
from asset_registry.pictures import keep_picture, picture_of, picture_path
from asset_registry.places import WAYS
from asset_registry.plan_files import LARGEST, read
from asset_registry.register import unclaimed
from asset_registry.zones import KINDS
from dashboards.access import STAFF, Visitor, admit
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.problems import FieldError, NotThere, problem
from dashboards.render import page
from dashboards.rooms import room_devices

DRAWING: Any = admit("facilities")
router = APIRouter()


@router.get("/floors/{floor_id}/draw", dependencies=[DRAWING])
def draw(request: Request, here: Here, floor_id: Id) -> Response:
    """The page; what is drawn it loads itself."""
    floor = _floor(here, floor_id)
    types = sorted({room.room_type for room in here.snapshots.current.rooms if room.room_type} | set(WAYS))
    return page(request, "draw.html", floor=floor, types=types, zone_kinds=KINDS)


@router.get("/floors/{floor_id}/drawing", dependencies=[DRAWING])
def drawing(here: Here, floor_id: Id) -> JSONResponse:
    """What is drawn, what may be placed on it, and by which mark it is saved."""
    with here.database.read() as session:
        return JSONResponse(_told(session, here, floor_id, drawing_of(session, floor_id)))


@router.post("/floors/{floor_id}/drawing", dependencies=[DRAWING], max_body_size=4 << 20)
def keep(
    here: Here, visitor: Visitor, floor_id: Id, wanted: Drawing, seen: Annotated[str, Query(max_length=16)]
) -> Response:
    """Save it whole; 422 names what is wrong, 409 that somebody else saved meanwhile."""
    wrong = faults(wanted)
    if wrong:
        errors = [FieldError(field=fault.where, why=fault.words) for fault in wrong]
        return problem(422, wrong[0].words, errors)
    with here.database.write() as session:
        kept = save(session, floor_id, hung(wanted), seen, visitor.login, here.clock.now())
        told = _told(session, here, floor_id, kept)
    refreshed(here)
    return JSONResponse(told)


@router.post("/floors/{floor_id}/drawing/undo", dependencies=[DRAWING])
def take_back(here: Here, visitor: Visitor, floor_id: Id) -> JSONResponse:
    """Take the last save back."""
    with here.database.write() as session:
        told = _told(session, here, floor_id, undo(session, floor_id, visitor.login, here.clock.now()))
    refreshed(here)
    return JSONResponse(told)


@router.post("/floors/{floor_id}/plan-file", dependencies=[DRAWING], max_body_size=LARGEST + (1 << 20))
def plan_file(here: Here, floor_id: Id, file: Annotated[UploadFile, File()]) -> JSONResponse:
    """The outlines of a file, in its own units; nothing is kept."""
    _floor(here, floor_id)
    found = read(file.filename or "", file.file.read(LARGEST + 1))
    return JSONResponse([asdict(each) for each in found])


@router.post("/floors/{floor_id}/ground", dependencies=[DRAWING], max_body_size=PICTURE + (1 << 20))
def ground(here: Here, floor_id: Id, file: Annotated[UploadFile, File()]) -> JSONResponse:
    """Keep a picture; it lies under the plan once the drawing that names it is saved."""
    _floor(here, floor_id)
    if here.folder is None:
        raise Conflict("files are not kept here: the settings name no folder")
    content = file.file.read(PICTURE + 1)
    found, digest = picture_of(content), keep_picture(here.folder, content)
    return JSONResponse({"digest": digest, "width": found.width, "height": found.height})


@router.get("/floors/{floor_id}/ground/{digest}", dependencies=[STAFF])
def ground_picture(here: Here, floor_id: Id, digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """The picture under a plan."""
    _floor(here, floor_id)
    path = picture_path(here.folder, digest) if here.folder is not None else None
    if path is None or not path.is_file():
        raise NotThere("picture of that name; choose the plan's picture again")
    content = path.read_bytes()
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    return Response(content, media_type=picture_of(content).media_type, headers=headers)


@router.get("/floors/{floor_id}/plan.geojson", dependencies=[STAFF])
def plan(here: Here, floor_id: Id) -> JSONResponse:
    """The floor's outlines, for other programs."""
    with here.database.read() as session:
        return JSONResponse(geojson_of(drawing_of(session, floor_id)), media_type="application/geo+json")


def _floor(here: Context, floor_id: int) -> KnownPlace:
    floor = here.snapshots.current.places.get(floor_id)
    if floor is None or floor.kind != "floor":
        raise NotThere(f"floor {floor_id}")
    return floor


def _told(session: Session, here: Context, floor_id: int, drawn: Drawing) -> dict[str, Any]:
    now = here.snapshots.current
    placed = [now.devices[each.device] for each in drawn.gateways if each.device in now.devices]
    devices: list[KnownDevice | Device] = [*placed, *unclaimed(session, now.site, here.clock.now())]
    return {
        "drawing": drawn.model_dump(mode="json"),
        "seen": mark_of(drawn),
        "undoable": undoable(session, floor_id),
        "undrawn": _undrawn(here, floor_id, drawn),
        "classes": CLASSES,
        "things": {room.number: things_in(here, room) for room in now.rooms_on(floor_id)},
        "devices": [
            {"id": each.id, "name": each.name or each.native_id, "gateway": "gateway" in each.kind} for each in devices
        ],
    }


def things_in(here: Context, room: KnownPlace) -> list[dict[str, Any]]:
    """What serves a room and what measures in it, each with the Brick class that follows from its kind."""
    now = here.snapshots.current
    served = [
        {"key": f"asset:{asset.id}", "name": asset.name, "brick": EQUIPMENT.get(asset.category, ""), "points": []}
        for asset in now.serving(room.id)
    ]
    return served + [
        {
            "key": f"device:{device.id}",
            "name": device.name or device.native_id,
            "brick": SENSOR,
            "points": sorted({POINTS[metric] for metric in here.latest.of(device.native_id) if metric in POINTS}),
        }
        for device in room_devices(here, now, room)
        if device.id not in now.gateways
    ]


def _undrawn(here: Context, floor_id: int, drawn: Drawing) -> list[str]:
    numbers = {room.number for room in drawn.rooms}
    return [room.number for room in here.snapshots.current.rooms_on(floor_id) if room.number not in numbers]
