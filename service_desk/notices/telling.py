"""Who hears of an incident, and by which of their ways: rows of the notice table, in the caller's transaction."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.people import Person
from asset_registry.snapshot import SnapshotSource
from collector.points import ms_of
from service_desk.incidents.model import Incident
from service_desk.notices.model import Notice, Way, Wish
from service_desk.notices.on_call import OnCall
from service_desk.rulebook import PRIORITIES

EMAIL = "channel.email"
"""The kind of channel that also reaches people who chose no way but have an address."""


class Where(NamedTuple):
    """Where an incident is: its place and all that it lies in, the asset's department, and words for it."""

    places: frozenset[int] = frozenset()
    department: str = ""
    words: str = ""

    def within(self, places: Iterable[int], departments: Iterable[str]) -> bool:
        """Whether it lies in one of `places` and belongs to one of `departments`; none of them: anywhere, any."""
        places, departments = set(places), set(departments)
        return (not places or bool(places & self.places)) and (not departments or self.department in departments)


class Known(NamedTuple):
    """A channel of this house: its kind, what an address in it is called, and what makes one of a text (ValueError).

    `shown`: an address as people read it. `browser_key`: addresses are made by browsers, with this public key.
    """

    kind: str
    label: str
    address: Callable[[str], str]
    shown: Callable[[str], str] = str
    browser_key: str = ""


class Route(NamedTuple):
    """One address of a person in one channel."""

    channel: str
    address: str


class Teller:
    """Writes notices. `channels` are those of this house, by name."""

    def __init__(self, snapshots: SnapshotSource, channels: Mapping[str, Known], zone: tzinfo) -> None:
        self.channels = dict(channels)
        self.on_call = OnCall(zone)
        self._snapshots = snapshots
        self._zone = zone

    def where(self, incident: Incident) -> Where:
        """Where it is, as the registry knows it now."""
        known = self._snapshots.current
        path = known.path(incident.place_id) if incident.place_id is not None else []
        asset = known.assets.get(incident.asset_id) if incident.asset_id is not None else None
        words = f"{path[-1].number} {path[-1].name}".strip() if path else ""
        return Where(frozenset(place.id for place in path), asset.department if asset else "", words)

    def routes(self, session: Session, person: Person) -> list[Route]:
        """A person's ways, the first one first; their e-mail address when they chose none."""
        ways = session.scalars(select(Way).where(Way.person_id == person.id).order_by(Way.rank, Way.id))
        chosen = [Route(way.channel, way.address) for way in ways if way.channel in self.channels]
        mail = next((name for name, each in self.channels.items() if each.kind == EMAIL), "")
        return chosen or ([Route(mail, person.email)] if mail and person.email else [])

    def audience(self, session: Session, incident: Incident, where: Where) -> list[tuple[Person, Wish]]:
        """Everybody who wants to hear of it."""
        if "notices" not in session.info:  # a flood of incidents is one transaction
            wished = select(Person, Wish).join(Wish, Wish.person_id == Person.id)
            wished = wished.where(Person.active, Wish.priority != "")
            session.info["notices"] = session.execute(wished).all()
        return [
            (person, wish)
            for person, wish in session.info["notices"]
            if PRIORITIES.index(incident.priority) <= PRIORITIES.index(wish.priority)
            and where.within(wish.places, wish.departments)
        ]

    def tell(
        self,
        session: Session,
        incident: Incident,
        person: Person,
        what: str,
        when: tuple[datetime, datetime],
        where: Where | None = None,
    ) -> bool:
        """Let a person hear of it, once; False when there is no way to them. `when`: as of when, and now."""
        at, now = when
        if (routes := session.info.get(("routes", person.id))) is None:
            routes = session.info["routes", person.id] = self.routes(session, person)
        if not routes:
            return False
        about = f"{incident.key}:{what}:{ms_of(at)}:{person.id}"
        if not _told_before(session, about, what):
            notice = Notice(
                key=_key(about, routes[0]),
                about=about,
                incident_id=incident.id,
                person_id=person.id,
                what=what,
                priority=incident.priority,
                title=incident.title,
                place=(where or self.where(incident)).words,
                since=incident.opened,
            )
            wish = session.get(Wish, person.id)
            due = now if wish is None else self._due(session, wish, incident.priority, now)
            _send(session, notice, routes[0], now, due)
        return True

    def test(self, session: Session, way: Way, now: datetime) -> Notice:
        """Send one that says only that the way works."""
        about = f"test:{way.person_id}:{ms_of(now)}"
        route = Route(way.channel, way.address)
        notice = Notice(
            key=_key(about, route),
            about=about,
            person_id=way.person_id,
            what="test",
            priority="low",
            title="",
            since=now,
        )
        _send(session, notice, route, now, now)
        return notice

    def pass_on(self, session: Session, notice: Notice, now: datetime) -> bool:
        """Try the person's next way. False when there is none, or it was tried already."""
        person = session.get(Person, notice.person_id)
        if notice.what == "test" or person is None:
            return False
        used = set(session.scalars(select(Notice.key).where(Notice.about == notice.about)))
        route = next((each for each in self.routes(session, person) if _key(notice.about, each) not in used), None)
        if route is None:
            return False
        copied = ("about", "incident_id", "person_id", "what", "priority", "title", "place", "since")
        follower = Notice(key=_key(notice.about, route), **{name: getattr(notice, name) for name in copied})
        _send(session, follower, route, now, now)
        notice.passed_on = now
        return True

    def _due(self, session: Session, wish: Wish, priority: str, now: datetime) -> datetime:
        """Now, or when the quiet hours end; they are none for who is on call when it is high."""
        until = quiet_until(wish, now, self._zone)
        if until is None or (priority == "high" and wish.person_id in self.on_call.anybody(session, now)):
            return now
        return until


def _told_before(session: Session, about: str, what: str) -> bool:
    """Whether it was told already; from now on it was. An incident opens once, so that needs no question."""
    told: set[str] = session.info.setdefault("told", set())
    before = about in told
    told.add(about)
    if before or what == "opened":
        return before
    return session.scalar(select(Notice.id).where(Notice.about == about).limit(1)) is not None


def _key(about: str, route: Route) -> str:
    return f"{about}:{route.channel}:{route.address}"


def _send(session: Session, notice: Notice, route: Route, now: datetime, due: datetime) -> None:
    notice.channel, notice.address = route
    notice.created, notice.due = now, due
    session.add(notice)


def quiet_until(wish: Wish, now: datetime, zone: tzinfo) -> datetime | None:
    """When the quiet hours end that it is in; None outside of them."""
    if not (wish.quiet_from and wish.quiet_until):
        return None
    local = now.astimezone(zone)
    start, end = time.fromisoformat(wish.quiet_from), time.fromisoformat(wish.quiet_until)
    for day in (local.date() - timedelta(days=1), local.date()):
        begins = datetime.combine(day, start, zone)
        ends = datetime.combine(day if end > start else day + timedelta(days=1), end, zone)
        if begins <= local < ends:
            return ends
    return None
