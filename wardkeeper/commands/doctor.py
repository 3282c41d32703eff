"""`doctor`: the usual mistakes, each with what to do."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from wardkeeper.commands.opened import ConfigFile, load

if TYPE_CHECKING:
    from rich.console import Console

    from wardkeeper.checkup import Finding

_SIGNS = {"well": ("✓", "green"), "trouble": ("▲", "bold red"), "unseen": ("○", "dim")}
_TOPIC = 12


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(epilog="Example: wardkeeper doctor --config wardkeeper.yaml")(doctor)


def doctor(
    config: ConfigFile,
    topic: Annotated[list[str], typer.Argument(help="Only these: clock, mqtt, …; all when none is given.")] = [],  # noqa: B006 - typer copies it
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")] = False,
    gentle: Annotated[bool, typer.Option("--gentle", help="Put no load on a broker or a disk.")] = False,
) -> None:
    """Look for the usual mistakes and say what to do. It changes nothing and may run beside `serve`.

    Exit code 0: nothing found; 1: something found; 2: the settings file has mistakes.
    """
    import msgspec
    from rich.console import Console

    from collector.clock import SystemClock
    from wardkeeper.checkup import Case, look

    settings, console, found = load(config), Console(highlight=False), []
    with console.status("Looking") as status:
        if as_json or not console.is_terminal:
            status.stop()
        case = Case(config, settings, SystemClock(), gentle, lambda words: status.update(f"Looking at {words}"))
        for finding in look(case, topic):
            found.append(finding)
            if not as_json:
                _show(console, finding)
    troubles = sum(finding.state == "trouble" for finding in found)
    if as_json:
        answer = {"well": not troubles, "findings": msgspec.to_builtins(found)}
        print(json.dumps(answer, indent=1, ensure_ascii=False))
    else:
        print(f"{troubles} found. docs/doctor.md has more on each." if troubles else "Nothing found.")
    raise typer.Exit(1 if troubles else 0)


def _show(console: "Console", finding: "Finding") -> None:
    """One line, and one more with what to do; in a terminal both are folded under themselves."""
    sign, style = _SIGNS[finding.state]
    what = f"{finding.where}: {finding.what}" if finding.where else finding.what
    if not console.is_terminal:
        print(f"{sign} {finding.topic:{_TOPIC}}{what}")
        if finding.do:
            print(f"{'':{_TOPIC + 2}}→ {finding.do}")
        return
    from rich.table import Table
    from rich.text import Text

    row = Table.grid()
    for width in (2, _TOPIC, None):
        row.add_column(width=width)
    row.add_row(Text(sign, style), Text(finding.topic), Text(what, "bold" if finding.do else ""))
    if finding.do:
        row.add_row("", "", Text(f"→ {finding.do}"))
    console.print(row)
