"""`locate …`: make a location model from a survey, and see what it is worth."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from collector.errors import ConfigError

locate = typer.Typer(help="Location models: made from a survey, and scored.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(locate, name="locate")


Json = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]


@locate.command(epilog="Example: wardkeeper locate train survey.csv --gateways gateways.json -o site.model")
def train(
    survey: Annotated[
        Path, typer.Argument(help="CSV or Parquet: t_s, gateway, rssi_dbm, x_m, y_m; tag, floor, room if known.")
    ],
    gateways: Annotated[Path, typer.Option(help="JSON: a list of {gateway, x_m, y_m, floor?}.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model.", show_default=False)],
    rooms: Annotated[
        Path | None, typer.Option(help="JSON: a list of {room, polygon, floor?, way?}; outlines are walls.")
    ] = None,
    grid: Annotated[
        str, typer.Option(help="Bays without walls, along x and y, as 4x3; of about 5.5 m when nothing names rooms.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of the days that are drawn for the calibration.")] = 1,
    as_json: Json = False,
) -> None:
    """Learn the site from a survey, score it with positions left out, and write the model."""
    from asset_registry.locating.train import train as learn
    from wardkeeper.located.files import read_gateways, read_recording, read_rooms, write_model

    recording, hung = read_recording(survey), read_gateways(gateways)
    model = learn(recording, hung, read_rooms(rooms) if rooms else None, _grid(grid), seed=seed)
    write_model(model, output)
    if as_json:
        print(json.dumps(model.scores, indent=1))
        return
    print(f"{output}: {len(model.plan.gateways)} gateways, {len(model.plan.rooms)} rooms, {len(model.points)} points")
    print("Scored on its own survey, each position by a map that never saw it (a tag elsewhere does better):")
    _say(model.scores["positions_left_out"])


@locate.command(epilog="Example: wardkeeper locate evaluate site.model truth.csv --drop-gateway 3 --json")
def evaluate(
    model: Annotated[Path, typer.Argument(help="What `locate train` wrote.")],
    truth: Annotated[Path, typer.Argument(help="A recording of tags whose places are known, in the form of a survey.")],
    drop_gateway: Annotated[str, typer.Option(help="As if this gateway were off.")] = "",
    drop_at: Annotated[float, typer.Option(help="… from this second on.", min=0)] = 0.0,
    picture: Annotated[Path | None, typer.Option("--map", help="An error map as SVG.")] = None,
    fixes: Annotated[Path | None, typer.Option(help="Every fix beside the truth, as CSV or Parquet.")] = None,
    as_json: Json = False,
) -> None:
    """Replay a truth as a live stream, second by second, and score what would have been said."""
    from asset_registry.locating.score import scores
    from wardkeeper.located.evaluation import replayed, table_of, write_maps
    from wardkeeper.located.files import read_model, read_recording, write_fixes

    known, recording = read_model(model), read_recording(truth)
    said = replayed(known, recording, drop_gateway, drop_at)
    found = scores(said)
    if picture:
        write_maps(known, said, picture, str(truth))
    if fixes:
        write_fixes(table_of(known, recording, said), fixes)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for kind, told in found.items():
        print(kind)
        _say(told) if told else print("  none")


def _grid(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    columns, _, rows = text.partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and int(columns) and int(rows)):
        raise ConfigError(f"--grid {text}: write how many bays along x and along y, as 4x3")
    return int(columns), int(rows)


def _say(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if name == "reliability":
            for one in value:
                print(f"  said {one['confidence']:.2f}, right {one['right']:.3f} of {one['fixes']} fixes")
        else:
            print(f"  {name:44}{'-' if value is None else value:>10}")
