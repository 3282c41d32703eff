"""`check`, `kinds`, `decode`: look before anything runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from collector.errors import ConfigError

ConfigFile = Annotated[Path, typer.Option("--config", help="The settings file.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: wardkeeper check --config wardkeeper.yaml")(check)
    app.command(epilog="Example: wardkeeper kinds | grep mqtt")(kinds)
    app.command(
        epilog='Example: echo \'{"topic":"zigbee2mqtt/a","payload":{"temperature":21}}\' | wardkeeper decode mqtt'
    )(decode)


def check(config: ConfigFile) -> None:
    """Validate a settings file; print every mistake as path:line: field: why."""
    from wardkeeper import catalog, settings

    loaded = settings.load(config, catalog.config_of, catalog.kinds())
    links = ", ".join(loaded.links) or "none: nothing will be heard"
    print(f"{config}: good. Site {loaded.site}; links: {links}; store: {loaded.store['kind']}; data in {loaded.data}.")


def kinds() -> None:
    """List every part: its name, what it is, proven (with captured or published frames) or unproven."""
    from wardkeeper import catalog

    for part in catalog.parts():
        print(f"{part.name:24}{part.title}  {'proven' if part.proven else 'unproven'}")


def decode(
    kind: Annotated[
        str, typer.Argument(help="A part (mqtt.tasmota) or a family (mqtt, ble, gatt), as in `wardkeeper kinds`.")
    ],
    file: Annotated[Path | None, typer.Argument(help="Frames, one a line; standard input when not given.")] = None,
    device: Annotated[str, typer.Option(help="Device id, for frames that carry none.")] = "",
) -> None:
    """Frames in, one JSON reading a line out; a bad frame is a line on stderr and never a stop."""
    from drivers.decode import decode as run

    if file is None:
        bad = run(kind, sys.stdin.buffer, sys.stdout, sys.stderr, device=device)
    else:
        try:
            with file.open("rb") as frames:
                bad = run(kind, frames, sys.stdout, sys.stderr, device=device)
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read: {error}") from error
    raise typer.Exit(1 if bad else 0)
