"""Inputs: how every link is and what it brings, what could not be understood and why, devices that nobody knows."""

from collections.abc import Iterable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from collector.counters import BadFrameRecord
from dashboards.access import admit
from dashboards.context import Context, Here
from dashboards.link_view import Input, advice, links
from dashboards.render import page
from dashboards.sentences import many, start

BAD_SHOWN = 20
UNKNOWN_SHOWN = 30
NAMED = 3
PARTS_SHOWN = 8
router = APIRouter(dependencies=[admit("biomed", "facilities", "it_agent", "auditor")])


def answer(found: list[Input]) -> str:
    """The first line."""
    if not found:
        return "Nothing is connected"
    down = [link for link in found if link.state == "down"]
    if down:
        return f"{_are(len(down), 'input')} down: {', '.join(link.name for link in down)}"
    ports = [(link.name, part) for link in found for part in link.parts]
    lost = [f"{name}/{part.name}" for name, part in ports if part.state == "down"]
    if lost:
        return f"{_are(len(lost), 'port')} down: {_named(lost)}"
    others = [link for link in found if not link.up]
    if others:
        return f"{others[0].name} is {others[0].state}; {many(len(found) - len(others), 'input')} up"
    odd = [f"{name}/{part.name}" for name, part in ports if part.hint]
    if odd:
        return f"{start(many(len(odd), 'port'))} {'needs' if len(odd) == 1 else 'need'} a look: {_named(odd)}"
    rate = sum(link.figures.readings_per_minute for link in found if link.figures)
    return f"{start(many(len(found), 'input'))} up, {rate:,} readings a minute"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _are(count: int, noun: str) -> str:
    return f"{start(many(count, noun))} {'is' if count == 1 else 'are'}"


@router.get("/inputs")
def inputs(request: Request, here: Here) -> Response:
    """Every link with its figures."""
    found, now = links(here), here.clock.now()
    return page(
        request,
        "inputs.html",
        answer=answer(found),
        links=found,
        advised=partial(advice, now=now),
        shown_parts=PARTS_SHOWN,
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
