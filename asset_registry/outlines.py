"""What is drawn of a place, as numbers: its corners and doors, in metres from the floor's north-west corner."""

from collections.abc import Sequence
from dataclasses import dataclass

from asset_registry.known import KnownPlace

Point = tuple[float, float]
Line = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle on a floor, in metres from the north-west corner."""

    west: float
    north: float
    east: float
    south: float

    @property
    def width(self) -> float:
        """From west to east."""
        return self.east - self.west

    @property
    def depth(self) -> float:
        """From north to south."""
        return self.south - self.north

    @property
    def center(self) -> Point:
        """The middle."""
        return (self.west + self.east) / 2, (self.north + self.south) / 2


@dataclass(frozen=True)
class Door:
    """A door's middle, its width and the wall it is in (n, e, s, w), in metres."""

    x: float
    y: float
    width: float
    wall: str

    @property
    def gap(self) -> Line:
        """The opening in the wall."""
        half = self.width / 2
        if self.wall in ("n", "s"):
            return self.x - half, self.y, self.x + half, self.y
        return self.x, self.y - half, self.x, self.y + half

    @property
    def leaf(self) -> Line:
        """The door itself when it stands open: into the corridor, hinged at the gap's first end."""
        x, y, _, _ = self.gap
        dx, dy = {"n": (0, -1), "s": (0, 1), "w": (-1, 0), "e": (1, 0)}.get(self.wall, (0, 0))
        return x, y, x + dx * self.width, y + dy * self.width


def doors_of(place: KnownPlace) -> list[Door]:
    """The doors of a place."""
    return [Door(float(d["x"]), float(d["y"]), float(d["width"]), str(d["wall"])) for d in place.plan.get("doors", ())]


def box_around(points: Sequence[Point]) -> Box:
    """The rectangle around corners."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))
