"""An incident kept in a foreign ticket system: one ticket, told each thing once, whatever gets lost on the way.

Each step (make the ticket, a note, a change of its state) is written down as begun before it is sent and as done after
its answer. What was begun and not answered is looked for first, and sent again only when the server can no longer be
at work on it. Where search lags behind, a ticket that cannot be found is a person's to look for (`Unconfirmed`).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from collector.errors import Refused, WardkeeperError
from service_desk.incidents import sentences
from service_desk.incidents.book import graver
from service_desk.incidents.model import Incident
from service_desk.ports import IncidentNews, TicketRef
from service_desk.remote import words
from service_desk.remote.config import RemoteConfig
from service_desk.remote.errors import Changed, Later, LostReply
from service_desk.remote.memory import AGAIN_S, FRESH, Memory, mark_of
from service_desk.remote.model import RemoteTicket
from service_desk.remote.ports import Draft, Note, Seen, State, TicketSystem
from service_desk.reserved import DUE, MATTERS, undecided
from service_desk.surroundings import Surroundings

NOBODYS = "wk-0000000000000000"
CREATE = "create"
CHART = "chart"
_TRIES = 3


class Remote:
    """A `service_desk.ports.TicketSink` over any `TicketSystem`."""

    def __init__(self, system: TicketSystem, around: Surroundings, config: RemoteConfig) -> None:
        """`config` says how long what was not answered may still be at work over there."""
        self._system = system
        self._around = around
        settled = timedelta(seconds=config.timeout_s * 1.5 + config.request_limit_s)
        self._memory = Memory(around, settled)
        self.poll_s = config.poll_s

    async def sync(self, incident: IncidentNews) -> TicketRef:
        """Make the incident's ticket or follow it up; the same news again changes nothing."""
        kept = self._memory.kept(incident)
        if not kept.number:
            kept = await self._open(kept, incident)
        await self._show(kept)
        if incident.what != "opened":
            await self._follow(kept, incident)
        return TicketRef(kept.number, kept.url)

    async def refresh(self) -> int:
        """Look how the open tickets stand over there, and remember it; say how many somebody changed."""
        changed = 0
        for kept in self._memory.standing():
            seen = await self._system.look(kept.number)
            changed += self._memory.remember(kept, seen)
        return changed

    async def check(self) -> str:
        """Whether it lets us in: it is asked for a ticket that nobody has."""
        await self._system.find(NOBODYS)
        return "It lets Wardkeeper in, and searches"

    # ------------------------------------------------------------ what is told

    async def _open(self, kept: RemoteTicket, incident: IncidentNews) -> RemoteTicket:
        async def there() -> bool:
            ref = await self._system.find(kept.key)
            if ref is not None:
                self._memory.made(kept.id, ref, incident)
            return ref is not None

        async def make() -> None:
            if not await there():  # what a database that was put back from a backup has forgotten
                draft = self._draft(kept, incident)
                self._memory.made(kept.id, await self._system.create(draft), incident)

        await self._once(kept, CREATE, make, there)
        return self._memory.again(kept)

    def _draft(self, kept: RemoteTicket, incident: IncidentNews) -> Draft:
        told = words.opening(incident, kept.evidence, self._around)
        return Draft(kept.key, incident.title, words.as_text(told), words.as_html(told), incident.priority)

    async def _show(self, kept: RemoteTicket) -> None:
        """The chart, when there is one; where files of its kind are not taken, words that say so."""
        if kept.evidence is None:
            return
        mark = mark_of(kept.key, CHART)
        file = words.chart(kept.evidence, mark, self._around.zone)
        if file is not None:
            text = "How it went until the ticket opened."
            try:
                await self._note(kept, CHART, Note(mark, words.marked(text, mark), file))
            except Refused:
                text = "The chart of how it went was not taken here; it is in Wardkeeper."
                await self._note(kept, CHART, Note(mark, words.marked(text, mark)))
        self._memory.shown(kept.id)

    async def _follow(self, kept: RemoteTicket, incident: IncidentNews) -> None:
        seen = await self._look(kept)
        if graver(kept.priority, incident.priority) != kept.priority:
            await self._change(kept, f"priority:{incident.priority}", lambda _: True, priority=incident.priority)
        if incident.what == "joined":
            await self._say(kept, incident, words.joined(incident))
            await self._reopen(kept, incident)
        elif incident.what in ("returned", "reopened"):
            await self._say(kept, incident, words.back_again(incident))
            await self._reopen(kept, incident)
        elif incident.what == "merged":
            await self._belongs(kept, incident)
        elif seen.state != "open":
            return
        elif incident.what == "cleared":
            with self._around.database.read() as session:
                due = undecided(session, session.get_one(Incident, incident.id))
            await self._say(kept, incident, sentences.back(incident) + (f" {DUE}" if due else ""))
        elif incident.what == "closed" and incident.closed is not None:
            await self._wind_up(kept, incident, seen)

    async def _reopen(self, kept: RemoteTicket, incident: IncidentNews) -> None:
        await self._change(kept, _step("open", incident), lambda seen: seen.state != "open", state="open")

    async def _belongs(self, kept: RemoteTicket, incident: IncidentNews) -> None:
        """It turned out to be a consequence of what another ticket is about: both say so."""
        parent = self._memory.of_key(incident.parent)
        if parent is None or not parent[0].number:
            raise Later(f"The ticket that {kept.number} belongs to has not opened yet", AGAIN_S)
        above, title = parent
        await self._say(kept, incident, words.merged(title, above.number))
        step = f"has:{incident.key}"
        mark = mark_of(above.key, step)
        text = f"Ticket {kept.number} is a consequence of this: {incident.title}."
        await self._note(above, step, Note(mark, words.marked(text, mark)))
        await self._change(kept, _step("solve", incident), _nobodys, state="solved")

    async def _wind_up(self, kept: RemoteTicket, incident: IncidentNews, seen: Seen) -> None:
        """All has been normal for a while: solved, unless a person has it or only a person may close it."""
        with self._around.database.read() as session:
            matter = session.get_one(Incident, incident.id).reserved
        if matter:
            text = f"It stays normal, but this is {MATTERS[matter].words}: a person has to close it."
            await self._say(kept, incident, text)
        elif seen.assignee:
            await self._say(kept, incident, f"It stays normal. {seen.assignee} has this ticket and closes it.")
        else:
            await self._say(kept, incident, "It stays normal. Wardkeeper closes this ticket, which nobody had taken.")
            left = await self._change(kept, _step("solve", incident), _nobodys, state="solved")
            if left is not None and left.assignee:
                text = f"{left.assignee} took it just then: it stays open."
                await self._say(kept, incident, text, "taken")

    async def _say(self, kept: RemoteTicket, incident: IncidentNews, text: str, did: str = "") -> None:
        step = _step(did or incident.what, incident)
        mark = mark_of(kept.key, step)
        await self._note(kept, step, Note(mark, words.marked(text, mark)))

    async def _note(self, kept: RemoteTicket, step: str, note: Note) -> None:
        await self._once(
            kept,
            step,
            lambda: self._system.add(kept.number, note),
            lambda: self._system.said(kept.number, note.mark),
        )

    async def _change(
        self,
        kept: RemoteTicket,
        step: str,
        wanted: Callable[[Seen], bool],
        *,
        state: State | None = None,
        priority: str | None = None,
    ) -> Seen | None:
        """Change it once, if it is `wanted` as it stands; else give how it stands."""
        left: list[Seen] = []

        async def act() -> None:
            for _ in range(_TRIES):
                seen = await self._look(kept)
                if not wanted(seen):
                    left.append(seen)
                    return
                try:
                    await self._system.change(seen, state=state, priority=priority)
                except Changed:
                    continue
                self._memory.remember(kept, Seen(seen.ref, state or seen.state, seen.assignee), priority=priority or "")
                return
            raise Later(f"Somebody keeps changing ticket {kept.number}", AGAIN_S)

        async def never() -> bool:
            return False

        await self._once(kept, step, act, never, idempotent=True)
        return left[0] if left else None

    async def _look(self, kept: RemoteTicket) -> Seen:
        seen = await self._system.look(kept.number)
        self._memory.remember(kept, seen)
        if seen is None:
            raise Refused(f"Ticket {kept.number} is not there any more; somebody deleted it over there.")
        return seen

    # ------------------------------------------------------------ once and only once

    async def _once(
        self,
        kept: RemoteTicket,
        step: str,
        act: Callable[[], Awaitable[None]],
        there: Callable[[], Awaitable[bool]],
        *,
        idempotent: bool = False,
    ) -> None:
        """Do `act` unless it was done; what may have been done is looked for with `there` before it is done again."""
        doubtful = self._memory.begin(kept.id, step)
        if doubtful is None:
            return
        if doubtful is not FRESH and not idempotent:
            if await there():
                self._memory.done(kept.id, step)
                return
            self._memory.begin_again(kept.id, step, doubtful, blind=step == CREATE and self._system.search_lags)
        try:
            await act()
        except LostReply:
            raise
        except WardkeeperError:
            self._memory.never_happened(kept.id, step)
            raise
        self._memory.done(kept.id, step)


def _nobodys(seen: Seen) -> bool:
    """Only such a ticket do we solve."""
    return seen.state == "open" and not seen.assignee


def _step(did: str, incident: IncidentNews) -> str:
    return f"{did}:{incident.at.isoformat()}"
