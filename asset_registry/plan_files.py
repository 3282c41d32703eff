"""Outlines out of a plan file: GeoJSON (RFC 7946) and SVG 1.1 (rect, polygon, path with M L H V Z).

Coordinates stay the file's: on the drawing page two points and the distance between them turn them into metres.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from xml.parsers import expat

from asset_registry.errors import Invalid
from asset_registry.polygons import Point

LARGEST = 4 << 20
"""Bytes of a file."""
_SVG = "http://www.w3.org/2000/svg"
_ACTIVE = {"script", "foreignObject", "image", "use", "iframe", "handler", "style"}
_PATH = re.compile(r"([A-Za-z])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Outline:
    """An outline in the file's own units; `doors` as (x, y, width), where the file is our own."""

    polygon: list[Point]
    number: str = ""
    name: str = ""
    room_type: str = ""
    doors: tuple[tuple[float, float, float], ...] = ()


def read(name: str, content: bytes) -> list[Outline]:
    """The outlines of a file, by its name. Raises Invalid."""
    if len(content) > LARGEST:
        raise Invalid(f"{name} is larger than {LARGEST >> 20} MB; save it without pictures")
    kind = name.lower().rpartition(".")[2]
    if kind not in ("json", "geojson", "svg"):
        raise Invalid(f"{name} is neither .geojson nor .svg; export the plan in one of them")
    found = _svg(content) if kind == "svg" else _geojson(content)
    if not found:
        raise Invalid(f"{name} holds no outline: no polygon, rectangle or closed path of straight lines")
    return found


def _geojson(content: bytes) -> list[Outline]:
    try:
        told = json.loads(content)
        features = told["features"] if told.get("type") == "FeatureCollection" else [told]
        return [outline for feature in features for outline in _feature(feature)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as wrong:
        raise Invalid(f"this is no GeoJSON of polygons ({type(wrong).__name__}: {wrong})") from wrong


def _feature(feature: dict[str, Any]) -> Iterator[Outline]:
    shape, said = feature["geometry"] or {}, feature.get("properties") or {}
    kind, rings = shape.get("type"), []
    if kind == "Polygon":
        rings = shape["coordinates"][:1]
    elif kind == "MultiPolygon":
        rings = [part[0] for part in shape["coordinates"]]
    for ring in rings:
        corners = [(float(corner[0]), float(corner[1])) for corner in ring]
        texts = [str(said.get(key) or "")[:80] for key in ("number", "name", "type")]
        for outline in _closed(corners, *texts):
            yield replace(outline, doors=tuple(_door(door) for door in said.get("doors") or ()))


def _door(said: Any) -> tuple[float, float, float]:  # noqa: ANN401 - whatever the file has
    x, y, width = (float(side) for side in said)
    if not all(math.isfinite(side) for side in (x, y, width)):
        raise Invalid("a door is no finite number")
    return x, y, width


def _closed(corners: list[Point], number: str = "", name: str = "", room_type: str = "") -> Iterator[Outline]:
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    if not all(math.isfinite(side) for corner in corners for side in corner):
        raise Invalid("a corner is no finite number")
    if len(corners) >= 3:
        yield Outline(corners, number, name, room_type)


class _Drawing:
    """What expat tells of an SVG."""

    def __init__(self) -> None:
        self.found: list[Outline] = []
        self._text: list[str] | None = None
        self._open: list[bool] = []

    def start(self, tag: str, said: dict[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        if name in _ACTIVE and name != "style":
            raise Invalid(f"the SVG holds <{name}>; save it as plain shapes, without scripts, pictures or copies")
        for key, value in said.items():
            local = key.rpartition(" ")[2]
            if local.lower().startswith("on") or (local == "href" and not value.startswith("#")):
                raise Invalid(f"the SVG's {local} leads out of the drawing; save it without scripts and links")
        if "transform" in said:
            raise Invalid("the SVG moves its shapes (transform); ungroup and flatten it in the drawing program first")
        shape = list(self._shape(name, said)) if space in ("", _SVG) else []
        self.found += shape
        self._open.append(bool(shape))
        self._text = [] if name == "title" else None

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        self._open.pop()
        if self._text is not None and self._open and self._open[-1] and self.found:
            last = self.found[-1]
            self.found[-1] = Outline(last.polygon, last.number, "".join(self._text).strip()[:80], last.room_type)
        self._text = None

    def _shape(self, name: str, said: dict[str, str]) -> Iterator[Outline]:
        number = said.get("id", "")[:40].replace("/", "-")
        try:
            if name == "rect":
                x, y, wide, deep = (float(said.get(key, 0)) for key in ("x", "y", "width", "height"))
                if wide > 0 and deep > 0:
                    yield from _closed([(x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep)], number)
            elif name == "polygon":
                values = [float(value) for value in re.split(r"[\s,]+", said.get("points", "").strip()) if value]
                yield from _closed(list(zip(values[::2], values[1::2], strict=True)), number)
            elif name == "path":
                for n, corners in enumerate(_paths(said.get("d", ""))):
                    yield from _closed(corners, number if n == 0 else f"{number}-{n + 1}")
        except ValueError as wrong:
            raise Invalid(f'<{name} id="{number}"> cannot be read: {wrong}') from wrong


def _svg(content: bytes) -> list[Outline]:
    drawing = _Drawing()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = drawing.start, drawing.end
    parser.CharacterDataHandler = drawing.text
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(content, True)
    except expat.ExpatError as wrong:
        raise Invalid(f"this is no SVG: {wrong}") from wrong
    return drawing.found


def _no_entities(*_: object) -> None:
    raise Invalid("the SVG declares entities; save it as plain SVG")


def _paths(d: str) -> Iterator[list[Point]]:
    """The closed parts of a path of straight lines; a path that bends is passed over. Raises ValueError."""
    tokens = [(letter, value) for letter, value in _PATH.findall(d)]
    corners: list[Point] = []
    x = y = 0.0
    command, at = "", 0
    while at < len(tokens):
        letter, _ = tokens[at]
        if letter:
            command, at = letter, at + 1
            if command.upper() not in "MLHVZ":
                return
            if command.upper() == "Z":
                yield corners
                x, y = corners[0] if corners else (0.0, 0.0)
                corners = []
                continue
        count = 1 if command.upper() in ("H", "V") else 2
        if not command or command.upper() == "Z" or at + count > len(tokens):
            raise ValueError("a number where a command belongs, or one too few")
        values = [float(value) for _, value in tokens[at : at + count]]
        at += count
        x, y = _moved(command, x, y, values)
        if command.upper() == "M":
            corners = []
            command = "L" if command == "M" else "l"
        elif not corners:
            raise ValueError("a line before its beginning")
        corners.append((x, y))


def _moved(command: str, x: float, y: float, values: list[float]) -> Point:
    near = command.islower()
    match command.upper():
        case "H":
            return (x if near else 0) + values[0], y
        case "V":
            return x, (y if near else 0) + values[0]
    return (x if near else 0) + values[0], (y if near else 0) + values[1]
