"""Inputs: what every link brings, what could not be understood and why, and devices that nobody knows yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from collector.counters import BadFrameRecord, InputFigures
from dashboards.access import admit
from dashboards.context import Context, Here
from dashboards.render import page
from dashboards.sentences import many, start

BAD_SHOWN = 20
UNKNOWN_SHOWN = 30
router = APIRouter(dependencies=[admit("biomed", "facilities", "it_agent", "auditor")])


STATES = {"up": "ok", "paused": "medium", "connecting": "unknown", "down": "high", "stopped": "off"}
"""The shape of each state of a link."""


@dataclass(frozen=True)
class Input:
    """One link: its state in a word, since when, what it brought, and what went wrong last."""

    name: str
    state: str
    since: datetime | None
    figures: InputFigures | None = None
    kind: str = ""
    address: str = ""
    error: str = ""

    @property
    def shape(self) -> str:
        """The shape of its state."""
        return STATES.get(self.state, "unknown")


def links(here: Context) -> list[Input]:
    """Every link of this process, and those elsewhere that the house has heard of; those that are down first."""
    figures = {each.link: each for each in here.counters.inputs()}
    found = {
        link.name: Input(link.name, link.state, link.since, figures.get(link.name), link.kind, link.address, link.error)
        for link in here.inside.links()
    }
    said = {device.removeprefix("link:") for device in here.latest.devices() if device.startswith("link:")}
    for name in (said | set(figures)) - set(found):
        up = here.latest.get(f"link:{name}", "link_up")
        state = "unknown" if up is None else "up" if up.value else "down"
        found[name] = Input(name, state, up.at if up is not None else None, figures.get(name))
    return sorted(found.values(), key=lambda link: (link.state != "down", link.state == "up", link.name))


def answer(found: list[Input]) -> str:
    """The first line."""
    if not found:
        return "Nothing is connected"
    down = [link for link in found if link.state == "down"]
    if down:
        names = ", ".join(link.name for link in down)
        return f"{start(many(len(down), 'input'))} {'is' if len(down) == 1 else 'are'} down: {names}"
    others = [link for link in found if link.state != "up"]
    if others:
        return f"{others[0].name} is {others[0].state}; {many(len(found) - len(others), 'input')} up"
    rate = sum(link.figures.readings_per_minute for link in found if link.figures)
    return f"{start(many(len(found), 'input'))} up, {rate:,} readings a minute"


@router.get("/inputs")
def inputs(request: Request, here: Here) -> Response:
    """Every link with its figures."""
    found = links(here)
    return page(
        request,
        "inputs.html",
        answer=answer(found),
        links=found,
        bad=_newest(found),
        unknown=_topics(found),
        corrected=_corrected(here),
        unclaimed=len(here.snapshots.current.unclaimed),
        total=_total(found),
    )


def _total(found: Iterable[Input]) -> dict[str, int]:
    figures = [link.figures for link in found if link.figures]
    names = ("frames", "readings", "bad_frames", "unknown_topics", "lost")
    return {name: sum(getattr(each, name) for each in figures) for name in names}


def _corrected(here: Context) -> list[tuple[str, str, int]]:
    """(why, what was done, how many): readings that could not be kept as they came."""
    done = {"items_dropped": "left out", "items_changed": "kept, corrected"}
    counts = here.counters.snapshot().items()
    found = [(dict(labels).get("why", ""), done[name], count) for (name, labels), count in counts if name in done]
    return sorted(found, key=lambda each: -each[2])


def _newest(found: Iterable[Input]) -> list[BadFrameRecord]:
    bad = [record for link in found if link.figures for record in link.figures.bad]
    return sorted(bad, key=lambda record: record.at, reverse=True)[:BAD_SHOWN]


def _topics(found: Iterable[Input]) -> list[tuple[str, str, int]]:
    """(link, topic, how often), the loudest first."""
    heard = [
        (link.name, topic, count) for link in found if link.figures for topic, count in link.figures.unknown.items()
    ]
    return sorted(heard, key=lambda each: (-each[2], each[1]))[:UNKNOWN_SHOWN]
