"""Serial ports: whether they are there and may be opened, and whether what comes is what the protocol says.

Each port is opened and listened to for some seconds. Where only noise comes, the other usual speeds are tried. Ports
that the running Wardkeeper has are left alone: the page Inputs shows them.
"""

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from drivers.links.serial import plug_of
from drivers.links.serial_channels import NoPort
from drivers.links.serial_port import Plug
from drivers.links.serial_probe import BAUDS
from drivers.links.serial_trial import listen
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well

NO_PORT = Trouble(
    "serial.no-port",
    "The port is not there, or nobody answers where it should be.",
    "Plug the adapter in, or correct `address`; `ls -l /dev/serial/by-id` names what is there.",
)
FORBIDDEN = Trouble(
    "serial.forbidden",
    "The user that runs Wardkeeper may not open the port.",
    "Add it to the group that owns the port, as a rule `usermod -aG dialout wardkeeper`, and start Wardkeeper again.",
)
IN_USE = Trouble(
    "serial.in-use",
    "Another program has the port open.",
    "`fuser -v` with the port's path names it; end it. ModemManager and gpsd like to take ports that they do not know.",
)
SILENT = Trouble(
    "serial.silent",
    "The port is open and nothing comes.",
    "Is the device on, its cable in, and its output switched on and set to this protocol? Two that both send on pin 3 "
    "need a null-modem cable.",
)
BAUD = Trouble(
    "serial.baud",
    "At the configured speed only noise comes, at another one whole frames.",
    "Set `baud: {baud}` for this port, or the device to the speed of the settings.",
)
NOISE = Trouble(
    "serial.noise",
    "Something comes, and at no usual speed it is what the protocol says.",
    "Check `protocol`, `bits` and `parity` against the device's manual and its menu; a cable near a pump or a monitor "
    "wants a shield.",
)

_LISTEN_S, _TRY_S = 4.0, 2.5
_AT_ONCE = 64
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_IN_USE = (errno.EBUSY, errno.EAGAIN)


def look(case: Case) -> Iterator[Finding]:
    """Every port of every link of this kind, many at a time."""
    ports = [
        (f"{link}/{name}", plug_of(link, name, given))
        for link, config in case.links("serial")
        for name, given in config.ports.items()
    ]
    if case.running:
        for where, _ in ports:
            yield unseen(where, "The Wardkeeper that runs has it; the page Inputs shows it. Stop it to listen here")
        return
    if ports:
        case.say(f"{len(ports)} serial ports")
        with ThreadPoolExecutor(_AT_ONCE) as many:
            yield from many.map(lambda port: examine(case, *port), ports)


def examine(case: Case, where: str, plug: Plug) -> Finding:
    """One port."""
    try:
        heard = listen(plug, plug.line, case.clock, _LISTEN_S)
        if heard.understood:
            return well(where, f"{plug.address} gives whole frames of {plug.protocol} at {plug.line}")
        if not heard.size:
            return SILENT.at(where, f"Nothing came from {plug.address} within {_LISTEN_S:.0f} s")
        baud = _other_speed(case, plug)
    except NoPort as trouble:
        return _kind(trouble).at(where, str(trouble), trouble.hint)
    noise = f"{heard.size:,} bytes of noise came from {plug.address} at {plug.line}"
    if baud is None:
        return NOISE.at(where, f"{noise}, and no frame of {plug.protocol} at any other speed")
    return BAUD.at(where, f"{noise}, and whole frames of {plug.protocol} at {baud}", baud=baud)


def _other_speed(case: Case, plug: Plug) -> int | None:
    """The speed at which frames come; a raw port of a terminal server has its own and is not tried."""
    if plug.address.startswith("socket:"):
        return None
    for baud in BAUDS:
        if baud != plug.line.baud:
            case.say(f"{plug.address} at {baud}")
            line = msgspec.structs.replace(plug.line, baud=baud)
            if listen(plug, line, case.clock, _TRY_S).understood:
                return baud
    return None


def _kind(trouble: NoPort) -> Trouble:
    code = getattr(trouble.__cause__, "errno", None)
    return FORBIDDEN if code in _FORBIDDEN else IN_USE if code in _IN_USE else NO_PORT
