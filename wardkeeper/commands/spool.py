"""`spool inspect`: what is on disk and not yet with everybody."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.errors import ConfigError
from wardkeeper.commands.opened import load

if TYPE_CHECKING:
    from collector.inspection import Inspection, SegmentView

spool = typer.Typer(help="The spool between links and everything else.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(spool, name="spool")


@spool.command(epilog="Example: wardkeeper spool inspect --config wardkeeper.yaml")
def inspect(
    directory: Annotated[Path | None, typer.Argument(help="The spool's folder, in place of --config.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="The settings file.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")] = False,
    items: Annotated[
        int | None, typer.Option(help="Only the items of the record at this position, a line each.")
    ] = None,
) -> None:
    """Show segments, positions, damage and how far each reader is. It changes nothing and may run beside `serve`.

    Exit code 0: whole; 1: something is damaged; 2: there is no spool, or no such record.
    """
    import msgspec

    from collector import inspection

    if (directory is None) == (config is None):
        raise ConfigError("name either the spool's folder or --config")
    where = directory or load(config).data / "spool"  # type: ignore[arg-type] # one of the two is given
    if items is not None:
        for line in inspection.lines_of(inspection.items_at(where, items)):
            sys.stdout.buffer.write(line + b"\n")
        return
    found = inspection.inspect(where)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    else:
        print("\n".join(_words(found)))
    raise typer.Exit(1 if found.damaged else 0)


def _words(found: "Inspection") -> list[str]:
    size = sum(segment.size for segment in found.segments)
    lines = [
        f"{found.directory}: {size:,} bytes in {len(found.segments)} segments; the newest record is {found.head:,}"
    ]
    for segment in found.segments:
        lines += _segment(segment)
    if found.unfinished:
        lines.append(f"  {found.unfinished:,} bytes at the end are being written, or were when a process was killed")
    if found.cursors is None:
        lines.append("Readers: not known; no server has written them down here")
    else:
        lines.append(f"Readers, as of {found.cursors.at:%Y-%m-%d %H:%M:%S %Z}")
        for name, position in sorted(found.cursors.positions.items()):
            lines.append(f"  {name:12} needs what comes after {position:,}: {max(0, found.head - position):,} records")
    for link, number in sorted(found.remembered.items()):
        lines.append(f"Remembered of {link}: {number:,} messages, to know them when they come again")
    return lines


def _segment(segment: "SegmentView") -> list[str]:
    what = ", ".join(f"{count:,} {kind}" for kind, count in sorted(segment.items.items())) or "no items"
    reach = f"records {segment.first:,} to {segment.last:,}" if segment.records else "no record"
    lines = [f"  {segment.name}  {segment.size:,} bytes  {reach}: {what} in {segment.messages:,} messages"]
    if segment.received and segment.written:
        first, last = segment.received
        lines.append(f"    received {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S %Z}")
    return lines + [f"    DAMAGED {damage}" for damage in segment.damage]
