"""`demo`, `serve`, `collect`: what keeps running."""

import logging
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from wardkeeper.commands.opened import ConfigFile, database_in, load
from wardkeeper.cycles import look_rarely

_MARK = "=" * 78


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(epilog="Example: wardkeeper demo --port 8080 --speed 10")(demo)
    app.command(epilog="Example: wardkeeper serve --config wardkeeper.yaml")(serve)
    app.command(epilog="Example: wardkeeper collect --config edge.yaml")(collect)


def _log() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def demo_data(seed: int) -> Path:
    """Where the demo keeps its data."""
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "wardkeeper" / f"demo-{seed}"


def demo(
    port: Annotated[int, typer.Option(help="Port of the screens; 0 takes any free one.", min=0, max=65535)] = 8080,
    seed: Annotated[int, typer.Option(help="Another number, another hospital.", min=0)] = 1,
    speed: Annotated[float, typer.Option(help="How much faster than real time it runs.", min=0.1, max=60)] = 1.0,
    data: Annotated[Path | None, typer.Option(help="Where its data is kept between starts.")] = None,
) -> None:
    """The whole product with a simulated hospital: nothing else to install, nothing leaves this machine."""
    from collector.clock import SystemClock
    from wardkeeper.demo.run import DemoRun
    from wardkeeper.web import address, listen, serve

    _log()
    listener = listen("127.0.0.1", port)
    print("Waking the demo hospital …", flush=True)
    running = DemoRun(data or demo_data(seed), SystemClock(speed), seed)
    look_rarely()
    try:
        link = f"{address(running.settings.web, listener.getsockname()[1])}/enter/{running.enter()}"
        serve(running.app(), listener, lambda: print(running.welcome(link), flush=True))
    finally:
        running.stop()


def serve(
    config: ConfigFile,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Upgrade the database without a backup.")] = False,
) -> None:
    """Collector, alarms, desk and screens, until it is stopped."""
    from collector.clock import SystemClock
    from wardkeeper.web import address, listen
    from wardkeeper.web import serve as run
    from wardkeeper.wiring import Wardkeeper

    _log()
    settings = load(config)
    listener = listen(settings.web.host, settings.web.port)
    clock = SystemClock()
    running = Wardkeeper(settings, clock, database_in(settings, clock, backup=not no_backup))
    look_rarely()
    first = "" if running.has_admin() else secrets.token_urlsafe(24)
    here = address(settings.web, listener.getsockname()[1])

    def ready() -> None:
        print(f"Wardkeeper is at {here}", flush=True)
        if first:
            print(
                f"{_MARK}\nNobody can sign in yet. Make the first administrator, once:\n{here}/first/{first}\n{_MARK}",
                flush=True,
            )

    try:
        running.start()
        run(running.app(first_link=first), listener, ready)
    finally:
        running.stop()
        print("Stopped; everything that was acknowledged is on disk.", file=sys.stderr)


def collect(config: ConfigFile) -> None:
    """The collector alone, an edge box or one of several: no database, no screens, until it is stopped."""
    from collector.clock import SystemClock
    from wardkeeper.collect import Edge
    from wardkeeper.web import address, listen
    from wardkeeper.web import serve as run

    _log()
    settings = load(config)
    listener = listen(settings.web.host, settings.web.port)
    running = Edge(settings, SystemClock())
    look_rarely()
    here = address(settings.web, listener.getsockname()[1])
    try:
        running.start()
        run(running.app(), listener, lambda: print(f"Wardkeeper collects; how it is: {here}/readyz", flush=True))
    finally:
        running.stop()
        print("Stopped; everything that was acknowledged is on disk.", file=sys.stderr)
