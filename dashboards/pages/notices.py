"""What I am told: my ways, from which priority, for which places, when I want quiet; and a test that goes out now."""

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from asset_registry.errors import Conflict, Invalid
from asset_registry.people import Person
from dashboards.access import STAFF, Visitor
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.forms import Filled
from dashboards.notice_view import areas_of, channel_pill, departments_of, state_of, what_of
from dashboards.render import page
from service_desk.notices import choices
from service_desk.notices.choices import Wanted

HERE = "/me/notices"
router = APIRouter(dependencies=[STAFF])


@router.get(HERE)
def mine(request: Request, here: Here, visitor: Visitor) -> Response:
    """Everything a person chose, and what they were told last."""
    return _mine(request, here, visitor)


def _mine(
    request: Request,
    here: Context,
    visitor: Visitor,
    trouble: str = "",
    wanted: Wanted | None = None,
    address: str = "",
) -> Response:
    teller, states = here.telling.teller, {state.name: state for state in here.telling.channels()}
    with here.database.read() as session:
        wanted = wanted or choices.wish_of(session, visitor.person_id)
        ways = choices.ways_of(session, visitor.person_id)
        told = choices.last_of(session, visitor.person_id)
        person = session.get(Person, visitor.person_id)
        routes = teller.routes(session, person) if person else []
    return page(
        request,
        "my_notices.html",
        status=422 if trouble else 200,
        trouble=trouble,
        answer=answer(wanted, [route.channel for route in routes]),
        ways=[
            (
                way,
                teller.channels.get(way.channel),
                channel_pill(states[way.channel]) if way.channel in states else None,
            )
            for way in ways
        ],
        by_mail=routes[0].address if routes and not ways else "",
        channels=teller.channels,
        wanted=wanted,
        address=address,
        priorities=(
            ("high", "high ones only"),
            ("medium", "high and medium ones"),
            ("low", "all of them"),
            ("", "none"),
        ),
        areas=areas_of(here, wanted.places),
        departments=departments_of(here, wanted.departments),
        told=[(notice, state_of(notice), what_of(notice)) for notice in told],
    )


def answer(wanted: Wanted, channels: list[str]) -> str:
    """The first line: what I hear of, and how."""
    if not channels:
        return "Nobody can reach you: you have no way yet"
    how = f"by {channels[0]}" + (f", then by {' and '.join(dict.fromkeys(channels[1:]))}" if len(channels) > 1 else "")
    if not wanted.priority:
        return f"You are told {how}, and only when it is your turn"
    which = {"high": "high alarms", "medium": "high and medium alarms", "low": "every alarm"}[wanted.priority]
    return f"You are told of {which} {how}"


@router.post(HERE)
def save(request: Request, here: Here, visitor: Visitor, form: Filled) -> Response:
    """Keep what the form says."""
    wanted = wanted_of(form)
    try:
        with here.database.write() as session:
            choices.set_wish(session, visitor, wanted, here.clock.now())
    except Invalid as wrong:
        return _mine(request, here, visitor, str(wrong), wanted)
    return RedirectResponse(HERE, 303)


def wanted_of(form: QueryParams) -> Wanted:
    """The wish in a form."""
    return Wanted(
        priority=form.get("priority", ""),
        places=tuple(int(each) for each in form.getlist("place") if each.isdecimal()),
        departments=tuple(each for each in form.getlist("department") if each),
        quiet_from=form.get("quiet_from", ""),
        quiet_until=form.get("quiet_until", ""),
        over=form.get("over") == "yes",
    )


@router.post(f"{HERE}/ways")
def add(request: Request, here: Here, visitor: Visitor, form: Filled) -> Response:
    """One more way."""
    address = form.get("address", "")
    try:
        with here.database.write() as session:
            choices.add_way(session, here.telling.teller, visitor, form.get("channel", ""), address, here.clock.now())
    except (Invalid, Conflict) as wrong:
        return _mine(request, here, visitor, str(wrong), address=address[:200])
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/ways/{{number}}/remove")
def remove(here: Here, visitor: Visitor, number: Id) -> Response:
    """Take a way away."""
    with here.database.write() as session:
        choices.remove_way(session, visitor, number, here.clock.now())
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/ways/{{number}}/first")
def first(here: Here, visitor: Visitor, number: Id) -> Response:
    """Let it be tried first."""
    with here.database.write() as session:
        choices.try_first(session, visitor, number, here.clock.now())
    return RedirectResponse(HERE, 303)


@router.post(f"{HERE}/ways/{{number}}/test")
def test(here: Here, visitor: Visitor, number: Id) -> Response:
    """Send a test by it, now."""
    with here.database.write() as session:
        here.telling.teller.test(session, choices.way_of(session, visitor, number), here.clock.now())
    here.telling.wake()
    return RedirectResponse(f"{HERE}#told", 303)
