"""Audits by walking: choose rooms, walk and scan, see what is missing and what does not belong, sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from asset_registry.errors import Invalid
from asset_registry.find import scanned
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.words import LIKELY
from asset_registry.snapshot import Snapshot
from asset_registry.usage.audits import (
    AssetAudit,
    AuditSight,
    Result,
    audit_of,
    audits_of,
    begin,
    expected_in,
    result_of,
    see,
    sights_of,
    sign,
    unsee,
)
from dashboards.access import ACTING, STAFF, WORKERS, Visitor, admit
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.render import page
from dashboards.sentences import many
from dashboards.spreadsheet import spreadsheet
from dashboards.standing import names_of
from dashboards.whereabouts import Whereabouts, whereabouts

SIGNERS = ("biomed", "facilities", "it_agent")
SIGNING: Any = admit(*SIGNERS)

AssetId = Annotated[int, Field(ge=1, lt=2**31)]

router = APIRouter()


@dataclass(frozen=True)
class Line:
    """An asset of an audit: where it belongs, where it is now, how it was seen."""

    asset: KnownAsset
    home: KnownPlace | None
    fix: Whereabouts
    sight: AuditSight | None
    room: KnownPlace | None
    who: str

    @property
    def here(self) -> bool:
        """Whether a fix says so well enough that one need only look."""
        return self.fix.place is not None and self.fix.confidence >= LIKELY


@router.get("/audits", dependencies=[STAFF])
def audits(request: Request, here: Here, visitor: Visitor) -> Response:
    """The open ones, a form for another, and those that were signed."""
    now = here.snapshots.current
    with here.database.read() as session:
        rows = audits_of(session)
        people = names_of(session, {row.begun_by for row in rows})
        seen = {row.id: len({each.asset_id for each in sights_of(session, row.id)} & set(row.expected)) for row in rows}
    departments = sorted({asset.department for asset in now.assets.values() if asset.department})
    return page(
        request,
        "audits.html",
        open=[row for row in rows if row.signed is None],
        signed=[row for row in rows if row.signed is not None],
        seen=seen,
        people=people,
        floors=now.floors,
        departments=departments,
        may_begin=visitor.may(*WORKERS),
    )


@router.post("/audits", dependencies=[ACTING])
def start(
    here: Here,
    visitor: Visitor,
    rooms: Annotated[str, Form(max_length=2000)] = "",
    floor: Annotated[str, Form(max_length=20)] = "",
    department: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Begin one: of rooms by number, of a floor, of a department."""
    now = here.snapshots.current
    chosen = _rooms(now, rooms, int(floor) if floor.isdecimal() else None)
    expected = expected_in(now, chosen, department)
    title = ", ".join(part for part in (_named(now, chosen, rooms, floor), department) if part)
    with here.database.write() as session:
        ids = [room.id for room in chosen]
        row = begin(session, title, ids, [each.id for each in expected], visitor, here.clock.now())
        number = row.id
    return RedirectResponse(f"/audits/{number}", 303)


@router.get("/audits/{audit_id}", dependencies=[STAFF])
def audit(
    request: Request,
    here: Here,
    visitor: Visitor,
    audit_id: Id,
    said: Annotated[str, Query(max_length=200)] = "",
    room: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """One, as it stands. `room` is where one is walking now."""
    now = here.snapshots.current
    with here.database.read() as session:
        row = audit_of(session, audit_id)
        found = result_of(now, row, sights_of(session, audit_id))
        people = names_of(session, {row.begun_by, *(sight.who for sight in found.sights.values())})
    missing = [_line(here, found, people, asset) for asset in found.missing]
    return page(
        request,
        "audit.html",
        audit=row,
        answer=answer(row, found),
        missing=missing,
        near=[line for line in missing if line.here and line.fix.place and line.fix.place.id in row.rooms],
        found=[_line(here, found, people, asset) for asset in found.found],
        unexpected=[_line(here, found, people, asset) for asset in found.unexpected],
        rooms=[now.places[each] for each in row.rooms if each in now.places],
        room=now.places.get(room or 0),
        people=people,
        said=said,
        may_see=visitor.may(*WORKERS) and row.signed is None,
        may_sign=visitor.may(*SIGNERS) and row.signed is None,
    )


@router.post("/audits/{audit_id}/see", dependencies=[ACTING])
def seen(
    here: Here,
    visitor: Visitor,
    audit_id: Id,
    scan: Annotated[str, Form(max_length=200)] = "",
    asset: Annotated[list[AssetId] | None, Form()] = None,
    room: Annotated[str, Form(max_length=20)] = "",
    how: Annotated[str, Form(max_length=10)] = "seen",
) -> Response:
    """A label was scanned or typed, or assets of the list were ticked."""
    now = here.snapshots.current
    ids, word = list(asset or ()), ""
    if scan.strip():
        it = _of_label(now, scan)
        ids, how, word = [it.id], "scanned", it.name
    if not ids:
        raise Invalid("scan a label, type a number, or tick what you see")
    place = int(room) if room.isdecimal() and int(room) in now.places else None
    with here.database.write() as session:
        see(session, audit_id, ids, place, how, visitor, here.clock.now())
    shown = {"said": word or many(len(ids), "asset")} | ({"room": place} if place is not None else {})
    return RedirectResponse(f"/audits/{audit_id}?{urlencode(shown)}", 303)


@router.post("/audits/{audit_id}/unsee", dependencies=[ACTING])
def unseen(here: Here, audit_id: Id, asset: Annotated[AssetId, Form()]) -> Response:
    """That was a mistake."""
    with here.database.write() as session:
        unsee(session, audit_id, asset)
    return RedirectResponse(f"/audits/{audit_id}", 303)


@router.post("/audits/{audit_id}/sign", dependencies=[SIGNING])
def signed(
    here: Here,
    visitor: Visitor,
    audit_id: Id,
    gone: Annotated[list[AssetId] | None, Form()] = None,
    note: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """It is over; what was ticked is missing from now on."""
    with here.database.write() as session:
        sign(session, audit_id, gone or (), note, visitor, here.clock.now())
    refreshed(here)
    return RedirectResponse(f"/audits/{audit_id}", 303)


@router.get("/audits/{audit_id}/result.csv", dependencies=[STAFF])
def result_csv(here: Here, audit_id: Id) -> Response:
    """Every asset of an audit with what came of it."""
    now = here.snapshots.current
    with here.database.read() as session:
        row = audit_of(session, audit_id)
        found = result_of(now, row, sights_of(session, audit_id))
    head = ("result", "number", "name", "category", "department", "belongs_in", "seen_in", "seen_at", "how")
    kinds = (("found", found.found), ("missing", found.missing), ("unexpected", found.unexpected))
    rows = [_csv_row(now, found, word, asset) for word, assets in kinds for asset in assets]
    return spreadsheet(f"audit-{audit_id}", [head, *rows])


# ---------------------------------------------------------------- words and lookups


def answer(row: AssetAudit, found: Result) -> str:
    """The first line."""
    strange = f", {many(len(found.unexpected), 'asset')} that nobody expected" if found.unexpected else ""
    if row.signed is not None:
        return f"{len(found.found)} of {len(row.expected)} found, {len(found.missing)} missing{strange}"
    if not found.missing:
        return f"All {len(row.expected)} found{strange}"
    return f"{len(found.found)} of {len(row.expected)} found, {len(found.missing)} to go{strange}"


def _line(here: Context, found: Result, people: dict[str, str], asset: KnownAsset) -> Line:
    now, sight = here.snapshots.current, found.sights.get(asset.id)
    home = now.room_of(asset.home_id) if asset.home_id is not None else None
    room = now.places.get(sight.place_id or 0) if sight is not None else None
    who = people.get(sight.who, sight.who) if sight is not None else ""
    return Line(asset, home, whereabouts(here, now, asset), sight, room, who)


def _csv_row(now: Snapshot, found: Result, word: str, asset: KnownAsset) -> tuple[str, ...]:
    sight = found.sights.get(asset.id)
    home = now.room_of(asset.home_id) if asset.home_id is not None else None
    place = now.places.get(sight.place_id or 0) if sight else None
    seen = (place.number if place else "", sight.at.isoformat() if sight else "", sight.how if sight else "")
    return (word, asset.number, asset.name, asset.category, asset.department, home.number if home else "", *seen)


def _of_label(now: Snapshot, text: str) -> KnownAsset:
    """Of a number, a UDI, or the address that our own label has. Raises Invalid."""
    typed = text.strip()
    tail = typed.rpartition("/a/")[2]
    named = now.assets.get(int(tail)) if "/a/" in typed and tail.isdecimal() else now.asset_called(typed)
    if named is not None:
        return named
    pieces = scanned(now, typed)
    if len(pieces) == 1:
        return pieces[0]
    why = f"{len(pieces)} assets have that UDI" if pieces else "nothing in the registry has that number or label"
    raise Invalid(f"{typed[:60]}: {why}; type the number of the hospital's own label")


def _rooms(now: Snapshot, typed: str, floor: int | None) -> Sequence[KnownPlace]:
    """The rooms by their numbers, and those of a floor. Raises Invalid for a number that no door has."""
    found = list(now.rooms_on(floor)) if floor is not None else []
    for number in typed.replace(";", ",").split(","):
        if number.strip():
            room = now.room(number.strip())
            if room is None:
                raise Invalid(f"there is no room {number.strip()[:40]}, or more than one has that number")
            found.append(room)
    return list({room.id: room for room in found}.values())


def _named(now: Snapshot, rooms: Sequence[KnownPlace], typed: str, floor: str) -> str:
    level = now.places.get(int(floor)) if floor.isdecimal() else None
    parts = [level.name or f"Level {level.number}"] if level is not None else []
    if typed.strip():
        parts += [room.number for room in rooms if level is None or room.parent_id != level.id]
    return ", ".join(parts)
