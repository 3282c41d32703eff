"""One serial port of a link: its session, what it said and has not handed over yet, and how it is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from collector.clock import Clock, monotonic
from collector.counters import Rate, bad_frame
from collector.ports import Query, Session
from collector.reading import Item, Reading
from drivers.codecs.framer import BadBytes
from drivers.codecs.line import Line
from drivers.links.link import House, LinkStatus, State
from drivers.links.ring import Ring
from drivers.links.serial_channels import Channel, NoPort

_NOISE = 256  # bytes that were no frame, since the last that was one
_UNCLEAR = timedelta(minutes=1)
_SILENT_AT_FIRST = timedelta(seconds=10)
_SILENT = timedelta(minutes=1)
_DEFECT_S = 60.0


class Plug(msgspec.Struct, frozen=True):
    """What a port is configured as. `session` makes the conversation anew; `queries` are all it may ever send."""

    name: str
    address: str
    line: Line
    protocol: str
    session: Callable[[], Session]
    queries: tuple[type[Query], ...] = ()


class Port:
    """Everything but `status` is called from the link's thread. It is not opened before `again_at` (monotonic)."""

    def __init__(self, link: str, plug: Plug, ring: int, house: House) -> None:
        self.plug = plug
        self.ring = Ring(link, ring, house)
        self.channel: Channel | None = None
        self.opening = False
        self.again_at = 0.0
        self.state: State = "stopped"
        self._link = link
        self._house = house
        self._clock: Clock = house.clock
        self._session = plug.session()
        self._since = self._clock.now()
        self._error = self._todo = ""
        self._heard: datetime | None = None
        self._understood: datetime | None = None
        self._unclear: datetime | None = None  # since when bytes have come that are no frame yet
        self._noise = 0
        self._rate = Rate()

    # ------------------------------------------------------------------ coming and going

    def connecting(self) -> None:
        """It is being opened; a port that is down stays down until it is open."""
        self.opening = True
        if self.state == "stopped":
            self._enter("connecting")

    def opened(self, channel: Channel) -> None:
        """From here on it is heard; what was heard before belongs to another conversation."""
        self.channel = channel
        self._session = self.plug.session()
        self._heard, self._unclear, self._noise = None, None, 0
        self._enter("up")
        self._say(up=True)

    def failed(self, trouble: NoPort) -> None:
        """It is gone, or could not be opened."""
        self._close()
        self._error, self._todo = str(trouble), trouble.hint
        self._enter("down")

    def broken(self) -> None:
        """Its protocol has a defect: the other ports shall not suffer for it."""
        self.failed(NoPort(f"{self.plug.protocol} failed at what the device sent", "Report it; the log has the cause."))
        self.again_at = monotonic() + _DEFECT_S

    def leave(self) -> None:
        """The link ends."""
        self._close()
        self._enter("stopped")

    def _close(self) -> None:
        channel, self.channel = self.channel, None
        if channel is not None:
            channel.close()
            self._say(up=False)

    def _say(self, *, up: bool) -> None:
        now = self._clock.now()
        self.ring.put([Reading(f"link:{self._link}/{self.plug.name}", "link_up", up, now, now)])

    def _enter(self, state: State) -> None:
        if state != self.state:
            self.state, self._since = state, self._clock.now()

    # ------------------------------------------------------------------ the conversation

    def hear(self, channel: Channel) -> None:
        """Read what has come and hand over what it says. Raises NoPort."""
        data = channel.read()
        if not data:
            return
        now = self._clock.now()
        self._heard = now
        self._unclear = self._unclear or now
        items: list[Item] = []
        frames, size = 0, len(data)
        while True:
            try:
                items += self._session.receive(data, now)
            except BadBytes as trouble:
                frames += 1
                data = b""
                self._noise += len(trouble.data)
                self._bad(trouble, now)
            else:
                break
        if items:
            frames += 1
            self._understood, self._unclear, self._noise = now, None, 0
            self.ring.put(items)
        if frames:
            self._rate.add(int(now.timestamp()), frames)
            self._house.counters.heard(self._link, frames, len(items), size)

    @property
    def keeping(self) -> bool:
        """Whether it must not send yet: an acknowledgement would say that what is not on disk yet was kept."""
        return self._session.due() is not None and not self.ring.safe

    def due(self) -> datetime | None:
        """When `ask` wants to be called."""
        if self.channel is None or self.channel.sending or self.keeping:
            return None
        return self._session.due()

    def ask(self, channel: Channel) -> None:
        """Send what the session wants sent now, if that is among what its protocol declares. Raises NoPort."""
        query = self._session.next(self._clock.now())
        if query is None:
            return
        if not isinstance(query, self.plug.queries):
            raise TypeError(f"{self.plug.protocol} wants to send what it does not declare: {type(query).__name__}")
        channel.send(query.data)

    def _bad(self, trouble: BadBytes, now: datetime) -> None:
        self._house.counters.bad(
            bad_frame(self._link, self.plug.name, trouble.data, str(trouble), at=now, offset=trouble.offset)
        )

    # ------------------------------------------------------------------ how it is

    @property
    def status(self) -> LinkStatus:
        """How it is now."""
        now = self._clock.now()
        return LinkStatus(
            name=self.plug.name,
            kind=self.plug.protocol,
            address=self.plug.address,
            state="paused" if self.state == "up" and len(self.ring) else self.state,
            since=self._since,
            error=self._error,
            last_frame=self._understood,
            frames_per_minute=self._rate.total(int(now.timestamp())),
            hint=self._hint(now),
        )

    def _hint(self, now: datetime) -> str:
        channel = self.channel
        if channel is None:
            return self._todo if self.state == "down" else ""
        quiet = now - (self._heard or self._since)
        if quiet >= (_SILENT if self._heard else _SILENT_AT_FIRST):
            return (
                f"Nothing heard for {_span(quiet)}: is the device on, its cable in, "
                f"and its output set to {self.plug.protocol}?"
            )
        if self._noise >= _NOISE or now - (self._unclear or now) >= _UNCLEAR:
            return f"Only noise: check baud rate (it is {self.plug.line}) and protocol ({self.plug.protocol})."
        return channel.advice


def _span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
