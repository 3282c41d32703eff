"""What a person may mean by a few words: assets (usable, doubtful, not usable), rooms, devices, tickets."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry import find
from asset_registry.assets import Usability, is_claimed, usable
from asset_registry.known import KnownAsset, KnownDevice, KnownPlace
from asset_registry.locating.words import LIKELY
from asset_registry.people import Principal
from asset_registry.snapshot import Snapshot
from asset_registry.status import CLAIM_MINUTES
from asset_registry.ways import Ways
from dashboards import words
from dashboards.context import Context
from dashboards.leaving_view import Left, left_of
from dashboards.plan import UNCOUNTED
from service_desk.tickets.model import Ticket

FEW = 6
"""So many rooms, devices and tickets are told of."""


@dataclass(frozen=True)
class Hit:
    """An asset that was found. `metres` on foot, None when nobody can say; `mine_until`: while you have claimed it.

    `claimed`: since when somebody has. `left`: how it left the building.
    """

    said: find.Hit
    look: str
    metres: float | None
    mine_until: datetime | None
    claimed: datetime | None
    left: Left | None = None

    @property
    def asset(self) -> KnownAsset:
        """What was found."""
        return self.said.asset

    @property
    def room(self) -> KnownPlace | None:
        """Where it is believed to be."""
        return self.said.room

    @property
    def usable(self) -> bool:
        """Whether it can be taken."""
        return self.said.usability.usable

    @property
    def order(self) -> tuple[bool, bool, bool, float, float, str]:
        """What a colleague has claimed, since one can ask them; then nearest first; then the surest; last what left."""
        return (
            self.left is not None,
            self.claimed is None,
            self.metres is None,
            self.metres or 0.0,
            -self.said.confidence,
            self.asset.number,
        )


@dataclass
class Found:
    """What was found for `text`, seen from `near`."""

    text: str
    near: KnownPlace | None
    ways: Ways | None
    mine: list[Hit] = field(default_factory=list)
    usable: list[Hit] = field(default_factory=list)
    doubtful: list[Hit] = field(default_factory=list)
    not_usable: list[Hit] = field(default_factory=list)
    rooms: list[KnownPlace] = field(default_factory=list)
    devices: list[KnownDevice] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)

    @property
    def assets(self) -> list[Hit]:
        """All of them."""
        return self.mine + self.usable + self.doubtful + self.not_usable

    @property
    def nothing(self) -> bool:
        """Whether nothing at all was found."""
        return not (self.assets or self.rooms or self.devices or self.tickets)


def search(session: Session, here: Context, visitor: Principal, text: str, near: KnownPlace | None) -> Found:
    """Everything that the words name."""
    now = here.snapshots.current
    found = Found(text, near, now.ways(near) if near is not None else None)
    if not find.words_of(text):
        return found
    said = find.find_assets(now, here.latest, text, None, here.clock.now(), here.zone)
    found.meant = said.meant
    for hits, into in (
        (said.usable, found.usable),
        (said.doubtful, found.doubtful),
        (said.not_usable, found.not_usable),
    ):
        for each in hits:
            hit = _hit(here, visitor, each, found.ways)
            (found.mine if hit.mine_until is not None else into).append(hit)
    for group in (found.mine, found.usable, found.doubtful, found.not_usable):
        group.sort(key=lambda hit: hit.order)
    _others(session, now, found)
    return found


def _others(session: Session, now: Snapshot, found: Found) -> None:
    asked = find.words_of(found.text)

    def has(*said: str) -> bool:
        hay = " ".join(said).casefold()
        return all(word in hay for word in asked)

    rooms = [room for room in now.rooms if room.room_type not in UNCOUNTED]
    found.rooms = [room for room in rooms if has(room.number, room.name)][:FEW]
    found.devices = list(islice(_devices(now, found, has), FEW))
    query = select(Ticket).where(Ticket.number.icontains(found.text.strip(), autoescape=True))
    found.tickets = list(session.scalars(query.order_by(Ticket.id.desc()).limit(FEW)))


def _devices(now: Snapshot, found: Found, has: Callable[..., bool]) -> Iterator[KnownDevice]:
    """What talks and is called so, beside those of the assets that were found."""
    named = {native_id for hit in found.assets for native_id in now.talkers_of(hit.asset.id)}
    return (each for each in now.devices.values() if has(each.name, each.native_id) and each.native_id not in named)


def _hit(here: Context, visitor: Principal, said: find.Hit, ways: Ways | None) -> Hit:
    asset, moment = said.asset, here.clock.now()
    until = asset.claimed_until if is_claimed(asset, moment) else None
    return Hit(
        said=said,
        look=look_of(said.usability, said.confidence),
        metres=ways.metres(said.room) if ways is not None and said.room is not None else None,
        mine_until=until if asset.claimed_by == visitor.person_id else None,
        claimed=until - timedelta(minutes=CLAIM_MINUTES) if until else None,
        left=left_of(here, asset.id),
    )


def look_of(answer: Usability, confidence: float) -> str:
    """How an asset's dot looks: old (a doubtful fix), use (usable), half (in use), no (not usable)."""
    if confidence < LIKELY:
        return "old"
    if answer.usable:
        return "use"
    return "half" if answer.why.startswith(("In use", "Claimed")) else "no"


def categories(here: Context) -> list[tuple[str, int]]:
    """What people look for: every category of movable assets with how many are usable, most first."""
    now = here.snapshots.current
    counted: Counter[str] = Counter()
    for asset in now.assets.values():
        if asset.mobile:
            counted[asset.category] += usable(asset, here.clock.now()).usable
    return counted.most_common()


def answer(here: Context, found: Found) -> str:
    """The first line."""
    if not found.text.strip():
        return "What are you looking for?"
    if found.nothing:
        return f"Nothing is called “{found.text.strip()}”"
    if len(found.assets) == 1:
        return _one(here, found.assets[0])
    return _best(found) if found.assets else _other(found)


def _best(found: Found) -> str:
    noun = _noun(found)
    if found.usable:
        best = found.usable[0]
        first = "Nearest usable" if best.metres is not None else "Usable"
        return f"{first} {noun}: {_short(best, noun)} in {_place(best)}{_far(best)}"
    if found.doubtful and found.doubtful[0].left is None:
        best = found.doubtful[0]
        where = f" in {best.room.number}" if best.room is not None else ""
        return f"No {noun} is surely usable; perhaps {best.asset.name}{where}"
    return f"You have {found.mine[0].asset.name}" if found.mine else f"No {noun} is usable now"


def _other(found: Found) -> str:
    if found.rooms:
        return f"{found.rooms[0].number} {found.rooms[0].name}"
    return found.tickets[0].title if found.tickets else found.devices[0].name or found.devices[0].native_id


def _one(here: Context, hit: Hit) -> str:
    name = hit.asset.name
    if hit.mine_until is not None:
        return f"You have {name} until {hit.mine_until.astimezone(here.zone):%H:%M}"
    if hit.left is not None:
        return f"{name} left the building by {hit.left.by}"
    where = f"is in {_place(hit)}{_far(hit)}" if hit.room is not None else "has not been seen lately"
    why = hit.said.usability.why
    return f"{name} {where}" + ("" if hit.usable else f": {why[:1].lower()}{why[1:]}")


def _noun(found: Found) -> str:
    """What the assets are: the words that were typed when they are part of each one's category, else that category."""
    asked, kinds = found.text.strip().casefold(), {hit.asset.category for hit in found.assets}
    if all(asked in kind.casefold() for kind in kinds):
        return asked
    return kinds.pop() if len(kinds) == 1 else "asset"


def _short(hit: Hit, noun: str) -> str:
    """Only "204" of "Pump 204" where "pump" was said before."""
    first, _, rest = hit.asset.name.rpartition(" ")
    return rest if first and first.casefold() in (noun, f"{noun}s") else hit.asset.name


def _place(hit: Hit) -> str:
    return hit.room.number if hit.room is not None else "an unknown place"


def _far(hit: Hit) -> str:
    return f", {round(hit.metres)}{words.NBSP}m" if hit.metres is not None else ""
