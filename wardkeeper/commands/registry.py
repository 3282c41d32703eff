"""`import …` and `export …`: the registry and the rules, in and out."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from collector.clock import SystemClock
from collector.errors import ConfigError
from wardkeeper.commands.opened import ConfigFile, database_of, load, operator, text_of

if TYPE_CHECKING:
    from asset_registry.csv_rows import Table

Kind = Literal["places", "assets", "devices", "gateways", "bindings", "rules"]
Incoming = Literal["places", "assets", "devices", "gateways", "bindings", "rules", "gudid"]


Floor = Annotated[str, typer.Option(help="Of GeoJSON: the floor's number, or A/4 where two buildings have it.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", epilog="Example: wardkeeper import assets pumps.csv --dry-run --config wardkeeper.yaml")(
        bring_in
    )
    app.command("undo", epilog="Example: wardkeeper undo 12 --config wardkeeper.yaml")(take_back)
    app.command("export", epilog="Example: wardkeeper export assets --config wardkeeper.yaml > assets.csv")(give_out)


def bring_in(
    kind: Annotated[Incoming, typer.Argument(help="What the file holds.")],
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or .xlsx with a header line; GeoJSON of a floor; YAML for rules; XML or JSON of GUDID records."
        ),
    ],
    config: ConfigFile,
    floor: Floor = "",
    atomic: Annotated[bool, typer.Option("--atomic", help="Keep none when one row is bad.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Bring rows in: a bad row is named with its line and field, the good ones are kept."""
    if kind == "rules":
        _bring_in_rules(text_of(file), str(file), config, dry_run=dry_run)
        return
    if kind == "gudid":
        _bring_in_gudid(file, config, dry_run=dry_run)
        return
    if file.suffix.lower() in (".geojson", ".json"):
        _bring_in_floor(kind, file, floor, config, dry_run=dry_run)
        return
    from asset_registry.imports import import_csv, import_in_parts, parts_of

    table, clock = _table_of(file), SystemClock()
    about: dict[str, Any] = {"site": load(config).site, "who": operator(), "now": clock.now(), "dry_run": dry_run}
    with database_of(config) as database, _progress() as progress:
        about |= {"progress": progress, "title": file.name}
        if parts_of(kind, atomic=atomic, dry_run=dry_run):
            nobody = threading.Event()
            report = import_in_parts(database, kind, table, rest=lambda s: clock.wait(nobody, s), **about)
        else:
            with database.write() as session:
                report = import_csv(session, kind, table, atomic=atomic, **about)
    for row in report.rejected:
        print(f"{file}:{row.line}: {row.field}: {row.why}", file=sys.stderr)
    words = "would be kept" if dry_run else "kept"
    print(f"{report.kept} {words}, {len(report.rejected)} refused.{_undo_words(report.change_set)}")
    raise typer.Exit(1 if report.rejected else 0)


def _bring_in_floor(kind: str, file: Path, floor: str, config: Path, *, dry_run: bool) -> None:
    from asset_registry.floor_files import floor_called, import_floor

    if kind != "places" or not floor:
        raise ConfigError(f"{file}: GeoJSON holds the rooms of a floor: wardkeeper import places {file} --floor 4")
    content = text_of(file).encode()
    with database_of(config) as database, database.write() as session:
        report = import_floor(
            session, floor_called(session, floor), file.name, content, operator(), SystemClock().now()
        )
        if dry_run:
            session.rollback()
    words = "would be drawn" if dry_run else "drawn"
    print(f"{report.added} rooms {words}, {report.changed} drawn anew. The drawing page can take it back.")


def _undo_words(change_set: int | None) -> str:
    return f" To undo it: wardkeeper undo {change_set}" if change_set is not None else ""


def _table_of(file: Path) -> "str | Table":
    """The text of CSV, or the rows of a spreadsheet."""
    from asset_registry.sheets import is_sheet, sheet_table

    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    return sheet_table(content) if is_sheet(content) else text_of(file)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal; nothing where the output goes into a file."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=None)

        def told(done: int, total: int) -> None:
            if done % 500 == 0 or done == total:
                bar.update(task, completed=done, total=total)

        yield told


def _bring_in_gudid(file: Path, config: Path, *, dry_run: bool) -> None:
    from asset_registry.gudid import import_gudid

    with database_of(config) as database, database.write() as session:
        report = import_gudid(session, text_of(file), operator(), SystemClock().now(), dry_run=dry_run)
    words = "would be filled" if dry_run else "filled"
    print(f"{report.records} records, {report.filled} assets {words}.{_undo_words(report.change_set)}")


def take_back(
    number: Annotated[int, typer.Argument(help="The change, as import said it or the page Changes has it.")],
    config: ConfigFile,
) -> None:
    """Undo an import, an edit or a merge; what was changed since is left as it is, and named."""
    from asset_registry.change_sets import undo

    with database_of(config) as database, database.write() as session:
        undone = undo(session, number, operator(), SystemClock().now())
    for asset, why in undone.kept:
        print(f"{asset}: {why}", file=sys.stderr)
    print(f"{undone.restored} as before, {len(undone.kept)} left as they are.")
    raise typer.Exit(1 if undone.kept else 0)


def _bring_in_rules(text: str, source: str, config: Path, *, dry_run: bool) -> None:
    from service_desk.rulebook import import_yaml

    with database_of(config) as database, database.write() as session:
        names = import_yaml(session, text, who=operator(), now=SystemClock().now(), source=source)
        if dry_run:
            session.rollback()
    print(f"{len(names)} rules {'would be ' if dry_run else ''}kept.")


def give_out(
    kind: Annotated[Kind, typer.Argument(help="What to print.")], config: ConfigFile, floor: Floor = ""
) -> None:
    """Print what `import` would read; places of one floor as GeoJSON."""
    if floor and kind != "places":
        raise ConfigError(f"--floor {floor}: only places have floors")
    with database_of(config) as database, database.read() as session:
        if floor:
            from asset_registry.drawing import drawing_of, geojson_of
            from asset_registry.floor_files import floor_called

            print(json.dumps(geojson_of(drawing_of(session, floor_called(session, floor))), indent=1))
        elif kind == "rules":
            from service_desk.rulebook import export_yaml

            print(export_yaml(session), end="")
        else:
            from asset_registry.imports import export_csv

            print(export_csv(session, kind, site=load(config).site), end="")
