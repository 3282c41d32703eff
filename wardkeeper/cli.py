"""The command `wardkeeper`. Exit codes: 0 ok, 1 failed, 2 bad usage or configuration."""

import gc
import os
import sys

import typer

from wardkeeper import guard


def application() -> typer.Typer:
    """Every command."""
    from wardkeeper.commands import alarms, bench, doctor, locate, look, notices, people, probe, registry, run, spool

    app = typer.Typer(
        name="wardkeeper",
        help="Knows where the equipment is, how the rooms are, and opens the right ticket by itself.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for group in (run, look, probe, doctor, registry, people, notices, locate, alarms, spool, bench):
        group.add_to(app)
    return app


def main() -> None:
    """Run one command and end at once: what it opened is closed, and to unload what it loaded takes up to a second."""
    gc.set_threshold(200_000)  # what is loaded stays: looking for cycles in it is a quarter of the time it takes
    guard.check()  # before anything that another distribution's package of the same name could stand in for
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    """The exit code; errors that were raised on purpose are one line for a person, without a traceback."""
    from collector.errors import ConfigError, WardkeeperError

    try:
        application()()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except WardkeeperError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    main()
