"""The scenes on the demo's screens: who plays what on the overview, and a strip that leads through a scene's pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Query, Request
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.responses import FileResponse, HTMLResponse, Response

from dashboards import access
from dashboards.access import READERS, SIGNED_IN, Visitor, visitor_of
from dashboards.context import Extra, context_of
from dashboards.files import stamp_of
from dashboards.forms import back_to
from dashboards.problems import NotThere
from wardkeeper.demo.scene import PEOPLE, Scene, scenes
from wardkeeper.demo.sight import Sighted
from wardkeeper.demo.stage import PLAYED, Playing, Stage

_TEMPLATES, _STATIC = Path(__file__).parent / "templates", Path(__file__).parent / "static"
FILES = {"scenes.css": "text/css", "scenes.js": "text/javascript"}

router = APIRouter(prefix="/demo", dependencies=[SIGNED_IN], include_in_schema=False)


@dataclass(frozen=True)
class Theatre:
    """The stage, the templates that show it, and the addresses of their files."""

    stage: Stage
    pages: Environment
    files: list[str]


@dataclass(frozen=True)
class Strip:
    """What the strip says: the step in words and its page; whether it goes on, or what it waits for, for how long."""

    playing: Playing
    words: str
    page: str
    on: bool
    soon: str
    wait_s: int


def add_to(app: FastAPI, stage: Stage) -> None:
    """Add the scenes' routes. Raises RuntimeError when one does not say whom it admits."""
    pages: Environment = app.state.templates.environment
    found = ChoiceLoader([FileSystemLoader(_TEMPLATES), *([pages.loader] if pages.loader else [])])
    files = [f"/demo/static/{name}?{stamp_of(_STATIC)}" for name in FILES]
    app.state.theatre = Theatre(stage, pages.overlay(loader=found), files)
    app.include_router(router)
    access.declared(app)


@router.post("/scenes/{name}")
def play(request: Request, visitor: Visitor, name: str) -> Response:
    """Show a scene: it begins, and its first page opens."""
    if name not in scenes():
        raise NotThere("such scene")
    sight = Sighted(context_of(request), visitor)
    playing = _theatre(request).stage.play(name, sight)
    return back_to(playing.current.page(replace(sight, playing=playing)))


@router.post("/scene/step")
def go(request: Request, visitor: Visitor, step: Annotated[int, Form(ge=0, le=100)]) -> Response:
    """Go to a step of what is played; its page opens."""
    playing = _theatre(request).stage.go(step)
    if playing is None:
        return back_to("/")
    return back_to(playing.current.page(Sighted(context_of(request), visitor, playing)))


@router.post("/scene/end")
def end(request: Request) -> Response:
    """End what is played: what was broken is repaired."""
    _theatre(request).stage.end()
    return back_to("/")


@router.get("/scene")
def strip(request: Request, at: Annotated[str, Query(max_length=500)] = "/") -> Response:
    """The strip as it is now on the page `at`; empty when nothing is played."""
    return HTMLResponse(_strip(request, at))


@router.get("/static/{name}")
def static(name: str) -> Response:
    """The strip's style and script. Their address changes with them."""
    if name not in FILES:
        raise NotThere("such file")
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(_STATIC / name, media_type=FILES[name], headers=kept)


def _theatre(request: Request) -> Theatre:
    theatre: Theatre = request.app.state.theatre
    return theatre


def _overview(request: Request) -> str:
    """The people, each with their scenes; the first that was not played to its end is the one to take."""
    stage = _theatre(request).stage
    days: dict[str, list[Scene]] = {person: [] for person in PEOPLE}
    for scene in scenes().values():
        days[scene.person].append(scene)
    return _render(
        request,
        "scenes.html",
        days=[(PEOPLE[person], day) for person, day in days.items() if day],
        played=stage.played,
        playing=stage.playing.scene.name if stage.playing else "",
        count=sum(how == PLAYED for how in stage.played.values()),
        total=len(scenes()),
        done=PLAYED,
    )


def _foot(request: Request) -> str:
    if not visitor_of(request).may(*READERS):
        return ""  # a scene leads through pages that only those who work here see
    return _strip(request, f"{request.url.path}?{request.url.query}".rstrip("?"), arrived=True)


EXTRAS: Mapping[str, Extra] = {"overview": _overview, "foot": _foot}
"""What the pages show of the scenes (`dashboards.context.Context.extras`)."""


def _strip(request: Request, at: str, *, arrived: bool = False) -> str:
    """The strip on the page `at`, "" when nothing is played.

    `arrived`: a person has just come to the page, which may be that of the next step.
    """
    stage, sight = _theatre(request).stage, Sighted(context_of(request), visitor_of(request))
    playing = stage.aim(sight)
    if playing is None:
        return ""
    sight = replace(sight, playing=playing)
    page = _path(playing.current.page(sight))
    if arrived and page != at and playing.following and _path(playing.following.page(sight)) == at:
        playing, page = stage.go(playing.step + 1) or playing, at
    return _render(request, "strip.html", strip=_told(playing, sight), away=page not in ("", at))


def _path(address: str) -> str:
    return address.partition("#")[0]


def _told(playing: Playing, sight: Sighted) -> Strip:
    following = playing.following
    second = playing.second(sight.here.clock.now())
    return Strip(
        playing=playing,
        words=playing.current.words.format(target=_called(sight)),
        page=playing.current.page(sight),
        on=following is not None and bool(following.page(sight)),
        soon=following.soon if following else "",
        wait_s=max(0, round(following.at - second)) if following else 0,
    )


def _called(sight: Sighted) -> str:
    """What people call the target."""
    asset = sight.here.snapshots.current.asset(sight.target)
    return asset.name if asset else sight.target


def _render(request: Request, name: str, **values: object) -> str:
    theatre = _theatre(request)
    style, script = theatre.files
    return theatre.pages.get_template(name).render(csrf=request.state.csrf, style=style, script=script, **values)
