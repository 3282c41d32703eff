"""Devices that nobody knows yet: what they say of themselves, and one click to say what they belong to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from asset_registry.known import KnownDevice
from asset_registry.register import NewAsset, claim_device, dismiss
from asset_registry.snapshot import Snapshot
from collector.metrics import family_of, is_vital
from collector.reading import Reading
from dashboards.access import Visitor, admit
from dashboards.context import Context, Here
from dashboards.forms import Back, Text, back_to
from dashboards.problems import Wrong
from dashboards.render import page
from dashboards.sentences import many, start
from dashboards.targets import target_of

CLAIMERS = ("biomed", "facilities", "it_agent")
CLAIMING = admit(*CLAIMERS)
SHOWN = 100
VALUES = 4
router = APIRouter()


@dataclass(frozen=True)
class Stranger:
    """A device and what it has said so far. Vitals are not among it: those stand on one device's page only."""

    device: KnownDevice
    seen: datetime | None
    values: list[Reading]


@router.get("/unclaimed", dependencies=[admit(*CLAIMERS, "auditor")])
def unclaimed(request: Request, here: Here, visitor: Visitor) -> Response:
    """The strangers, the newest first, and everything they could belong to."""
    known = here.snapshots.current
    strangers = [_stranger(here, device) for device in known.unclaimed]
    return page(
        request,
        "unclaimed.html",
        answer=f"{start(many(len(strangers), 'device'))} nobody knows" if strangers else "Every device is known",
        strangers=strangers[:SHOWN],
        more=len(strangers) - SHOWN,
        choices=_choices(known),
        categories=sorted({asset.category for asset in known.assets.values()}),
        may_claim=visitor.may(*CLAIMERS),
    )


def _stranger(here: Context, device: KnownDevice) -> Stranger:
    readings = here.latest.of(device.native_id).values()
    shown = [each for each in readings if not is_vital(each.metric) and family_of(each.metric) != "location"]
    return Stranger(device, here.latest.seen(device.native_id), sorted(shown, key=lambda each: each.metric)[:VALUES])


def _choices(known: Snapshot) -> list[str]:
    """What can be typed into the field, as it is offered: "P-117 Pump 117", "4.12 Isolation room"."""
    assets = [f"{asset.number} {asset.name}" for asset in known.assets.values()]
    return sorted(assets) + [f"{room.number} {room.name}".strip() for room in known.rooms]


@router.post("/unclaimed/{number}/claim", dependencies=[CLAIMING])
def claim(here: Here, visitor: Visitor, number: int, to: Text = "", back: Back = "/unclaimed") -> Response:
    """It belongs to an asset or a room that is there already."""
    target = target_of(here.snapshots.current, to)
    with here.database.write() as session:
        claim_device(session, number, target, visitor.login, here.clock.now())
    here.snapshots.refresh()
    return back_to(back)


class Wish(BaseModel):
    """The form for a new asset. `stays`: it does not move about, so its home is where it is."""

    asset: str = Field(max_length=80)
    category: str = Field(max_length=80)
    name: str = Field("", max_length=120)
    home: str = Field("", max_length=200)
    stays: bool = False
    next: str = Field("/unclaimed", max_length=500)


@router.post("/unclaimed/{number}/new", dependencies=[CLAIMING])
def claim_new(here: Here, visitor: Visitor, number: int, wish: Annotated[Wish, Form()]) -> Response:
    """It is the voice or tag of an asset that is made for it."""
    place = target_of(here.snapshots.current, wish.home).place_id if wish.home.strip() else None
    if wish.stays and place is None:
        raise Wrong("home", "Something that stays in place needs a room.")
    asset = NewAsset(wish.asset, wish.category, wish.name, mobile=not wish.stays, home_id=place)
    with here.database.write() as session:
        claim_device(session, number, asset, visitor.login, here.clock.now())
    here.snapshots.refresh()
    return back_to(wish.next)


@router.post("/unclaimed/{number}/dismiss", dependencies=[CLAIMING])
def let_go(here: Here, visitor: Visitor, number: int, back: Back = "/unclaimed") -> Response:
    """It is not ours: a visitor's phone. Its readings are kept all the same."""
    with here.database.write() as session:
        dismiss(session, number, visitor.login, here.clock.now())
    here.snapshots.refresh()
    return back_to(back)
