"""`bench`: how fast this machine is at what Wardkeeper does, beside others."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from wardkeeper.bench import Broker

bench = typer.Typer(help="How fast this machine is, beside others in the same run.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.add_typer(bench, name="bench")


Json = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
Quick = Annotated[bool, typer.Option("--quick", help="Only to see that it works: the figures are worth nothing.")]
Points = Annotated[int, typer.Option(help="In the store; 50000000 takes minutes and 1 GB of disk.", min=100_000)]
_POINTS = 5_000_000


@bench.command(epilog="Example: wardkeeper bench ingest --window 20")
def ingest(
    as_json: Json = False,
    broker: Annotated[Broker, typer.Option(help="A real mosquitto, or one that does nothing but send.")] = "mosquitto",
    window: Annotated[int, typer.Option(min=1, max=65_535, help="max_inflight_messages of the broker.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, max=99, help="How often; medians are told.")] = 3,
    messages: Annotated[int, typer.Option(min=0, max=2_000_000, help="A round; 0: what --seconds allow.")] = 0,
    seconds: Annotated[float, typer.Option(help="How long it may take, about.", min=5)] = 42.0,
    only: Annotated[bool, typer.Option("--only", help="Wardkeeper alone.")] = False,
    profile: Annotated[str, typer.Option(help='Profile a thread: spool, store, registry, "link bench".')] = "",
) -> None:
    """MQTT at QoS 1 to the embedded store, beside mosquitto_sub and the usual way to write it."""
    from wardkeeper.bench.ingest import WHO, Bench, Plan

    plan = Plan(broker, window, rounds, messages, seconds, ("product",) if only else WHO, profile)
    with _progress(quiet=as_json) as told:
        found = Bench(plan, told).run()
    _say(found, as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench soak --minutes 20 --rate 20000")
def soak(
    as_json: Json = False,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long.")] = 3.0,
    rate: Annotated[int, typer.Option(min=1000, help="Messages a second, in whole thousands.")] = 20_000,
    database: Annotated[str, typer.Option(help="SQLAlchemy address of an empty database; SQLite if not given.")] = "",
) -> None:
    """A steady rate against the whole product: delays, memory, and how quick its pages still are."""
    from wardkeeper.bench.soak import soak as measure

    with _progress(quiet=as_json) as told:
        found = measure(minutes, rate, database, told)
    _say(found, as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench codec")
def codec(as_json: Json = False, quick: Quick = False) -> None:
    """JSON to line protocol beside json and influxdb-client's Point; frames a second of decoders."""
    from wardkeeper.bench.codec import measure

    _say(measure(quick=quick), as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench spool")
def spool(as_json: Json = False, quick: Quick = False) -> None:
    """Readings a second into the spool, fsynced, and out of it."""
    from wardkeeper.bench.spool import measure

    _say(measure(quick=quick), as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench adverts")
def adverts(as_json: Json = False, quick: Quick = False) -> None:
    """Bluetooth advertisements a second, to readings and sightings."""
    from wardkeeper.bench.adverts import measure

    _say(measure(quick=quick), as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench locating --json")
def locating(as_json: Json = False, quick: Quick = False) -> None:
    """5,000 tags, 500 gateways, 10,000 sightings a second: what the location engine takes of one core."""
    import os

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported
    from wardkeeper.bench.locating import measure

    _say(measure(quick=quick), as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench find --json")
def find(as_json: Json = False, quick: Quick = False) -> None:
    """Find among 50,000 assets: how long an answer of the interface takes."""
    from wardkeeper.bench.find import measure

    _say(measure(quick=quick), as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench tickets --json")
def tickets(as_json: Json = False, quick: Quick = False) -> None:
    """From a crossing on the wire to a durable ticket, one by one and 1,000 at once; needs mosquitto."""
    from wardkeeper.bench.tickets import measure

    with _progress(quiet=as_json) as told:
        found = measure(told, quick=quick)
    _say(found, as_json=as_json)


@bench.command(epilog="Example: wardkeeper bench store --points 50000000")
def store(as_json: Json = False, quick: Quick = False, points: Points = _POINTS) -> None:
    """The embedded store: points a second in, bytes a point, memory."""
    _of_store(as_json=as_json, quick=quick, points=points, asked=False)


@bench.command(epilog="Example: wardkeeper bench query --points 50000000")
def query(as_json: Json = False, quick: Quick = False, points: Points = _POINTS) -> None:
    """The embedded store: how long its answers take."""
    _of_store(as_json=as_json, quick=quick, points=points, asked=True)


def _of_store(*, as_json: bool, quick: bool, points: int, asked: bool) -> None:
    from wardkeeper.bench.store import QUICK_POINTS, measure

    with _progress(quiet=as_json) as told:
        found = measure(QUICK_POINTS if quick else points, lambda what: told(what, None), asked=asked)
    _say(found, as_json=as_json)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, float | None], None]]:
    """A bar on a terminal, nothing elsewhere: `told(what, share)`, a share of None for one that nobody knows."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("Starting", total=None)
        yield lambda what, share: bar.update(
            task, description=what, total=None if share is None else 1.0, completed=share
        )


def _say(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            print(f"{name}\n" + "\n".join(f"  {key:26}{_text(one):>20}" for key, one in value.items()))
        else:
            print(f"{name:28}{_text(value):>20}")


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
