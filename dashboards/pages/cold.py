"""Cold stores: whether each is as cold as it must be, its log, and what people sign about it."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from asset_registry.cold_chain import records
from asset_registry.cold_chain.judging import Probe
from asset_registry.cold_chain.records import DECISIONS, SIGNERS, ColdStore
from dashboards.access import ACTING, STAFF, Visitor
from dashboards.api.params import Id
from dashboards.cold_view import METRIC, Cold, cold_of, colds_of, facts_of, not_set_up
from dashboards.context import Context, Here
from dashboards.forms import Text, back_to
from dashboards.problems import NotThere, Wrong
from dashboards.render import page
from dashboards.sentences import many, start
from dashboards.series import SPANS, chart_of, choices, chosen
from dashboards.signing import Password, confirm, has_password
from dashboards.spreadsheet import spreadsheet

DAYS = 7
router = APIRouter(prefix="/cold", dependencies=[STAFF])


@router.get("")
def cold(request: Request, here: Here, visitor: Visitor) -> Response:
    """Every cold store, the worst first."""
    with here.database.read() as session:
        colds, new = colds_of(session, here), not_set_up(session, here)
        asks = has_password(session, visitor.person_id)
    return page(
        request,
        "cold.html",
        answer=_answer(colds),
        colds=colds,
        new=new,
        products=list(here.products.values()),
        may_set_up=visitor.may(*SIGNERS["setup"]),
        asks=asks,
    )


def _answer(colds: list[Cold]) -> str:
    out = [each for each in colds if each.status.state == "out"]
    blind = [each for each in colds if each.status.state == "unknown"]
    if out:
        return f"{start(many(len(out), 'cold store'))} out of range"
    if blind:
        return f"{start(many(len(blind), 'cold store'))} not reporting"
    doubtful = sum(each.status.state == "uncertain" for each in colds)
    if doubtful:
        return f"{len(colds) - doubtful} of {many(len(colds), 'cold store')} in range, {doubtful} uncertain"
    return f"{start(many(len(colds), 'cold store'))} in range" if colds else "No cold store is set up"


@router.get("/{asset_id}")
def store(
    request: Request, here: Here, visitor: Visitor, asset_id: Id, span: Literal["1h", "24h", "7d"] = "24h"
) -> Response:
    """One store: now, its chart, what is due, its excursions, what was signed."""
    now = here.snapshots.current
    with here.database.read() as session:
        it = _one(session, here, asset_id)
        found = choices(here, now.devices_of_asset(asset_id, here.clock.now()), vitals=False)
        choice = chosen(found, METRIC, None)
        chart = chart_of(session, here, choice, span) if choice is not None else None
        asks = has_password(session, visitor.person_id)
    return page(
        request,
        "cold_store.html",
        it=it,
        chart=chart,
        metrics=[choice] if choice else [],
        spans=[(name, word, name == span) for name, (word, _) in SPANS.items()],
        days=DAYS,
        may={kind: visitor.may(*roles) for kind, roles in SIGNERS.items()},
        meanings=records.MEANINGS,
        decisions=DECISIONS,
        products=list(here.products.values()),
        asks=asks,
    )


@router.get("/{asset_id}/label")
def label(request: Request, here: Here, asset_id: Id) -> Response:
    """The quarantine label, to print and put on the door."""
    with here.database.read() as session:
        it = _one(session, here, asset_id)
    if it.quarantine is None:
        raise NotThere("quarantine of this store: there is nothing to print")
    return page(request, "cold_label.html", it=it)


@router.get("/{asset_id}/excursions.csv")
def excursions(here: Here, asset_id: Id, days: Annotated[int, Query(ge=1, le=366)] = 31) -> Response:
    """The excursion report: each with what was decided, and the gaps in which nobody knows."""
    with here.database.read() as session:
        it = _one(session, here, asset_id, days)
    return spreadsheet(f"excursions-{it.asset.number}", _report(it, here.clock.now()))


def _report(it: Cold, now: datetime) -> Iterator[tuple[object, ...]]:
    yield (
        "store", "product", "low", "high", "what", "start", "end", "lasted_s", "lowest", "highest",
        "readings", "unseen_s", "probe", "decision", "decided_by", "decided_at", "reason",
    )  # fmt: skip
    decided = {row.content.get("start"): row for row in it.records if row.kind == "disposition"}
    head = (it.asset.number, it.product.label, it.wanted.low, it.wanted.high)
    certain = "UNCERTAIN" if it.status.doubts else "GOOD"
    for each in it.log.excursions:
        facts = facts_of(each, now)
        row = decided.get(facts["start"])
        end = (row.content["decision"], row.name, row.at.isoformat(), row.reason) if row else ("", "", "", "")
        told = (facts["start"], facts["end"], facts["lasted_s"], facts["lowest"], facts["highest"])
        yield (*head, "excursion", *told, facts["readings"], facts["unseen_s"], certain, *end)
    for first, last in it.log.gaps:
        lasted = round((last - first).total_seconds())
        yield (*head, "unknown", first.isoformat(), last.isoformat(), lasted, *[""] * 4, certain, *[""] * 4)


# ---------------------------------------------------------------- what people sign


class SetupForm(BaseModel):
    """What the store keeps; limits of its own replace the product's."""

    product: str = Field(max_length=80)
    low: str = Field("", max_length=12)
    high: str = Field("", max_length=12)
    reason: str = Field("", max_length=1000)
    password: str = Field("", max_length=200)


@router.post("/{asset_id}/setup", dependencies=[ACTING])
def set_up(here: Here, visitor: Visitor, asset_id: Id, form: Annotated[SetupForm, Form()]) -> Response:
    """It keeps this."""
    if form.product not in here.products:
        raise Wrong("product", f"There is no product {form.product!r} in cold_products.yaml.")
    wanted = records.Setup(form.product, _degrees("low", form.low), _degrees("high", form.high))
    confirm(here, visitor.person_id, form.password)
    with here.database.write() as session:
        records.set_up(session, asset_id, wanted, visitor, here.clock.now(), form.reason)
    return back_to(f"/cold/{asset_id}")


class ProbeForm(BaseModel):
    """What is known of its probe."""

    buffered: bool = False
    accuracy_c: str = Field("", max_length=12)
    certificate: str = Field("", max_length=120)
    valid_until: date | Literal[""] = ""
    reason: str = Field("", max_length=1000)
    password: str = Field("", max_length=200)


@router.post("/{asset_id}/probe", dependencies=[ACTING])
def probe(here: Here, visitor: Visitor, asset_id: Id, form: Annotated[ProbeForm, Form()]) -> Response:
    """Its certificate was checked."""
    until = form.valid_until or None
    known = Probe(form.buffered, _degrees("accuracy_c", form.accuracy_c), form.certificate, until)
    confirm(here, visitor.person_id, form.password)
    with here.database.write() as session:
        records.set_probe(session, asset_id, known, visitor, here.clock.now(), form.reason)
    return back_to(f"/cold/{asset_id}")


@router.post("/{asset_id}/review", dependencies=[ACTING])
def review(here: Here, visitor: Visitor, asset_id: Id, note: Text = "", password: Password = "") -> Response:
    """The lowest and highest temperature since the last review were looked at."""
    confirm(here, visitor.person_id, password)
    with here.database.write() as session:
        it = _one(session, here, asset_id, 1)
        seen = it.unreviewed
        content = {
            "from": seen.start.isoformat(),
            "to": seen.end.isoformat(),
            "lowest": seen.lowest.value if seen.lowest else None,
            "highest": seen.highest.value if seen.highest else None,
            "state": it.status.state,
            "unknown_s": round(sum((b - a).total_seconds() for a, b in seen.gaps)),
        }
        records.sign(session, asset_id, "review", content, visitor, here.clock.now(), note)
    return back_to(f"/cold/{asset_id}")


@router.post("/{asset_id}/quarantine", dependencies=[ACTING])
def quarantine(here: Here, visitor: Visitor, asset_id: Id, reason: Text = "", password: Password = "") -> Response:
    """Nobody uses what is in it."""
    confirm(here, visitor.person_id, password)
    with here.database.write() as session:
        records.quarantine(session, asset_id, visitor, here.clock.now(), reason)
    return back_to(f"/cold/{asset_id}")


@router.post("/{asset_id}/decide", dependencies=[ACTING])
def decide(
    here: Here,
    visitor: Visitor,
    asset_id: Id,
    decision: Text,
    start: Text = "",
    reason: Text = "",
    password: Password = "",
) -> Response:
    """What becomes of the content; `start` names the excursion it is about."""
    confirm(here, visitor.person_id, password)
    moment = here.clock.now()
    with here.database.write() as session:
        it = _one(session, here, asset_id)
        about = [facts for facts in (facts_of(each, moment) for each in it.log.excursions) if facts["start"] == start]
        if start and not about:
            raise Wrong("start", "That excursion is not in the log of this store; load the page again.")
        records.decide(session, asset_id, decision, about[0] if about else {}, visitor, moment, reason)
    return back_to(f"/cold/{asset_id}")


def _one(session: Session, here: Context, asset_id: int, days: int = DAYS) -> Cold:
    kept = session.get(ColdStore, asset_id)
    if kept is None or asset_id not in here.snapshots.current.assets:
        raise NotThere(f"cold store {asset_id}")
    return cold_of(session, here, kept, days)


def _degrees(field: str, text: str) -> float | None:
    said = text.strip().replace("−", "-").replace(",", ".")
    if not said:
        return None
    try:
        degrees = float(said)
    except ValueError as error:
        raise Wrong(field, f"{text!r} is no number of degrees.") from error
    if not -200 <= degrees <= 100:
        raise Wrong(field, "A cold store is between −200 and 100 °C.")
    return degrees
