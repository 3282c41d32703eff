"""What speaks on a serial port, and how its line is set: every protocol listens at every line until one understands.

Nothing is sent but the declared queries of protocols that the caller names. Where frames of one protocol look like
those of another, the one counts that understands the most of what came. Seven bits and their parity are as long as
eight without one: who listens at 8N1 hears them too, and need not set the port.
"""

import errno
import selectors
import termios
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import partial

import msgspec
from serial.tools.list_ports import comports

from collector.clock import Clock, monotonic
from collector.parts import part
from collector.ports import Session
from collector.reading import Reading
from drivers.codecs.framer import BadBytes
from drivers.codecs.line import Line, Parity
from drivers.dialects import kinds
from drivers.links.serial_channels import Channel, NoPort, Ports, open_channel
from drivers.links.serial_port import Plug

BAUDS = (9600, 19_200, 115_200, 38_400, 57_600, 4800, 2400, 1200)
"""Speeds in the order in which they are tried."""

_EIGHT: tuple[Parity, ...] = ("N", "E", "O")
_SEVEN: tuple[Parity, ...] = ("E", "O")
_TURN_S = 0.1
_LEAST = 0.9  # of the bytes since the first frame
_SURE = 32  # bytes of which not one has the wrong parity: of noise one in four billion
_LOW = bytes(byte & 0x7F for byte in range(256))


class Fit(msgspec.Struct, frozen=True):
    """A protocol understands `share` (0 to 1) of the bytes since its first frame, which hold so many readings."""

    protocol: str
    share: float
    readings: int


class Tried(msgspec.Struct, frozen=True):
    """What came at one line, None: as a terminal server has set it; who fits, the best first."""

    line: Line | None
    size: int
    fits: tuple[Fit, ...]


def strangers(address: str, ask: Collection[str] = ()) -> list[Plug]:
    """Every protocol on this port, sending nothing; with `ask` (as "serial.pb840") these, which ask."""
    modules = ((kind, part(kind, ("drivers",)).module) for kind in ask or kinds("serial"))
    return [
        Plug(
            "probe",
            address,
            module.LINE,
            kind,
            partial(module.session, module.Config(), "serial:probe"),
            getattr(module, "QUERIES", ()) if ask else (),
        )
        for kind, module in modules
    ]


def probe(plugs: Collection[Plug], seconds: float, clock: Clock, ports: Ports = comports) -> Iterator[Tried]:
    """Every line in turn on the one port of all `plugs`, their own first, `seconds` each, until one of them fits.

    A line that the port cannot be set to is left out. Raises NoPort.
    """
    [address] = {plug.address for plug in plugs}
    raw = address.startswith("socket:")
    for line in [Line(BAUDS[0])] if raw else _lines(plugs):
        ears = [_Ear(plug) for plug in plugs]
        try:
            heard = _listen(open_channel(address, line, ports), ears, clock, seconds)
        except NoPort as trouble:
            if not _cannot_be_set(trouble):
                raise
            continue
        tried = Tried(None if raw else line, sum(map(len, heard)), _fits(ears))
        if not tried.fits and not raw:
            tried = _in_seven(tried, line, plugs, heard, clock) or tried
        yield tried
        if tried.fits:
            return


def _lines(plugs: Collection[Plug]) -> Iterable[Line]:
    """Those of the plugs, the most usual first, other parities at their speeds, then every other speed; each once."""
    usual = Counter(plug.line for plug in plugs).most_common()
    seven = _SEVEN if any(plug.queries for plug in plugs) else ()  # what is asked must understand the question
    others = [
        *(Line(baud, parity=parity) for baud in BAUDS for parity in _EIGHT),
        *(Line(baud, bits=7, parity=parity) for baud in BAUDS for parity in seven),
    ]
    speeds = {line.baud for line, _ in usual}
    return dict.fromkeys([*(line for line, _ in usual), *sorted(others, key=lambda line: line.baud not in speeds)])


def _in_seven(tried: Tried, line: Line, plugs: Iterable[Plug], heard: list[bytes], clock: Clock) -> Tried | None:
    """What came at 8N1, as seven bits with the parity that all of it has; None when nobody understands that either."""
    odd = {byte.bit_count() % 2 for byte in b"".join(heard)}
    if tried.size < _SURE or len(odd) != 1 or line != Line(line.baud):
        return None
    ears = [_Ear(plug) for plug in plugs]
    for data in heard:
        for ear in ears:
            ear.hear(data.translate(_LOW), clock)
    fits = _fits(ears)
    return Tried(Line(line.baud, bits=7, parity="O" if odd == {1} else "E"), tried.size, fits) if fits else None


def _cannot_be_set(trouble: NoPort) -> bool:
    """The port is there and has no such line: other lines may do."""
    cause = trouble.__cause__
    return isinstance(cause, ValueError) or (isinstance(cause, termios.error) and cause.args[0] == errno.EINVAL)


class _Ear:
    """One protocol on the port."""

    def __init__(self, plug: Plug) -> None:
        self._kind = plug.protocol
        self._session: Session = plug.session()
        self._queries = plug.queries
        self._heard = self._noise = self._readings = 0

    @property
    def fit(self) -> Fit | None:
        """How well it fits; None when it does not."""
        one_answer = bool(self._readings and self._queries)
        share = 1 - self._noise / self._heard if self._heard else float(one_answer)
        return Fit(self._kind, share, self._readings) if share >= _LEAST else None

    def hear(self, data: bytes, clock: Clock) -> None:
        """What came before the first frame, and half a frame with it, is nobody's fault."""
        size, noise = len(data), 0
        while True:
            try:
                said = self._session.receive(data, clock.now())
            except BadBytes as trouble:
                noise += len(trouble.data)
                data = b""
            else:
                break
        if self._readings:
            self._heard += size
            self._noise += noise
        self._readings += sum(isinstance(one, Reading) for one in said)

    def ask(self, channel: Channel, clock: Clock) -> None:
        """Send what it wants to ask, of what it declares."""
        due = self._session.due() if self._queries else None
        if due is not None and due <= clock.now():
            query = self._session.next(clock.now())
            if isinstance(query, self._queries):
                channel.send(query.data)


def _fits(ears: Iterable[_Ear]) -> tuple[Fit, ...]:
    fits = (fit for ear in ears if (fit := ear.fit))
    return tuple(sorted(fits, key=lambda fit: (-fit.share, -fit.readings)))


def _listen(channel: Channel, ears: Iterable[_Ear], clock: Clock, seconds: float) -> list[bytes]:
    """What came, as it came."""
    heard: list[bytes] = []
    until = monotonic() + seconds
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(channel.fd, selectors.EVENT_READ)
            while monotonic() < until:
                for ear in ears:
                    ear.ask(channel, clock)
                data = channel.read() if selector.select(_TURN_S) else b""
                for ear in ears if data else ():
                    ear.hear(data, clock)
                heard.append(data)
    finally:
        channel.close()
    return heard
