"""Serial ports: whether they are there and may be opened, and whether what comes is what the protocol says.

Each port is opened and listened to for some seconds. Where only noise comes, other speeds and parities are tried, as
`wardkeeper probe` does. Ports that the running Wardkeeper has are left alone: the page Inputs shows them.
"""

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from serial.tools.list_ports import comports

from drivers.links.serial import plug_of
from drivers.links.serial_channels import NoPort, open_channel
from drivers.links.serial_port import Plug
from drivers.links.serial_probe import probe
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
    "need a null-modem cable. Who is asked hears no question at another speed or parity: try `wardkeeper probe --ask`.",
)
LINE = Trouble(
    "serial.line",
    "As the line is set only noise comes, at another speed or parity whole frames.",
    "Set `baud: {baud}`, `bits: {bits}` and `parity: {parity}` for this port, or the device to what the settings say.",
)
NOISE = Trouble(
    "serial.noise",
    "Something comes, and at no usual speed and parity it is what the protocol says.",
    "Check `protocol` against the device's manual and its menu; a cable near a pump or a monitor wants a shield.",
)

_LISTEN_S = 3.0
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
        open_channel(plug.address, plug.line, comports).close()
        return _heard(case, where, plug)
    except NoPort as trouble:
        return _kind(trouble).at(where, str(trouble), trouble.hint)


def _heard(case: Case, where: str, plug: Plug) -> Finding:
    noise = ""
    for tried in probe([plug], _LISTEN_S, case.clock):
        line = tried.line or plug.line
        if tried.fits and line == plug.line:
            return well(where, f"{plug.address} gives whole frames of {plug.protocol} at {line}")
        if tried.fits:
            found = f"{noise}, and whole frames of {plug.protocol} at {line}"
            return LINE.at(where, found, baud=line.baud, bits=line.bits, parity=line.parity)
        if not noise and not tried.size:
            return SILENT.at(where, f"Nothing came from {plug.address} within {_LISTEN_S:.0f} s")
        set_to = plug.line if tried.line else "the line that its terminal server has set"
        noise = noise or f"{tried.size:,} bytes of noise came from {plug.address} at {set_to}"
        case.say(f"{plug.address} at {line}: no frame of {plug.protocol}")
    return NOISE.at(where, f"{noise}, and no frame of {plug.protocol} at any line that could be tried")


def _kind(trouble: NoPort) -> Trouble:
    code = getattr(trouble.__cause__, "errno", None)
    return FORBIDDEN if code in _FORBIDDEN else IN_USE if code in _IN_USE else NO_PORT
