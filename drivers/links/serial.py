"""Serial ports: of this machine, by path or USB identity, and of terminal servers, raw or with RFC 2217.

One thread waits for all ports of a link and reads each as soon as something has come, so the kernel's buffers never
fill up; what the intake has no room for waits in a bounded ring for each port. A port that is unplugged is looked for
once a second. Nothing is ever sent but the queries that a protocol declares, and only when what was said is on disk.
"""

import queue
import random
import selectors
import threading
from functools import partial
from types import ModuleType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from serial.tools.list_ports import comports

from collector.clock import monotonic
from collector.errors import ConfigError
from collector.parts import part
from collector.reading import Reading
from drivers.codecs.line import Line, Parity
from drivers.dialects import kinds
from drivers.links.link import House, LinkStatus, State
from drivers.links.ring import Ring
from drivers.links.serial_channels import Channel, NoPort, Ports, mistake_in, open_channel
from drivers.links.serial_port import Plug, Port

_TURN_S = 0.25
_GATHER_S = 0.02
_RETRY_S = 0.1
_AGAIN_S = 1.0
_WORTH: Final[tuple[State, ...]] = ("up", "down", "connecting")


class PortConfig(BaseModel):
    """One port. Its line is as the protocol's document has it, unless given."""

    model_config = ConfigDict(extra="forbid", strict=True)

    protocol: str = Field(..., description="What the device speaks: serial.… as in `wardkeeper kinds`.")
    address: str = Field(
        ...,
        description="Where it is: /dev/serial/by-id/…, usb:VID:PID:SERIAL (found wherever it is plugged in), /dev/tty…,"
        " socket://host:port (raw TCP) or rfc2217://host:port.",
    )
    baud: int | None = Field(None, ge=50, le=1_000_000, description="Bits a second; the protocol's own when not given.")
    bits: Literal[5, 6, 7, 8] | None = Field(None, description="Data bits; the protocol's own when not given.")
    parity: Parity | None = Field(None, description="N, E, O, M or S; the protocol's own when not given.")
    stop: Literal[1, 2] | None = Field(None, description="Stop bits; the protocol's own when not given.")
    settings: dict[str, Any] = Field({}, validate_default=True, description="Settings of the protocol.")

    @field_validator("protocol")
    @classmethod
    def _is_serial(cls, value: str) -> str:
        known = kinds("serial")
        if value not in known:
            raise ValueError(f"is no serial protocol; there are {', '.join(known)}")
        return value

    @field_validator("address")
    @classmethod
    def _can_be_found(cls, value: str) -> str:
        if wrong := mistake_in(value):
            raise ValueError(wrong)
        return value

    @field_validator("settings")
    @classmethod
    def _of_the_protocol(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if protocol := info.data.get("protocol"):
            _module(protocol).Config.model_validate(value)
        return value


class Config(BaseModel):
    """Ports by name. The device on a port is `serial:<link>/<port>`: a port that is renamed is another device."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ports: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")], PortConfig] = Field(
        ..., min_length=1, description="Ports by name; the device's id is `serial:<link>/<port>`."
    )
    ring: int = Field(
        10_000,
        ge=100,
        description="Readings a port keeps while the disk is slow; then the oldest are lost, and counted.",
    )

    @field_validator("ports")
    @classmethod
    def _one_port_one_device(cls, value: dict[str, PortConfig]) -> dict[str, PortConfig]:
        first: dict[str, str] = {}
        for name, port in value.items():
            other = first.setdefault(port.address.casefold(), name)
            if other != name:
                why = PydanticCustomError("twice", "is the address of {other} already", {"other": other})
                found = InitErrorDetails(type=why, loc=(name, "address"), input=port.address)
                raise ValidationError.from_exception_data("ports", [found])
        return value

    def exclusive(self, link: str) -> dict[tuple[str, ...], str]:  # noqa: ARG002 - as every link has it
        """A port is read by one link."""
        return {("ports", name, "address"): port.address.casefold() for name, port in self.ports.items()}


def open_link(name: str, config: Config, house: House) -> "SerialLink":
    """The link. Raises ConfigError."""
    ports = [Port(name, plug_of(name, port, given), config.ring, house) for port, given in config.ports.items()]
    return SerialLink(name, ports, Ring(name, config.ring, house), house)


def _module(protocol: str) -> ModuleType:
    return part(protocol, ("drivers",)).module


def plug_of(link: str, name: str, given: PortConfig) -> Plug:
    """A port as it is configured. Raises ConfigError."""
    module = _module(given.protocol)
    line = _line(getattr(module, "LINE", None), given)
    settings = module.Config.model_validate(given.settings)
    session = partial(module.session, settings, f"serial:{link}/{name}")
    return Plug(name, given.address, line, given.protocol, session, getattr(module, "QUERIES", ()))


def _line(usual: Line | None, given: PortConfig) -> Line:
    baud = given.baud or (usual and usual.baud)
    if not baud:
        raise ConfigError(f"{given.address}: {given.protocol} has no usual speed; set baud")
    usual = usual or Line(baud)
    return Line(baud, given.bits or usual.bits, given.parity or usual.parity, given.stop or usual.stop)


class SerialLink:
    """All ports in the thread that calls `run`; each is opened in a short thread of its own, for that can take long."""

    kind = "serial"

    def __init__(self, name: str, ports: list[Port], ring: Ring, house: House, listed: Ports = comports) -> None:
        """`listed` gives the ports of this machine."""
        self.name = name
        self._ports = ports
        self._ring = ring
        self._house = house
        self._listed = listed
        self._selector = selectors.DefaultSelector()
        self._opened: queue.SimpleQueue[tuple[Port, Channel | NoPort]] = queue.SimpleQueue()
        self._random = random.SystemRandom()
        self._in_hand: Port | None = None
        self._state: State = "stopped"
        self._since = house.clock.now()

    @property
    def status(self) -> LinkStatus:
        """How the link is now: up as long as one of its ports is."""
        figures = next((one for one in self._house.counters.inputs() if one.link == self.name), None)
        parts = tuple(port.status for port in self._ports)
        first = next((one for one in parts if one.state == "down"), parts[0])
        advised = next((one for one in (first, *parts) if one.hint), None)
        paused = self._state == "up" and any(one.state == "paused" for one in parts)
        return LinkStatus(
            name=self.name,
            kind=self.kind,
            address=parts[0].address if len(parts) == 1 else f"{len(parts)} ports",
            state="paused" if paused else self._state,
            since=self._since,
            error=f"{first.name}: {first.error}" if first.error else "",
            last_frame=figures.last_frame if figures else None,
            frames_per_minute=figures.frames_per_minute if figures else 0,
            hint=f"{advised.name}: {advised.hint}" if advised else "",
            parts=parts,
        )

    def run(self, stop: threading.Event) -> None:
        """Listen to all ports until `stop`. Raises only for a defect of a protocol; then run it again."""
        if self._in_hand is not None:  # the defect's own port rests; the others are still open
            self._forget(self._in_hand)
            self._in_hand.broken()
            self._in_hand = None
        while not stop.is_set():
            self._turn(stop)
        self._leave()

    # ------------------------------------------------------------------ one turn

    def _turn(self, stop: threading.Event) -> None:
        self._take_opened()
        self._open_missing()
        self._enter()
        ready = self._selector.select(self._patience())
        for key, events in ready:
            self._serve(key.data, events)
        now = self._house.clock.now()
        for port in self._ports:
            due = port.due()
            if due is not None and due <= now:
                self._serve(port, 0)
        for ring in (self._ring, *(port.ring for port in self._ports)):
            ring.flush()
        if ready:
            stop.wait(_GATHER_S)  # real time: one turn for what many ports send costs a fraction of many turns

    def _serve(self, port: Port, events: int) -> None:
        """What there is to do with one port: what its selector says, or else the session's own wish."""
        channel = port.channel
        if channel is None:
            return
        self._in_hand = port
        try:
            if events & selectors.EVENT_WRITE:
                channel.flush()
            if events & selectors.EVENT_READ:
                port.hear(channel)
            if not events:
                port.ask(channel)
        except NoPort as trouble:
            self._forget(port)
            port.failed(trouble)
            self._later(port)
        else:
            self._watch(port, channel)
        self._in_hand = None

    def _patience(self) -> float:
        if len(self._ring) or any(len(port.ring) for port in self._ports):
            return _RETRY_S
        if any(port.keeping for port in self._ports):
            return _GATHER_S
        dues = [due for port in self._ports if (due := port.due()) is not None]
        if not dues:
            return _TURN_S
        return min(_TURN_S, max(0.0, (min(dues) - self._house.clock.now()).total_seconds()))

    def _watch(self, port: Port, channel: Channel) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.sending else 0)
        if self._selector.get_key(channel.fd).events != events:
            self._selector.modify(channel.fd, events, port)

    def _forget(self, port: Port) -> None:
        """No more of this port: before it is closed, for its number may be another's at once."""
        if port.channel is not None:
            self._selector.unregister(port.channel.fd)

    # ------------------------------------------------------------------ opening

    def _open_missing(self) -> None:
        for port in self._ports:
            if port.channel is None and not port.opening and monotonic() >= port.again_at:
                port.connecting()
                threading.Thread(target=self._open, args=(port,), name=f"open {port.plug.address}", daemon=True).start()

    def _open(self, port: Port) -> None:
        found: Channel | NoPort = NoPort(f"Opening {port.plug.address} failed", "Report it; the log has the cause.")
        try:
            found = open_channel(port.plug.address, port.plug.line, self._listed)
        except NoPort as trouble:
            found = trouble
        finally:
            self._opened.put((port, found))

    def _take_opened(self) -> None:
        while not self._opened.empty():
            port, found = self._opened.get()
            port.opening = False
            if isinstance(found, Channel):
                self._selector.register(found.fd, selectors.EVENT_READ, port)
                port.opened(found)
            else:
                port.failed(found)
                self._later(port)

    def _later(self, port: Port) -> None:
        port.again_at = monotonic() + _AGAIN_S * self._random.uniform(0.75, 1.25)

    # ------------------------------------------------------------------ how it is

    def _enter(self) -> None:
        states = {port.state for port in self._ports}
        state: State = next((each for each in _WORTH if each in states), "stopped")
        if state != self._state:
            if "up" in {state, self._state}:
                now = self._house.clock.now()
                self._ring.put([Reading(f"link:{self.name}", "link_up", state == "up", now, now)])
            self._state, self._since = state, self._house.clock.now()

    def _leave(self) -> None:
        self._take_opened()
        for port in self._ports:
            self._forget(port)
            port.leave()
        self._enter()
