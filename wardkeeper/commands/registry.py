"""`import …` and `export …`: the registry and the rules, in and out."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from collector.clock import SystemClock
from wardkeeper.commands.opened import ConfigFile, database_of, load, operator, text_of

Kind = Literal["places", "assets", "devices", "gateways", "bindings", "rules"]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import", epilog="Example: wardkeeper import assets pumps.csv --dry-run --config wardkeeper.yaml")(
        bring_in
    )
    app.command("export", epilog="Example: wardkeeper export assets --config wardkeeper.yaml > assets.csv")(give_out)


def bring_in(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="CSV with a header line; YAML for rules.")],
    config: ConfigFile,
    atomic: Annotated[bool, typer.Option("--atomic", help="Keep none when one row is bad.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Bring rows in: a bad row is named with its line and field, the good ones are kept."""
    text = text_of(file)
    if kind == "rules":
        _bring_in_rules(text, str(file), config, dry_run=dry_run)
        return
    from asset_registry.imports import import_csv

    now, site = SystemClock().now(), load(config).site
    with database_of(config) as database, database.write() as session:
        report = import_csv(session, kind, text, site=site, atomic=atomic, dry_run=dry_run, who=operator(), now=now)
    for row in report.rejected:
        print(f"{file}:{row.line}: {row.field}: {row.why}", file=sys.stderr)
    words = "would be kept" if dry_run else "kept"
    print(f"{report.kept} {words}, {len(report.rejected)} refused.")
    raise typer.Exit(1 if report.rejected else 0)


def _bring_in_rules(text: str, source: str, config: Path, *, dry_run: bool) -> None:
    from service_desk.rulebook import import_yaml

    with database_of(config) as database, database.write() as session:
        names = import_yaml(session, text, who=operator(), now=SystemClock().now(), source=source)
        if dry_run:
            session.rollback()
    print(f"{len(names)} rules {'would be ' if dry_run else ''}kept.")


def give_out(kind: Annotated[Kind, typer.Argument(help="What to print.")], config: ConfigFile) -> None:
    """Print what `import` would read."""
    with database_of(config) as database, database.read() as session:
        if kind == "rules":
            from service_desk.rulebook import export_yaml

            print(export_yaml(session), end="")
        else:
            from asset_registry.imports import export_csv

            print(export_csv(session, kind, site=load(config).site), end="")
