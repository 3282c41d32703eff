"""What a scanned label opens: one asset on a phone, and what one thumb does with it. Each act can be taken back."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from asset_registry import status
from asset_registry.assets import is_claimed, usable
from asset_registry.find import find_assets
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.people import Principal
from asset_registry.status import BORROWED, CLEANERS, TAKERS
from dashboards.access import ACTING, STAFF, WORKERS, Visitor
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.device_view import said_of
from dashboards.floor_acts import Spare, clock_of, opener, reported_by, solve_own, spare_of
from dashboards.forms import Back, Long, Text, back_to
from dashboards.pages.assets import answer, parts_of
from dashboards.pages.find import room_called
from dashboards.problems import NotThere, Wrong
from dashboards.render import page
from dashboards.whereabouts import whereabouts
from service_desk.tickets import desk
from service_desk.tickets.model import Ticket

router = APIRouter()


@router.get("/a/{asset_id}", dependencies=[STAFF])
def scanned(request: Request, here: Here, visitor: Visitor, asset_id: Id) -> Response:
    """The asset with large buttons; one that was merged leads to the one that was kept."""
    it = _known(here, asset_id)
    if it.merged_into is not None:
        return RedirectResponse(f"/a/{it.merged_into}", 303)
    fix = whereabouts(here, here.snapshots.current, it)
    with here.database.read() as session:
        parts = parts_of(here, it, said_of(session, "asset", it.id))
        mine = it.condition == "reported" and reported_by(session, it.id, visitor, here.clock.now())
        ticket = _open_ticket(session, it.id)
    free = usable(it, here.clock.now(), it.claimer, here.zone).usable
    return page(
        request,
        "scanned.html",
        asset=it,
        answer=answer(here, it, fix, []),
        fix=fix,
        room=here.snapshots.current.room_of(fix.place) if fix.place is not None else None,
        quarters=parts,
        locked=clock_of(here, it),
        spare=None if free else spare_of(here, it, fix.place),
        ticket=ticket,
        **_may(here, visitor, it, free=free, reported=mine),
    )


def _may(here: Context, visitor: Principal, it: KnownAsset, *, free: bool, reported: bool) -> dict[str, bool]:
    """What this person may do with it now."""
    locked, takes = it.condition == "sequestered", visitor.may(*TAKERS)
    claimed = is_claimed(it, here.clock.now())
    mine = claimed and it.claimed_by == visitor.person_id
    return {
        "may_take": free and takes and not mine,
        "mine": mine,
        "may_clean": not locked
        and it.mobile
        and visitor.may(*CLEANERS)
        and it.hygiene != "clean"
        and it.use != "in_use",
        "may_soil": not locked and it.mobile and visitor.may(*WORKERS) and it.hygiene == "clean",
        "may_report": visitor.may(*WORKERS) and it.condition == "ok",
        "may_withdraw": reported,
        "may_lock": takes and not locked,
        "may_let_go": locked and visitor.may("biomed"),
        "may_return": takes
        and it.holding in BORROWED
        and it.return_asked is None
        and it.use != "in_use"
        and not locked,
        "may_keep": takes and it.return_asked is not None,
        "may_send": visitor.may("biomed") and it.return_asked is not None,
        "may_ask": visitor.may(*WORKERS),
    }


def _known(here: Context, asset_id: int) -> KnownAsset:
    it = here.snapshots.current.assets.get(asset_id)
    if it is None:
        raise NotThere(f"asset {asset_id}")
    return it


def _open_ticket(session: Session, asset_id: int) -> Ticket | None:
    query = select(Ticket).where(Ticket.asset_id == asset_id, Ticket.state.in_(("new", "open", "waiting")))
    return session.scalars(query.order_by(Ticket.id.desc()).limit(1)).first()


def _ticket(session: Session, here: Context, it: KnownAsset, wish: desk.Wish, text: str, who: str) -> Ticket:
    place = whereabouts(here, here.snapshots.current, it).place
    placed = desk.Wish(wish.title, wish.priority, asset_id=it.id, place_id=place.id if place else None)
    return desk.create_request(session, placed, text, who, here.clock.now())


@router.post("/assets/{asset_id}/withdraw", dependencies=[ACTING])
def withdraw(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """It is not broken after all: by who reported it, and their request is solved."""
    it = _known(here, asset_id)
    with here.database.write() as session:
        status.withdraw_report(session, asset_id, visitor, here.clock.now())
        solve_own(session, it.id, f"{it.name} is broken", visitor, here.clock.now(), "It is not broken after all.")
    return _done(here, back)


@router.post("/assets/{asset_id}/sequester", dependencies=[ACTING])
def sequester(here: Here, visitor: Visitor, asset_id: Id, text: Long = "", back: Back = "/find") -> Response:
    """Lock it after a patient event: nobody cleans it or changes its settings, and biomed is called."""
    it = _known(here, asset_id)
    with here.database.write() as session:
        status.set_status(session, asset_id, {"condition": "sequestered"}, visitor, here.clock.now(), text)
        wish = desk.Wish(f"{it.name} is sequestered after a patient event", "high")
        said = text.strip() or "Do not clean it, do not change its settings, leave on it what is on it."
        _ticket(session, here, it, wish, said, visitor.login)
    return _done(here, back)


@router.post("/assets/{asset_id}/let-go", dependencies=[ACTING])
def let_go(here: Here, visitor: Visitor, asset_id: Id, text: Long, back: Back = "/find") -> Response:
    """Biomed has examined it, and says so: it goes to repair, from where it is put in order."""
    with here.database.write() as session:
        status.set_status(session, asset_id, {"condition": "in_repair"}, visitor, here.clock.now(), text)
    return _done(here, back)


@router.post("/assets/{asset_id}/return", dependencies=[ACTING])
def return_rental(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """It is needed no more: nobody takes it, and a request says that it is to be fetched."""
    it = _known(here, asset_id)
    with here.database.write() as session:
        asset = status.ask_return(session, asset_id, visitor, here.clock.now())
        due = f", due {asset.return_due:%d %b %Y}" if asset.return_due else ""
        text = f"{it.name} goes back to {asset.counterparty or 'its owner'}{due}."
        _ticket(session, here, it, desk.Wish(f"Fetch {it.name}: it goes back", "low"), text, visitor.login)
    return _done(here, back)


@router.post("/assets/{asset_id}/keep", dependencies=[ACTING])
def keep_rental(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """It is still needed."""
    it = _known(here, asset_id)
    with here.database.write() as session:
        status.ask_return(session, asset_id, visitor, here.clock.now(), wanted=False)
        solve_own(session, it.id, f"Fetch {it.name}: it goes back", visitor, here.clock.now(), "It is still needed.")
    return _done(here, back)


@router.post("/assets/{asset_id}/returned", dependencies=[ACTING])
def returned(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """It has left: biomed says so."""
    with here.database.write() as session:
        status.set_status(session, asset_id, {"holding": "retired"}, visitor, here.clock.now(), "returned")
    return _done(here, back)


def _done(here: Context, back: str) -> Response:
    refreshed(here)
    return back_to(back)


# ---------------------------------------------------------------- bring me one


@router.get("/bring", dependencies=[ACTING])
def bring(
    request: Request,
    here: Here,
    what: Annotated[str, Query(max_length=80)] = "",
    near: Annotated[str, Query(max_length=40)] = "",
    sent: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Ask for one to be brought, and which it could be."""
    now = here.snapshots.current
    with here.database.read() as session:
        ticket = desk.by_number(session, sent) if sent else None
    return page(
        request,
        "bring.html",
        what=what,
        near=near or request.cookies.get("wardkeeper_near", ""),
        ticket=ticket,
        spare=_nearest(here, what, room_called(now, near)) if what else None,
        categories=sorted({asset.category for asset in now.assets.values() if asset.mobile}),
        rooms=now.rooms,
    )


@router.post("/bring", dependencies=[ACTING])
def ask_for_one(
    here: Here,
    visitor: Visitor,
    what: Annotated[str, Form(max_length=80)],
    near: Annotated[str, Form(max_length=40)],
    text: Text = "",
) -> Response:
    """Open the request."""
    room = room_called(here.snapshots.current, near)
    if room is None:
        raise Wrong("near", f"There is no room {near}; write the number on the door, like 4.12.")
    if not what.strip():
        raise Wrong("what", "Say what is to be brought.")
    spare = _nearest(here, what, room)
    title = f"Bring {what.strip()} to {room.number}"
    nearest = f"Nearest usable: {spare.asset.name}{f' in {spare.room.number}' if spare.room else ''}." if spare else ""
    said = "\n".join(part for part in (text.strip(), nearest) if part) or title
    with here.database.write() as session:
        wish = desk.Wish(title, place_id=room.id)
        ticket = desk.create_request(session, wish, said, visitor.login, here.clock.now())
        number = ticket.number
    return RedirectResponse(f"/bring?sent={number}", 303)


@router.post("/bring/{number}/undo", dependencies=[ACTING])
def undo_asking(here: Here, visitor: Visitor, number: str) -> Response:
    """Nobody need come: by who asked."""
    with here.database.write() as session:
        ticket = desk.by_number(session, number)
        if ticket is None or opener(session, ticket) != visitor.login or not ticket.title.startswith("Bring "):
            raise NotThere(f"request {number[:20]} of yours")
        if ticket.state in ("new", "open", "waiting"):
            desk.set_state(session, ticket.id, "solved", visitor.login, here.clock.now(), "Needed no more.")
    return RedirectResponse(f"/bring?sent={number}", 303)


def _nearest(here: Context, what: str, room: KnownPlace | None) -> Spare | None:
    now = here.snapshots.current
    found = find_assets(now, here.latest, what, room.id if room else None, here.clock.now(), here.zone)
    hit = next(iter([*found.usable, *found.doubtful]), None)
    return Spare(hit.asset, hit.room, hit.distance_m) if hit else None
