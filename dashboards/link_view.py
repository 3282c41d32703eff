"""Links as people look at them: how each is, and its ports or adapters, what it brought, and what there is to do."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from collector import sacrifice
from collector.counters import InputFigures
from dashboards.context import Context, LinkState
from dashboards.sentences import many
from dashboards.words import age

STATES = {"up": "ok", "paused": "medium", "connecting": "unknown", "down": "high", "stopped": "off"}
"""The shape of each state."""

LINE_PROTOCOL = "line protocol"
"""The input of `dashboards/write.py`; it is there once something has come."""

_QUIET = timedelta(minutes=15)
_STUCK = timedelta(minutes=1)
_FORGOTTEN = timedelta(days=1)
_RECENTLY = timedelta(hours=1)
_SOME = 20  # frames: of fewer nothing can be concluded
_DOWN = {
    "mqtt": "Wardkeeper tries again by itself. Check that the broker runs, that its address and password in the "
    "configuration are right, and the network between. What devices send meanwhile waits at the broker.",
}
_SILENT = {"mqtt": "Does the broker's access list let Wardkeeper read these topics?"}
_DROPPED = (
    "The broker has thrown away {total} since its start{now}: a client was away or slow, perhaps this one, and its "
    "queue was full. For mosquitto set max_queued_messages 0 and a limit in bytes, max_queued_bytes; "
    "wardkeeper doctor mqtt tries out how much it keeps."
)
_DOWN_HERE = "Wardkeeper tries again by itself. Check that the other side runs, and what is between."
_DOWN_ELSEWHERE = (
    "It runs on another machine, or is no longer configured: look there. wardkeeper doctor on that machine says more."
)


class Advice(NamedTuple):
    """What to do, and where that can be seen."""

    text: str
    href: str = ""
    word: str = ""


class Dropped(NamedTuple):
    """Messages that the broker of a link threw away: in a minute now, since its start, and when it said so last."""

    rate: float
    total: float
    said: datetime


@dataclass(frozen=True)
class Input:
    """One link, or one of its parts: a word for how it is, since when, what it brought, what went wrong last.

    `elsewhere`: not of this process; it is known by what it says of itself.
    """

    name: str
    state: str
    since: datetime | None
    kind: str = ""
    address: str = ""
    error: str = ""
    hint: str = ""
    last_frame: datetime | None = None
    frames_per_minute: int = 0
    parts: tuple["Input", ...] = ()
    figures: InputFigures | None = None
    elsewhere: bool = False
    dropped: Dropped | None = None

    @property
    def shape(self) -> str:
        """The shape of its state."""
        return STATES.get(self.state, "unknown")

    @property
    def heard(self) -> datetime | None:
        """When it heard something last."""
        return self.last_frame or (self.figures.last_frame if self.figures else None)

    @property
    def up(self) -> bool:
        """It hears, if anything is said."""
        return self.state == "up"

    @property
    def well(self) -> bool:
        """It is up, and there is nothing to do about it."""
        return self.up and not self.hint

    @property
    def word(self) -> str:
        """How it is: what is up and was never heard is not yet known to work."""
        return "up, nothing yet" if self.up and not self.elsewhere and self.heard is None else self.state

    def over(self, now: datetime) -> bool:
        """Whether what went wrong last is so long over that it says nothing any more."""
        return self.well and self.since is not None and now - self.since > _FORGOTTEN

    @property
    def troubled(self) -> list["Input"]:
        """Its parts that need a person."""
        return [part for part in self.parts if not part.well]

    @property
    def sound(self) -> list["Input"]:
        """Its parts that do not."""
        return [part for part in self.parts if part.well]


def links(here: Context) -> list[Input]:
    """Every link of this process, and those elsewhere that the house has heard of; those that are down first."""
    figures = {each.link: each for each in here.counters.inputs()}
    found = {link.name: replace(_shown(link), figures=figures.get(link.name)) for link in here.inside.links()}
    said = _said(here)
    for name in (said.keys() | figures.keys()) - found.keys():
        found[name] = replace(said.get(name) or _unsaid(name), figures=figures.get(name))
    all_ = [replace(link, dropped=_dropped(here, name)) for name, link in found.items()]
    return sorted(all_, key=lambda link: (link.state != "down", link.well and not link.troubled, link.name))


def _unsaid(name: str) -> Input:
    if name == LINE_PROTOCOL:
        return Input(name, "up", None, address="/write and /api/v2/write")
    return Input(name, "unknown", None)


def _shown(link: LinkState) -> Input:
    parts = sorted((_shown(part) for part in link.parts), key=lambda part: (part.state != "down", part.well, part.name))
    repeated = any(part.error and part.error in link.error for part in parts)
    advised = any(part.hint and part.hint in link.hint for part in parts)
    return Input(
        name=link.name,
        state=link.state,
        since=link.since,
        kind=link.kind,
        address=link.address,
        error="" if repeated else link.error,
        hint="" if advised else link.hint,
        last_frame=link.last_frame,
        frames_per_minute=link.frames_per_minute,
        parts=tuple(parts),
    )


def _said(here: Context) -> dict[str, Input]:
    """Links by what they say of themselves, as `link:<name>` and `link:<name>/<part>`."""
    found: dict[str, Input] = {}
    links = {device for device in here.latest.devices() if device.startswith("link:")} - {sacrifice.DEVICE}
    for device in sorted(links):
        name, _, part = device.removeprefix("link:").partition("/")
        up = here.latest.get(device, "link_up")
        state = "unknown" if up is None else "up" if up.value else "down"
        one = Input(part or name, state, up.at if up is not None else None, elsewhere=True)
        link = found.get(name) or Input(name, "unknown", None, elsewhere=True)
        found[name] = replace(link, parts=(*link.parts, one)) if part else replace(one, parts=link.parts)
    return found


def _dropped(here: Context, name: str) -> Dropped | None:
    total = here.latest.get(f"link:{name}", "broker_dropped")
    rate = here.latest.get(f"link:{name}", "broker_dropped_rate")
    if total is None:
        return None
    return Dropped(float(rate.value) if rate is not None else 0.0, float(total.value), total.at)


def advice(link: Input, now: datetime) -> list[Advice]:
    """What a person can do, the link's own word first."""
    given = [Advice(link.hint)] if link.hint else []
    if link.state == "down" and not link.hint and not link.troubled:
        given.append(Advice(_DOWN_ELSEWHERE if link.elsewhere else _DOWN.get(link.kind, _DOWN_HERE)))
    if link.state == "paused":
        words = "The disk or a reader is slow, so it leaves what comes at the broker until there is room."
        given.append(Advice(words, "/collector", "See who is behind"))
    if link.state == "connecting" and link.since is not None and now - link.since > _STUCK:
        given.append(Advice("It has been trying for long: is there a firewall that swallows what is sent there?"))
    return given + _of_figures(link, now)


def _of_figures(link: Input, now: datetime) -> list[Advice]:
    """What the counts tell."""
    given = []
    last = max(filter(None, (link.heard, link.since)), default=None)
    if link.well and not link.elsewhere and last is not None and now - last > _QUIET:
        if link.heard is None:
            words = (
                f"It has been up for {age(now - last)} and has heard nothing yet: is the device on, and set to send?"
            )
        else:
            words = f"It is up, and nothing has come for {age(now - last)}: do the devices send, to this address?"
        given.append(Advice(f"{words} {_SILENT[link.kind]}" if link.kind in _SILENT else words))
    if link.dropped is not None and (link.dropped.rate > 0 or now - link.dropped.said < _RECENTLY):
        now_too = f", about {link.dropped.rate:,.0f} a minute now" if link.dropped.rate >= 1 else ""
        given.append(Advice(_DROPPED.format(total=many(int(link.dropped.total), "message"), now=now_too)))
    figures = link.figures
    if figures is None:
        return given
    if figures.frames >= _SOME and not figures.readings:
        given.append(
            Advice("Nothing of it is understood: is the right dialect named for it?", "#topics", "See what comes")
        )
    elif figures.frames >= _SOME and figures.bad_frames * 10 > figures.frames:
        share = f"{100 * figures.bad_frames / figures.frames:.0f} of 100 frames are not understood"
        given.append(Advice(f"{share}: damaged on the way, or of another kind than configured?", "#bad", "See which"))
    if figures.lost:
        words = f"{figures.lost:,} readings were lost for want of room: the disk or a reader is too slow."
        given.append(Advice(words, "/collector", "See who is behind"))
    return given
