"""`alarms …`: try rules on readings before they go live."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from collector.errors import ConfigError

alarms = typer.Typer(help="Rules and alarms.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(alarms, name="alarms")


@alarms.callback()
def group() -> None:
    """Rules and alarms."""


@alarms.command(epilog="Example: wardkeeper alarms replay --rules rules.yaml readings.jsonl")
def replay(
    readings: Annotated[
        Path, typer.Argument(help="Readings as JSON lines, as `wardkeeper decode` prints them; - for standard input.")
    ],
    rules: Annotated[Path, typer.Option(help="Rules as YAML.", show_default=False)],
) -> None:
    """What these rules would have done: transitions and tickets as JSON lines."""
    from service_desk.replay import replay as run

    try:
        text = rules.read_text(encoding="utf-8")
        lines = sys.stdin if str(readings) == "-" else readings.open(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be read: {error.strerror}") from error
    with lines:
        for happening in run(text, lines):
            print(json.dumps(happening, ensure_ascii=False))
