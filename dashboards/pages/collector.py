"""The collector: how fast it is, how full the spool, how far each reader of it, what was left out, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isinf

from fastapi import APIRouter, Request
from starlette.responses import Response

from collector.histogram import Durations
from dashboards.access import admit
from dashboards.context import Context, CursorState, Here, Service, SpoolState
from dashboards.render import page
from dashboards.sentences import many, start
from dashboards.words import age

BEHIND_S = 5.0
"""A reader that is further behind than this is said to be behind."""
FILLING = 0.7
"""A spool that is fuller than this is said to be filling up."""

RUNNING = "running"
_NAMED = 3
_LEFT_OUT = {
    "redelivered": "Nothing to do: a broker sent again what was on disk already.",
    "sighting, spool nearly full": "The spool was nearly full: see which reader was behind.",
    "thinned, spool nearly full": "As above; what changed was kept, and one a minute of what did not.",
}
_MADE_NO_SENSE = "A device or gateway sends what is no reading: see the inputs."
_SLOW_STORE = (
    "Its server or its disk is away or slow. What is heard waits in the spool and reaches it later; see what went "
    "wrong with this part, below. wardkeeper doctor store looks at it."
)
_SLOW = "It loses nothing, and is late by that much. See what went wrong with this part, below."
_FULL = (
    "When it is full, links stop taking messages. Find the reader that is behind, or give it more room: "
    "spool.quota_mb in the configuration, and that much on the disk."
)
router = APIRouter(dependencies=[admit("biomed", "it_agent", "auditor")])


@dataclass(frozen=True)
class Reader:
    """One reader of the spool as people look at it: `usual` and `slowest` are what its batches take."""

    cursor: CursorState
    late: bool
    behind: str
    usual: str
    slowest: str
    advice: str
    refused: str


@router.get("/collector")
def collector(request: Request, here: Here) -> Response:
    """Spool, readers, parts, and what was left out."""
    services = sorted(here.inside.services(), key=lambda part: (part.state == RUNNING, part.name))
    spool = here.inside.spool()
    cursors = here.inside.cursors()
    readers = [_reader(cursor) for cursor in cursors]
    oldest = max((cursor.behind_s for cursor in cursors), default=0.0)
    inputs = here.counters.inputs()
    return page(
        request,
        "collector.html",
        answer=answer(services, readers, spool),
        services=services,
        readers=readers,
        spool=spool,
        oldest=age(timedelta(seconds=oldest))
        if (oldest := max((one.behind_s for one in cursors), default=0.0))
        else "",
        usual=within(spool.acknowledged, 0.5) if spool else "",
        slowest=within(spool.acknowledged, 0.99) if spool else "",
        todo=[*(spool.troubles if spool else ()), *([_FULL] if spool and spool.fullness > FILLING else [])],
        size=_bytes(spool.size) if spool else "",
        quota=_bytes(spool.quota) if spool and spool.quota else "",
        rate=sum(one.readings_per_minute for one in inputs),
        left_out=_left_out(here),
    )


def answer(services: Sequence[Service], readers: Sequence[Reader], spool: SpoolState | None) -> str:
    """The first line: what needs a person most."""
    troubled = [part for part in services if part.state != RUNNING]
    late = [reader.cursor.name for reader in readers if reader.late]
    if troubled:
        names = ", ".join(part.name for part in troubled[:_NAMED]) + (" …" if len(troubled) > _NAMED else "")
        return f"{start(many(len(troubled), 'part'))} {'does' if len(troubled) == 1 else 'do'} not run: {names}"
    if spool is not None and spool.fullness > FILLING:
        return f"The spool is {100 * spool.fullness:.0f} % full"
    if late:
        return f"{start(many(len(late), 'reader'))} {'is' if len(late) == 1 else 'are'} behind: {', '.join(late)}"
    if spool is not None and spool.troubles:
        return f"{start(many(len(spool.troubles), 'thing'))} to look at"
    if services:
        return f"All {many(len(services), 'part')} run, every reader is up to date"
    return "Nothing to see of the collector from here"


def within(took: Durations | None, share: float) -> str:
    """Under which time `share` of them stayed, in words; "" when nothing was timed."""
    seconds = took.quantile(share) if took else None
    if took is None or seconds is None:
        return ""
    return f"over {_spoken(took.bounds[-1])}" if isinf(seconds) else f"under {_spoken(seconds)}"


def _spoken(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:g}\u00a0ms"
    return f"{seconds:g}\u00a0s" if seconds < 60 else f"{seconds / 60:g}\u00a0min"


def _bytes(size: int) -> str:
    return f"{size / 1e9:,.1f}\u00a0GB" if size >= 1e9 else f"{size / 1e6:,.1f}\u00a0MB"


def _reader(cursor: CursorState) -> Reader:
    late = cursor.behind_s > BEHIND_S
    letters, refused = cursor.refused, ""
    if letters is not None and letters.count:
        count = start(many(letters.count, "point"))
        refused = f"{count} refused, kept in {letters.path}. Mend the cause; they are not sent again."
    return Reader(
        cursor,
        late,
        age(timedelta(seconds=cursor.behind_s)),
        within(cursor.took, 0.5),
        within(cursor.took, 0.99),
        (_SLOW_STORE if cursor.store else _SLOW) if late else "",
        refused,
    )


def _left_out(here: Context) -> list[tuple[str, int, str]]:
    """(why, how many, what to do), most first."""
    counts = here.counters.snapshot().items()
    found = [(dict(labels).get("why", ""), count) for (name, labels), count in counts if name == "items_dropped"]
    return [(why, count, _LEFT_OUT.get(why, _MADE_NO_SENSE)) for why, count in sorted(found, key=lambda one: -one[1])]
