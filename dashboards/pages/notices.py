"""What I am told: my ways, from which priority, for which places, when I want quiet; and a test that goes out now."""

import msgspec
from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import FileResponse, RedirectResponse, Response

from asset_registry.errors import Conflict, Invalid
from asset_registry.people import Person
from dashboards.access import STAFF, Visitor
from dashboards.api.params import Id
from dashboards.context import Context, Here
from dashboards.files import DIRECTORY
from dashboards.forms import Filled
from dashboards.notice_view import areas_of, browser_words, channel_pill, departments_of, state_of, what_of
from dashboards.render import page
from service_desk.notices import choices
from service_desk.notices.choices import Wanted
from service_desk.notices.model import Way
from service_desk.notices.push_message import Subscription, subscription
from service_desk.notices.telling import Known, Teller
from service_desk.notices.worker import ChannelState

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
        ways=[_row(way, teller.channels.get(way.channel), states.get(way.channel)) for way in ways],
        by_mail=routes[0].address if routes and not ways else "",
        channels=teller.channels,
        typed={name: known for name, known in teller.channels.items() if not known.browser_key},
        browser=_browsers(teller),
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


def _row(way: Way, known: Known | None, state: ChannelState | None) -> dict[str, object]:
    """A way, its channel (None: no longer), the address in words, how the channel is, and a browser's address."""
    return {
        "way": way,
        "known": known,
        "address": known.shown(way.address) if known else way.channel,
        "pill": channel_pill(state) if state else None,
        "endpoint": subscription(way.address).endpoint if known and known.browser_key else "",
    }


def _browsers(teller: Teller) -> tuple[str, str] | None:
    """The channel that browsers subscribe to, and with which key."""
    return next(((name, known.browser_key) for name, known in teller.channels.items() if known.browser_key), None)


def answer(wanted: Wanted, channels: list[str]) -> str:
    """The first line: what I hear of, and how."""
    channels = list(dict.fromkeys(channels))
    if not channels:
        return "Nobody can reach you: you have no way yet"
    how = f"by {channels[0]}" + (f", then by {' and '.join(channels[1:])}" if len(channels) > 1 else "")
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


@router.get("/push-worker.js")
def worker() -> Response:
    """What shows notices in a browser; at an address that never changes, for subscriptions hang on it."""
    return FileResponse(DIRECTORY / "push_worker.js", headers={"Cache-Control": "no-cache"})


@router.post(f"{HERE}/browser")
def add_browser(request: Request, here: Here, visitor: Visitor, form: Filled) -> Response:
    """The browser becomes a way, and gets a test at once."""
    teller, now = here.telling.teller, here.clock.now()
    name = f"{browser_words(request.headers.get('user-agent', ''))} ({now.astimezone(here.zone):%d %b})"
    given = Subscription(form.get("endpoint", ""), form.get("p256dh", ""), form.get("auth", ""), name)
    channel, _ = _browsers(teller) or ("", "")
    try:
        with here.database.write() as session:
            way = choices.take_browser(session, teller, visitor, channel, msgspec.json.encode(given).decode(), now)
            teller.test(session, way, now)
    except (Invalid, Conflict) as wrong:
        return _mine(request, here, visitor, str(wrong))
    here.telling.wake()
    return RedirectResponse(f"{HERE}#told", 303)


@router.post(f"{HERE}/ways/{{number}}/remove")
def remove(here: Here, visitor: Visitor, number: Id) -> Response:
    """Take a way away."""
    with here.database.write() as session:
        choices.remove_way(session, here.telling.teller, visitor, number, here.clock.now())
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
