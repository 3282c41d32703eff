"""One asset: whether it can be taken, its status, where it was, what its devices say; and what people do to it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from asset_registry import status
from asset_registry.asset_fields import said, text_of
from asset_registry.assets import Asset, is_claimed, usable
from asset_registry.attachments import attachments_of
from asset_registry.editing import EDITORS, fields_of
from asset_registry.errors import Conflict
from asset_registry.known import KnownAsset, KnownDevice
from asset_registry.people import Principal
from asset_registry.status import BORROWED, CLEANERS, TAKERS
from dashboards import words
from dashboards.access import ACTING, STAFF, WORKERS, Visitor
from dashboards.api.models import refreshed
from dashboards.api.params import Id
from dashboards.changes import changes_of
from dashboards.context import Context, Here
from dashboards.device_view import Said, devices_ever, places_of, said_of, standing_of
from dashboards.fix_view import fix_view
from dashboards.floor_acts import clock_of
from dashboards.forms import Back, Long, back_to
from dashboards.leaving_view import left_of, times_left
from dashboards.problems import NotThere
from dashboards.render import page
from dashboards.series import QUIET, SPANS, chart_of, choices, chosen
from dashboards.standing import Standing, rank
from dashboards.talking import talk_of
from dashboards.whereabouts import Whereabouts, whereabouts
from service_desk.alarms.model import Alarm
from service_desk.tickets import desk
from service_desk.tickets.queue import Wanted, queue

Span = Literal["1h", "24h", "7d"]
Part = tuple[str, str, str, Said | None]

SHARED = (*BORROWED, "loaned_out")
USE_WORDS = {"idle": "Idle", "in_use": "In use", "claimed": "Claimed"}

router = APIRouter(prefix="/assets", dependencies=[STAFF])


@router.get("/{asset_id}")
def asset(
    request: Request,
    here: Here,
    visitor: Visitor,
    asset_id: Id,
    metric: Annotated[str, Query(max_length=60)] = "",
    device: Annotated[int | None, Query(ge=1)] = None,
    span: Span = "24h",
) -> Response:
    """One asset now; `metric` (of `device`) and `span` are what the chart shows."""
    now, moment, version = here.snapshots.current, here.clock.now(), here.latest.version
    it = _known(here, asset_id)
    devices = now.devices_of_asset(it.id, moment)
    found = choices(here, devices, vitals=False)
    choice = chosen(found, metric, device)
    fix = whereabouts(here, now, it)
    with here.database.read() as session:
        rows = standing_of(session, here, Alarm.asset_id == it.id)
        chart = chart_of(session, here, choice, span) if choice is not None else None
        parts = parts_of(here, it, said_of(session, "asset", it.id))
        tickets = queue(session, Wanted(states=(), asset_id=it.id, limit=6))
        changes = changes_of(session, "asset", it.id)
        may = _may(visitor, it, here) | _more(session, here, visitor, it)
    return page(
        request,
        "asset.html",
        asset=it,
        answer=answer(here, it, fix, rows),
        level=min((row.priority for row in rows), key=rank, default=""),
        fix=fix,
        room=now.room_of(fix.place) if fix.place is not None else None,
        home=now.room_of(it.home_id or 0) or now.places.get(it.home_id or 0),
        bed=next((place for place in now.path(it.home_id or 0) if place.kind == "bed"), None),
        quarters=parts,
        talks=[talk_of(here, each, moment) for each in devices],
        latest=[each for each in found if each.metric not in ("room", "fix_confidence")],
        chart=chart,
        spans=[(name, word, name == span) for name, (word, _) in SPANS.items()],
        metrics=[each for each in found if each.drawn and each.metric not in QUIET],
        **_where(here, it, fix, devices, span),
        changes=changes,
        bindings=devices_ever(here, now.bindings_of_asset(it.id)),
        serves=now.served_by(it.id),
        incidents=rows,
        first=next((row for row in rows if row.waits), None),
        tickets=tickets,
        **may,
        zone=str(here.zone),
        live_version=version,
    )


def _where(
    here: Context, it: KnownAsset, fix: Whereabouts, devices: Sequence[KnownDevice], span: str
) -> dict[str, Any]:
    """Where it is on the plan, and where it was."""
    if not it.mobile:
        return {"point": None, "where": None, "left": None, "went": []}
    now = here.snapshots.current
    return {
        "point": fix_view(here, now, it, fix.place),
        "where": places_of(here, devices, span),
        "left": left_of(here, it.id),
        "went": times_left(here, it.id, SPANS[span][1]),
    }


_TOLD = ("name", "category", "maker", "model", "serial", "udi_di", "udi_pi", "department", "criticality")


def entered_of(session: Session, asset_id: int) -> list[tuple[str, str]]:
    """What else was entered, by label."""
    row = session.get(Asset, asset_id)
    if row is None:
        return []
    fields = [each for each in fields_of(session) if each.name not in (*_TOLD, "home_id", "mobile")]
    told = [(each.label, text_of(said(row, each))) for each in fields]
    return [(label, text) for label, text in told if text]


def _more(session: Session, here: Context, visitor: Principal, it: KnownAsset) -> dict[str, Any]:
    return {
        "entered": entered_of(session, it.id),
        "files": attachments_of(session, it.id),
        "locked": clock_of(here, it),
        "may_edit": visitor.may(*EDITORS),
    }


def _may(visitor: Principal, it: KnownAsset, here: Context) -> dict[str, Any]:
    """What this person may do with it now."""
    claimed = is_claimed(it, here.clock.now())
    mine = claimed and it.claimed_by == visitor.person_id
    free, locked = usable(it, here.clock.now()).usable, it.condition == "sequestered"
    return {
        "may_answer": visitor.may(*WORKERS),
        "may_take": free and visitor.may(*TAKERS),
        "mine": mine,
        "may_release": claimed and (mine or visitor.may("biomed")),
        "may_clean": not locked
        and it.mobile
        and visitor.may(*CLEANERS)
        and it.hygiene != "clean"
        and it.use != "in_use",
        "may_soil": not locked and it.mobile and visitor.may(*WORKERS) and it.hygiene == "clean",
        "may_report": visitor.may(*WORKERS) and it.condition == "ok",
        "may_repair": visitor.may("biomed") and it.condition in ("reported", "in_repair"),
    }


def answer(here: Context, it: KnownAsset, fix: Whereabouts, rows: list[Standing]) -> str:
    """The first line."""
    if rows:
        return rows[0].title
    if (left := left_of(here, it.id)) is not None:
        return f"{it.name} left the building by {left.by}"
    said = usable(it, here.clock.now(), it.claimer, here.zone)
    place = f" in {fix.place.number}" if fix.place is not None else ""
    if not it.mobile and it.use == "in_use":
        return f"{it.name} works{place}" if said.why == "In use" else f"{it.name}: {said.why.lower()}"
    if said.usable:
        return f"{it.name} can be taken{place}" if place else f"{it.name} can be taken, but nobody knows where it is"
    return f"{it.name} is {said.why[:1].lower()}{said.why[1:]}{place}"


def parts_of(here: Context, it: KnownAsset, said: dict[str, Said]) -> list[Part]:
    """The four parts of the status: title, word, what else there is to say, who said it."""
    until = it.claimed_until
    claim = ""
    if is_claimed(it, here.clock.now()) and until is not None:
        claim = f"by {it.claimer or 'somebody'} until {until.astimezone(here.zone):%H:%M}"
    use = it.use if claim or it.use != "claimed" else "idle"  # a claim whose time is over
    return [
        ("Use", USE_WORDS[use], claim, said.get("use")),
        ("Hygiene", _word(it.hygiene), "", said.get("hygiene")),
        ("Condition", "OK" if it.condition == "ok" else _word(it.condition), _care(it), said.get("condition")),
        ("Holding", _word(it.holding), _back(it), said.get("holding")),
    ]


def _care(it: KnownAsset) -> str:
    due = f"maintenance due {_day(it.maintenance_due)}" if it.maintenance_due else ""
    return ", ".join(part for part in (f"recalled: {it.recall}" if it.recall else "", due) if part)


def _back(it: KnownAsset) -> str:
    """With whom it is shared, and until when."""
    if it.holding not in SHARED:
        return ""
    due = f"until {_day(it.return_due)}" if it.return_due else ""
    return " ".join(part for part in (it.counterparty, due) if part)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _word(value: str) -> str:
    text = value.replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def _known(here: Context, asset_id: int) -> KnownAsset:
    it = here.snapshots.current.assets.get(asset_id)
    if it is None:
        raise NotThere(f"asset {asset_id}")
    return it


# ---------------------------------------------------------------- what people do


@router.post("/{asset_id}/claim", dependencies=[ACTING])
def claim(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """I am taking it."""
    with here.database.write() as session:
        status.claim_asset(session, asset_id, visitor, here.clock.now(), here.zone)
    return _done(here, back)


@router.post("/{asset_id}/release", dependencies=[ACTING])
def release(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """Give it back."""
    with here.database.write() as session:
        status.release(session, asset_id, visitor, here.clock.now())
    return _done(here, back)


@router.post("/{asset_id}/hygiene", dependencies=[ACTING])
def hygiene(
    here: Here, visitor: Visitor, asset_id: Id, to: Annotated[str, Form(max_length=40)], back: Back = "/find"
) -> Response:
    """It is clean, or it is soiled."""
    return _set(here, visitor, asset_id, {"hygiene": to}, back)


@router.post("/{asset_id}/repaired", dependencies=[ACTING])
def repaired(here: Here, visitor: Visitor, asset_id: Id, back: Back = "/find") -> Response:
    """It is in order again."""
    return _set(here, visitor, asset_id, {"condition": "ok"}, back)


@router.post("/{asset_id}/broken", dependencies=[ACTING])
def broken(here: Here, visitor: Visitor, asset_id: Id, text: Long = "", back: Back = "/find") -> Response:
    """It is broken: nobody takes it any more, and a request tells biomed."""
    it = _known(here, asset_id)
    place = whereabouts(here, here.snapshots.current, it).place
    with here.database.write() as session:
        row = session.get(Asset, asset_id)
        if row is not None and row.condition != "ok":
            raise Conflict(f"{it.name} is {row.condition.replace('_', ' ')} already")
        status.set_status(session, asset_id, {"condition": "reported"}, visitor, here.clock.now(), text)
        _ask(session, here, visitor, it, text, place.id if place is not None else None)
    return _done(here, back)


def _ask(session: Session, here: Context, visitor: Principal, it: KnownAsset, text: str, place_id: int | None) -> None:
    wish = desk.Wish(title=f"{it.name} is broken", asset_id=it.id, place_id=place_id)
    said = text.strip() or f"{it.name} ({words.label(it.category)}) was reported broken."
    desk.create_request(session, wish, said, visitor.login, here.clock.now())


def _set(here: Context, visitor: Principal, asset_id: int, changes: dict[str, str], back: str) -> Response:
    with here.database.write() as session:
        status.set_status(session, asset_id, changes, visitor, here.clock.now())
    return _done(here, back)


def _done(here: Context, back: str) -> Response:
    refreshed(here)
    return back_to(back)
