"""What can be connected: every device that is understood, how, with which proof, and what to write for it."""

from collections import Counter
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dashboards.access import admit
from dashboards.connectable import WAYS, Connectable
from dashboards.context import Here
from dashboards.render import page
from dashboards.sentences import address, many, start

PER_PAGE = 100
router = APIRouter(dependencies=[admit("biomed", "facilities", "it_agent", "auditor")])


@router.get("/connect")
def connect(
    request: Request,
    here: Here,
    q: Annotated[str, Query(max_length=100)] = "",
    way: Annotated[str, Query(max_length=10)] = "",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Devices by maker, those found by every word of `q`."""
    named = [one for one in here.connectable() if one.has(q)]
    found = [one for one in named if way in ("", one.family)]
    shown = found[skip : skip + PER_PAGE]
    return page(
        request,
        "connect.html",
        answer=_answer(found, q),
        makers=[(maker, list(devices)) for maker, devices in groupby(shown, key=lambda one: one.maker)],
        chips=_chips(request, named, way),
        q=q,
        way=way,
        skip=skip,
        shown=len(shown),
        found=len(found),
        before=address(request, skip=max(0, skip - PER_PAGE) or None) if skip else "",
        after=address(request, skip=skip + PER_PAGE) if skip + PER_PAGE < len(found) else "",
    )


def _answer(found: list[Connectable], q: str) -> str:
    makers = len({one.maker for one in found})
    if not found:
        return f"Nothing called “{q}” is understood" if q else "Nothing can be connected here"
    verb = "can" if not q else "found that can"
    return f"{start(many(len(found), 'device'))} of {many(makers, 'maker')} {verb} be connected"


def _chips(request: Request, named: list[Connectable], way: str) -> list[tuple[str, str, int, bool]]:
    """(address, word, count, current)."""
    counted = Counter(one.family for one in named)
    chips = [(address(request, way=None, skip=None), "All", len(named), not way)]
    chips += [
        (address(request, way=family, skip=None), word, counted[family], way == family)
        for family, (word, _) in WAYS.items()
    ]
    return chips
