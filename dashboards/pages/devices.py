"""The devices: what talks, where it belongs, when it was heard last, its battery. Filters and order in the address."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from asset_registry.known import KnownDevice
from collector.reading import Reading
from dashboards.access import STAFF
from dashboards.context import Context, Here
from dashboards.render import page
from dashboards.sentences import address, many, start
from dashboards.standing import Where, where_of
from dashboards.talking import State, Talk, talks

PER_PAGE = 100
LOW_BATTERY = 20.0
"""Per cent below which a battery is worth a person's look here; alarms have their own limits."""

Sort = Literal["state", "name", "where", "seen", "battery"]
NEVER = datetime.min.replace(tzinfo=UTC)
SHAPES: dict[State, tuple[str, str]] = {
    "silent": ("unknown", "silent"),
    "talking": ("ok", "talking"),
    "off": ("off", "not expected"),
    "free": ("ok", "heard at will"),
}
router = APIRouter(dependencies=[STAFF])


@dataclass(frozen=True)
class Line:
    """A device as a row. `battery` is its newest reading, None when it never said."""

    device: KnownDevice
    talk: Talk
    where: Where
    battery: Reading | None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.device.name or self.device.native_id

    @property
    def charge(self) -> float:
        """Per cent, above any real one when unknown."""
        value = self.battery.value if self.battery else None
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 1000.0


@dataclass(frozen=True)
class Filters:
    """What the address asks for."""

    state: str
    kind: str
    text: str
    low: bool
    sort: Sort
    skip: int

    def admits(self, line: Line) -> bool:
        """Whether a row belongs into the list."""
        device = line.device
        words = f"{device.name} {device.native_id} {device.maker} {device.model} {line.where.text} {line.where.name}"
        return (
            self.state in ("", line.talk.state)
            and self.kind in ("", device.kind)
            and (not self.low or line.charge < LOW_BATTERY)
            and all(word in words.casefold() for word in self.text.casefold().split())
        )


def asked(
    state: Annotated[str, Query(max_length=20)] = "",
    kind: Annotated[str, Query(max_length=80)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    battery: Annotated[str, Query(max_length=10)] = "",
    sort: Sort = "state",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Filters:
    """The filters of the address."""
    return Filters(state, kind, q, battery == "low", sort, skip)


ORDERS: dict[Sort, Callable[[Line], tuple[object, ...]]] = {
    "state": lambda line: (line.talk.state != "silent", line.talk.state == "off", line.name),
    "name": lambda line: (line.name,),
    "where": lambda line: (line.where.text, line.name),
    "seen": lambda line: (line.talk.seen or NEVER,),
    "battery": lambda line: (line.charge, line.name),
}


@router.get("/devices")
def devices(request: Request, here: Here, filters: Annotated[Filters, Depends(asked)]) -> Response:
    """What talks, those that are silent first."""
    lines = [_line(here, talk) for talk in talks(here)]
    shown = sorted((line for line in lines if filters.admits(line)), key=ORDERS[filters.sort])
    counted = Counter(line.talk.state for line in lines)
    return page(
        request,
        "devices.html",
        answer=answer(counted),
        lines=shown[filters.skip : filters.skip + PER_PAGE],
        shapes=SHAPES,
        low=LOW_BATTERY,
        found=len(shown),
        total=len(lines),
        filters=filters,
        chips=_chips(request, lines, counted, filters),
        kinds=sorted({line.device.kind for line in lines if line.device.kind}),
        sorts={sort: address(request, sort=None if sort == "state" else sort, skip=None) for sort in ORDERS},
        before=address(request, skip=max(0, filters.skip - PER_PAGE) or None) if filters.skip else "",
        after=address(request, skip=filters.skip + PER_PAGE) if filters.skip + PER_PAGE < len(shown) else "",
        unclaimed=len(here.snapshots.current.unclaimed),
    )


def answer(counted: Counter[State]) -> str:
    """The first line."""
    expected = counted["talking"] + counted["silent"]
    if not expected:
        return "No device is expected to talk yet"
    if not counted["silent"]:
        return f"All {expected:,} expected devices talk"
    verb = "is" if counted["silent"] == 1 else "are"
    return f"{start(many(counted['silent'], 'device'))} of {expected:,} expected {verb} silent"


def _line(here: Context, talk: Talk) -> Line:
    known, native_id = here.snapshots.current, talk.device.native_id
    asset, place = known.asset_of(native_id), known.place_of(native_id)
    where = where_of(here, asset.id, None) if asset else where_of(here, None, place.id if place else None)
    return Line(talk.device, talk, where, here.latest.get(native_id, "battery"))


def _chips(
    request: Request, lines: list[Line], counted: Counter[State], filters: Filters
) -> list[tuple[str, str, int, bool]]:
    """(address, word, count, current)."""
    plain = not filters.state and not filters.low
    low = sum(line.charge < LOW_BATTERY for line in lines)
    chips = [(address(request, state=None, battery=None, skip=None), "All", len(lines), plain)]
    chips += [
        (
            address(request, state=state, battery=None, skip=None),
            start(word),
            counted[state],
            filters.state == state,
        )
        for state, (_, word) in SHAPES.items()
    ]
    chips.append((address(request, state=None, battery="low", skip=None), "Battery low", low, filters.low))
    return chips
