"""`bench`: how fast this machine is with it, and beside others."""

import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from wardkeeper.bench import Which

bench = typer.Typer(help="Measures on this machine, the reference in the same run.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.add_typer(bench, name="bench")


Json = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@bench.command(epilog="Example: wardkeeper bench ingest --window 20")
def ingest(
    messages: Annotated[
        int | None, typer.Option(min=100, max=2_000_000, help="How many; what takes a few seconds when not given.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=99, help="How often; medians are told.")] = 3,
    window: Annotated[int, typer.Option(min=1, max=65_535, help="max_inflight_messages of the broker.")] = 1000,
    broker: Annotated[Which, typer.Option(help="A real mosquitto, or one that does nothing but send.")] = "mosquitto",
    as_json: Json = False,
) -> None:
    """MQTT at QoS 1 to the embedded store, beside mosquitto_sub and a naive collector."""
    from wardkeeper.bench import ingest as measure

    found = measure.ingest(messages, rounds, window, broker, _said(quiet=as_json))
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:>24}  {value}")


def _said(*, quiet: bool) -> Callable[[str], None]:
    def say(what: str) -> None:
        if not quiet and sys.stderr.isatty():
            print(f"\r\033[K{what} …", end="", file=sys.stderr, flush=True)

    return say
