"""What speaks on a serial port, and how its line is set: every protocol listens at every line until one understands.

Nothing is sent but the declared queries of protocols that the caller names. Where frames of one protocol look like
those of another, the one counts that understands the most of what came.
"""

import errno
import selectors
import termios
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from types import ModuleType

import msgspec
from serial.tools.list_ports import comports

from collector.clock import Clock, monotonic
from collector.parts import part
from collector.ports import Session
from collector.reading import Reading
from drivers.codecs.framer import BadBytes
from drivers.codecs.line import Line
from drivers.dialects import kinds
from drivers.links.serial_channels import Channel, NoPort, Ports, open_channel

BAUDS = (9600, 19_200, 115_200, 38_400, 57_600, 4800, 2400, 1200)
"""Speeds in the order in which they are tried."""

_TURN_S = 0.1
_LEAST = 0.9  # of the bytes since the first frame


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


def probe(
    address: str, seconds: float, clock: Clock, ask: Collection[str] = (), ports: Ports = comports
) -> Iterator[Tried]:
    """Every line in turn, `seconds` each, until a protocol fits; one that the port cannot be set to is left out.

    With `ask` (as "serial.pb840") only these protocols listen, and what they want to ask is sent. Raises NoPort.
    """
    modules = {kind: part(kind, ("drivers",)).module for kind in ask or kinds("serial")}
    raw = address.startswith("socket:")
    for line in [Line(BAUDS[0])] if raw else _lines(modules.values()):
        ears = [_Ear(kind, module, asking=bool(ask)) for kind, module in modules.items()]
        try:
            size = _listen(open_channel(address, line, ports), ears, clock, seconds)
        except NoPort as trouble:
            if not _cannot_be_set(trouble):
                raise
            continue
        fits = sorted(filter(None, (ear.fit for ear in ears)), key=lambda fit: (-fit.share, -fit.readings))
        yield Tried(None if raw else line, size, tuple(fits))
        if fits:
            return


def _lines(modules: Iterable[ModuleType]) -> Iterable[Line]:
    """Those of the documents, the most usual first, then every speed without and with parity; each once."""
    usual = Counter(module.LINE for module in modules).most_common()
    others = (Line(baud, parity=parity) for baud in BAUDS for parity in ("N", "E", "O"))
    return dict.fromkeys([*(line for line, _ in usual), *others])


def _cannot_be_set(trouble: NoPort) -> bool:
    """The port is there and has no such line: other lines may do."""
    cause = trouble.__cause__
    return isinstance(cause, ValueError) or (isinstance(cause, termios.error) and cause.args[0] == errno.EINVAL)


class _Ear:
    """One protocol on the port."""

    def __init__(self, kind: str, module: ModuleType, *, asking: bool) -> None:
        self._kind = kind
        self._session: Session = module.session(module.Config(), "serial:probe")
        self._queries = getattr(module, "QUERIES", ()) if asking else ()
        self._heard = self._noise = self._readings = 0

    @property
    def fit(self) -> Fit | None:
        """How well it fits; None when it does not."""
        share = 1 - self._noise / self._heard if self._heard else 0
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


def _listen(channel: Channel, ears: Iterable[_Ear], clock: Clock, seconds: float) -> int:
    size, until = 0, monotonic() + seconds
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(channel.fd, selectors.EVENT_READ)
            while monotonic() < until:
                for ear in ears:
                    ear.ask(channel, clock)
                data = channel.read() if selector.select(_TURN_S) else b""
                size += len(data)
                for ear in ears if data else ():
                    ear.hear(data, clock)
    finally:
        channel.close()
    return size
