"""What people read: long for a mail, 160 characters for a pager. Title, room, since when, priority, where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service_desk.notices.model import Notice
from service_desk.notices.ports import Fact, Message
from service_desk.rulebook import PRIORITIES

SHORT = 160
"""Characters that fit one SMS (3GPP TS 23.038) and what pagers show."""

_BEFORE = {
    "graver": "Now more serious: ",
    "returned": "Back again: ",
    "reopened": "Back again: ",
    "unanswered": "Nobody has answered: ",
    "closed": "Over: ",
}
_LISTED = 10
_PLAIN = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-", "\N{DEGREE SIGN}": ""})
"""What a pager lacks: "8.9 C" is as good there."""


@dataclass(frozen=True)
class Wording:
    """Of one house: its name, its address on the network, its clock."""

    site: str
    url: str
    zone: tzinfo

    def message(self, notices: Sequence[Notice], now: datetime) -> Message:
        """One message of what one person has to hear by one channel, oldest first; the gravest one leads."""
        leading = min(notices, key=lambda each: (PRIORITIES.index(each.priority), each.id))
        facts = tuple(self._fact(each) for each in notices)
        lead = self._fact(leading)
        if leading.what == "test":
            subject, lines = f"{self.site}: this is a test", ["This way works. Nothing has happened."]
        elif len(notices) == 1:
            subject, lines = f"{lead.priority.upper()} {_headline(lead)}", self._lines(lead, now)
        else:
            subject = f"{lead.priority.upper()} {len(notices)} notices, first: {_headline(lead)}"
            lines = [line for fact in facts[:_LISTED] for line in (*self._lines(fact, now), "")]
            if len(facts) > _LISTED:
                lines.append(f"And {len(facts) - _LISTED} more.")
        return Message(
            id=notices[0].key,
            address=leading.address,
            at=now,
            priority=leading.priority,
            subject=subject,
            text="\n".join([*lines, "", f"{self.site}, Wardkeeper. Not for patient monitoring."]),
            short=self._short(subject, lead, now),
            facts=facts,
        )

    def _fact(self, notice: Notice) -> Fact:
        path = f"/alarms#incident-{notice.incident_id}" if notice.incident_id else "/me/notices"
        url = f"{self.url}{path}" if self.url else ""
        return Fact(notice.what, notice.title, notice.place, notice.since, notice.priority, url)

    def _lines(self, fact: Fact, now: datetime) -> list[str]:
        told = [f"{_headline(fact)}."]
        if fact.place:
            told.append(f"Where: {fact.place}")
        told += [f"Since: {self._clock(fact.since, now)}", f"Priority: {fact.priority}"]
        return [*told, fact.url] if fact.url else told

    def _short(self, subject: str, fact: Fact, now: datetime) -> str:
        """Subject, since and link; what does not fit is taken off the subject, then the link goes."""
        since = "" if fact.what == "test" else f" since {self._clock(fact.since, now)}"
        place = f" ({fact.place})" if fact.place and fact.place.split()[0] not in subject else ""
        link = f" {fact.url}" if fact.url and len(fact.url) < SHORT // 2 else ""
        room = SHORT - len(f"{since}{link}")
        head = f"{subject}{place}".translate(_PLAIN)
        return f"{head if len(head) <= room else head[: room - 2] + '..'}{since}{link}"

    def _clock(self, moment: datetime, now: datetime) -> str:
        local = moment.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == now.astimezone(self.zone).date() else f"{local:%Y-%m-%d %H:%M}"


def _headline(fact: Fact) -> str:
    return f"{_BEFORE.get(fact.what, '')}{fact.title}"
