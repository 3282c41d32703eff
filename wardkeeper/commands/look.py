"""`check`, `kinds`, `decode`: look before anything runs."""

import os
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from collector.errors import ConfigError
from wardkeeper.commands.opened import text_of

_GULP = 65_536


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: wardkeeper check --config wardkeeper.yaml --rules rules.yaml")(check)
    app.command(epilog="Example: wardkeeper kinds --devices oximeter")(kinds)
    app.command(
        epilog='Example: echo \'{"topic":"zigbee2mqtt/a","payload":{"temperature":21}}\' | wardkeeper decode mqtt'
    )(decode)


def check(
    config: Annotated[Path | None, typer.Option(help="The settings file.", show_default=False)] = None,
    rules: Annotated[Path | None, typer.Option(help="A file of rules.", show_default=False)] = None,
) -> None:
    """Validate a settings file, a file of rules, or both; print every mistake as path:line: field: why."""
    if config is None and rules is None:
        raise ConfigError("Name what to check: --config FILE, --rules FILE, or both")
    mistakes: list[str] = []
    for path, checked in ((config, _settings), (rules, _rules)):
        try:
            if path is not None:
                print(f"{path}: good. {checked(path)}")
        except ConfigError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ConfigError("\n".join(mistakes))


def _settings(path: Path) -> str:
    from wardkeeper import catalog, settings

    loaded = settings.load(path, catalog.config_of, catalog.kinds())
    links = ", ".join(loaded.links) or "none: nothing will be heard"
    return f"Site {loaded.site}; links: {links}; store: {loaded.store['kind']}; data in {loaded.data}."


def _rules(path: Path) -> str:
    from service_desk.rules_yaml import read

    names = [draft.name for draft in read(text_of(path), str(path))]
    return f"Rules: {', '.join(names) or 'none: nothing will be judged'}."


def kinds(
    devices: Annotated[bool, typer.Option("--devices", help="The devices that are understood, by maker.")] = False,
    word: Annotated[str, typer.Argument(help="Only what has this word in it.")] = "",
) -> None:
    """List every part: its name, what it is, proven (with captured or published frames) or unproven."""
    from wardkeeper import catalog

    if devices:
        from wardkeeper.devices import listed

        for line in listed(word):
            print(line)
        return
    for part in catalog.parts():
        line = f"{part.name:24}{part.title}  {'proven' if part.proven else 'unproven'}"
        if word.casefold() in line.casefold():
            print(line)


def decode(
    kind: Annotated[
        str, typer.Argument(help="A part (mqtt.tasmota) or a family (mqtt, ble, gatt), as in `wardkeeper kinds`.")
    ],
    file: Annotated[Path | None, typer.Argument(help="A capture; standard input when not given.")] = None,
    form: Annotated[str, typer.Option("--as", help="What a serial capture is: raw, hex, ansi or telnet.")] = "raw",
    device: Annotated[str, typer.Option(help="Device id, for frames that carry none.")] = "",
) -> None:
    """Frames in, one JSON reading a line out; a bad frame is a line on stderr and never a stop.

    Serial protocols (serial.…) take the bytes as a port gives them, all others one JSON object a line.
    """
    try:
        with nullcontext(sys.stdin.buffer) if file is None else file.open("rb") as capture:
            bad = _decoded(kind, capture, form, device)
    except OSError as error:
        raise ConfigError(f"{file or 'standard input'}: cannot be read: {error}") from error
    raise typer.Exit(1 if bad else 0)


def _decoded(kind: str, capture: BinaryIO, form: str, device: str) -> int:
    from drivers.decode import decode as run
    from drivers.streams import decode_stream

    if kind.partition(".")[0] == "serial":
        chunks = iter(partial(os.read, capture.fileno(), _GULP), b"")
        return decode_stream(kind, chunks, sys.stdout, sys.stderr, form, device)
    if form != "raw":
        raise ConfigError(f"--as {form} is for serial protocols; {kind} takes one JSON object a line")
    return run(kind, capture, sys.stdout, sys.stderr, device=device)
