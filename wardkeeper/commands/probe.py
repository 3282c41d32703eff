"""`probe`: which protocol, speed and parity a serial port has."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.errors import ConfigError

if TYPE_CHECKING:
    from drivers.links.serial_probe import Tried


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Example: wardkeeper probe /dev/ttyUSB0")(probe)


def probe(
    port: Annotated[str, typer.Argument(help="/dev/…, usb:VID:PID:SERIAL, socket://host:port, rfc2217://host:port.")],
    family: Annotated[str, typer.Option(help="What is looked for.")] = "serial",
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="How long to listen at each line.")] = 4.0,
    ask: Annotated[
        list[str] | None,
        typer.Option(help="Ask as this protocol does (serial.pb840); without it nothing is ever sent."),
    ] = None,
) -> None:
    """Listen to a port at one line after another, and say what its device speaks and how its line is set.

    Exit code 0: something is understood; 1: nothing is.
    """
    from collector.clock import SystemClock
    from drivers.dialects import kinds
    from drivers.links.serial_channels import mistake_in
    from drivers.links.serial_probe import probe as tries
    from drivers.links.serial_probe import strangers

    if family != "serial":
        raise ConfigError(f"Only serial ports can be probed, not {family}")
    if wrong := mistake_in(port):
        raise ConfigError(f"{port}: {wrong}")
    for unknown in set(ask or ()) - set(kinds(family)):
        raise ConfigError(f"{unknown} is no serial protocol; there are {', '.join(kinds(family))}")
    heard = 0
    for tried in tries(strangers(port, ask or ()), seconds, SystemClock()):
        heard += tried.size
        if tried.fits:
            _show(port, tried)
            return
        print(f"{tried.line or 'as it is'}: {tried.size:,} bytes, no frame of any protocol", file=sys.stderr)
    print("Only noise came, or a protocol that is not known here." if heard else "Nothing came: is the output on?")
    raise typer.Exit(1)


def _show(port: str, tried: "Tried") -> None:
    from drivers.codecs.line import Line

    line = tried.line
    for fit in tried.fits:
        at = f" at {line}" if line else ""
        print(f"{fit.protocol}{at}: {fit.readings:,} readings, {fit.share:.0%} of the bytes understood")
    bits = f", bits: {line.bits}" if line and line.bits != Line(line.baud).bits else ""
    given = f", baud: {line.baud}{bits}, parity: {line.parity}" if line else ""
    print(f"Settings: {{protocol: {tried.fits[0].protocol}, address: '{port}'{given}}}")
