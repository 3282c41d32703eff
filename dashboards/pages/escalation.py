"""Who is told when nobody answers: who is on call now, the policies, and what could not be told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Path, Request, UploadFile
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from asset_registry.errors import Conflict, Invalid
from asset_registry.people import Person
from asset_registry.roles import ROLES
from dashboards.access import STAFF, Visitor, admit
from dashboards.context import Context, Here
from dashboards.forms import Filled
from dashboards.notice_view import (
    Roster,
    areas_of,
    channel_pill,
    departments_of,
    for_words,
    level_words,
    priorities_of,
    rosters,
    state_of,
    target_words,
    what_of,
)
from dashboards.problems import NotThere
from dashboards.render import page
from service_desk.notices import on_call, policies
from service_desk.notices.model import Notice, Policy, Schedule

HERE = "/alarms/escalation"
LEVELS = 5
Number = Annotated[int, Path(ge=0, lt=2**63)]
"""0 stands for one that is still to be made."""
_DAY = timedelta(days=1)
RULING: Any = admit("biomed", "facilities", "it_agent")
router = APIRouter(dependencies=[STAFF])


@router.get(HERE)
def escalation(request: Request, here: Here, visitor: Visitor) -> Response:
    """Rosters, policies, channels and what failed in the last day."""
    now = here.clock.now()
    with here.database.read() as session:
        names = _names(session)
        duty = rosters(here, session, now)
        rows = policies.all_of(session)
        lost = select(Notice).where(
            Notice.failed != "", Notice.what != "test", Notice.passed_on.is_(None), Notice.created > now - _DAY
        )
        failed = [each for each in session.scalars(lost.order_by(Notice.id.desc())) if state_of(each)[0] == "high"]
        people = {person.id: person.name for person in session.scalars(select(Person))}
    return page(
        request,
        "escalation.html",
        answer=answer(duty, rows),
        rosters=duty,
        policies=[
            (row, for_words(here, row), [level_words(each, names) for each in row.levels], _fallback(row, names))
            for row in rows
        ],
        channels=[(state, channel_pill(state)) for state in here.telling.channels()],
        failed=[(notice, people.get(notice.person_id, ""), what_of(notice)) for notice in failed[:20]],
        may=visitor.may("biomed", "facilities", "it_agent"),
    )


def answer(duty: list[Roster], rows: list[Policy]) -> str:
    """The first line: who is on call, or that nobody is."""
    missing = [each.row.name for each in duty if not each.now]
    if missing:
        return f"Nobody is on call: {', '.join(missing)}"
    if duty:
        on = list(dict.fromkeys(name for each in duty for name in each.now))
        return f"{' and '.join(on)} {'is' if len(on) == 1 else 'are'} on call"
    if any(row.enabled for row in rows):
        return "Who is told stands below; there is no roster"
    return "Nobody is told when nobody answers: there is no policy yet"


def _fallback(row: Policy, names: Mapping[str, str]) -> str:
    asks = any(level["kind"] == "schedule" for level in row.levels)
    if not asks:
        return ""
    return target_words(row.fallback["kind"], row.fallback["who"], names) if row.fallback else "nobody"


def _names(session: Session) -> dict[str, str]:
    """Everybody and every schedule that a level can mean, by its value in a form."""
    people = session.scalars(select(Person).where(Person.active).order_by(Person.name))
    known = {f"schedule:{row.id}": row.name for row in on_call.schedules(session)}
    return known | {f"person:{person.login}": person.name for person in people}


# ---------------------------------------------------------------- a policy


@router.get(f"{HERE}/{{number}}", dependencies=[RULING])
def policy_form(request: Request, here: Here, number: Number) -> Response:
    """The form of a policy; number 0 is a new one."""
    with here.database.read() as session:
        row = session.get(Policy, number) if number else Policy(name="", rank=1, enabled=True)
    if row is None:
        raise NotThere(f"policy {number}")
    return _policy_form(request, here, row, number)


def _policy_form(request: Request, here: Context, row: Policy, number: int, trouble: str = "") -> Response:
    levels = [(level["after_min"], f"{level['kind']}:{level['who']}") for level in row.levels or []]
    with here.database.read() as session:
        names = _names(session)
    return page(
        request,
        "policy.html",
        status=422 if trouble else 200,
        trouble=trouble,
        row=row,
        number=number,
        levels=[*levels, *[("", "")] * (LEVELS - len(levels))],
        groups=_targets(names),
        fallback=f"{row.fallback['kind']}:{row.fallback['who']}" if row.fallback else "",
        priorities=priorities_of(row.priorities or []),
        areas=areas_of(here, row.places or []),
        departments=departments_of(here, row.departments or []),
    )


def _targets(names: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a level may mean, by kind."""
    duty = [(value, f"on call, {name}") for value, name in names.items() if value.startswith("schedule:")]
    people = [(value, name) for value, name in names.items() if value.startswith("person:")]
    roles = [(f"role:{role}", target_words("role", role, names)) for role in ROLES if role != "gateway"]
    return [("On call", duty), ("Person", people), ("Everybody in the role", roles)]


@router.post(f"{HERE}/{{number}}", dependencies=[RULING])
def save_policy(request: Request, here: Here, visitor: Visitor, number: Number, form: Filled) -> Response:
    """Keep the form."""
    try:
        with here.database.write() as session:
            row = session.get(Policy, number) if number else Policy()
            if row is None:
                raise NotThere(f"policy {number}")
            _fill(row, form)
            policies.save(session, row, visitor.login, here.clock.now())
    except (Invalid, Conflict) as wrong:
        return _policy_form(request, here, _fill(Policy(), form), number, str(wrong))
    return RedirectResponse(HERE, 303)


def _fill(row: Policy, form: QueryParams) -> Policy:
    row.name, row.enabled = form.get("name", "")[:80], form.get("enabled") == "yes"
    row.rank = _number(form.get("rank", "")) or 1
    row.priorities = [each for each in form.getlist("priority") if each in ("high", "medium", "low")]
    row.places = [int(each) for each in form.getlist("place") if each.isdecimal()]
    row.departments = [each for each in form.getlist("department") if each]
    row.levels = [
        {"after_min": _number(after), **_target(who)}
        for after, who in zip(form.getlist("after"), form.getlist("who"), strict=False)
        if who
    ]
    row.repeat_min, row.repeats = _number(form.get("repeat_min", "")), _number(form.get("repeats", ""))
    row.fallback = _target(form["fallback"]) if form.get("fallback") else {}
    return row


def _number(text: str) -> int:
    return min(int(text), 10_000) if text.isdecimal() else 0


def _target(value: str) -> dict[str, str]:
    kind, _, who = value.partition(":")
    return {"kind": kind, "who": who}


@router.post(f"{HERE}/{{number}}/remove", dependencies=[RULING])
def remove_policy(here: Here, visitor: Visitor, number: Number) -> Response:
    """Forget it."""
    with here.database.write() as session:
        policies.remove(session, number, visitor.login, here.clock.now())
    return RedirectResponse(HERE, 303)


# ---------------------------------------------------------------- a roster


@router.get("/alarms/on-call/{number}", dependencies=[RULING])
def roster_form(request: Request, here: Here, number: Number) -> Response:
    """The form of a roster; number 0 is a new one."""
    with here.database.read() as session:
        row = session.get(Schedule, number) if number else Schedule(name="", text="", url="", trouble="")
    if row is None:
        raise NotThere(f"roster {number}")
    return _roster_form(request, here, row, number)


def _roster_form(request: Request, here: Context, row: Schedule, number: int, trouble: str = "") -> Response:
    calendars = here.telling.calendars
    return page(
        request,
        "roster.html",
        status=422 if trouble else 200,
        trouble=trouble,
        row=row,
        number=number,
        hosts=sorted(calendars.hosts) if calendars else [],
    )


@router.post("/alarms/on-call/{number}", dependencies=[RULING])
def save_roster(
    request: Request,
    here: Here,
    visitor: Visitor,
    number: Number,
    form: Filled,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Keep a roster: from a file, or from an address that is fetched at once."""
    name, url = form.get("name", "")[:80], form.get("url", "").strip()[:500]
    brought = file.file.read().decode(errors="replace") if file is not None and file.filename else ""
    try:
        text = _text(here, brought, url, needed=not number)
        with here.database.write() as session:
            row = session.get(Schedule, number) if number else Schedule()
            if row is None:
                raise NotThere(f"roster {number}")
            row.name, row.url, row.text = name, url, text or row.text
            row.fetched = here.clock.now() if url else None
            on_call.save(session, row, visitor.login, here.clock.now())
    except (Invalid, Conflict) as wrong:
        return _roster_form(request, here, Schedule(name=name, text="", url=url, trouble=""), number, str(wrong))
    return RedirectResponse(HERE, 303)


def _text(here: Context, brought: str, url: str, *, needed: bool) -> str:
    """The calendar of the form, checked; "" when none was given, which is Invalid when one is `needed`."""
    calendars = here.telling.calendars
    if url and not brought:
        if calendars is None:
            raise Invalid("Calendars cannot be fetched here.")
        brought = calendars.fetch(url)
    if needed and not brought:
        raise Invalid("Choose a file (.ics), or write an address.")
    return here.telling.teller.on_call.checked(brought) if brought else ""


@router.post("/alarms/on-call/{number}/remove", dependencies=[RULING])
def remove_roster(here: Here, visitor: Visitor, number: Number) -> Response:
    """Forget it."""
    with here.database.write() as session:
        on_call.remove(session, number, visitor.login, here.clock.now())
    return RedirectResponse(HERE, 303)
