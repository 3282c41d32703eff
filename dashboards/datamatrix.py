"""Data Matrix ECC 200 as GS1 uses it, for labels.

ISO/IEC 16022 (ASCII encodation, placement of annex F) and GS1 General Specifications 5.6 (FNC1 in first position).
Squares up to 48 modules: one block of error correction, 174 codewords.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from asset_registry.errors import Invalid

FNC1: Final = 232
_PAD, _POLYNOMIAL = 129, 0x12D
_NO_FNC1_BEHIND: Final = ("01", "11", "13", "15", "17", "20")
"""Application identifiers of fixed length (GS1 General Specifications 7.8.5)."""


@dataclass(frozen=True)
class _Size:
    """A square: modules along a side with the finder, data and error codewords, regions along a side."""

    side: int
    data: int
    error: int
    regions: int


_SIZES: Final = tuple(
    _Size(*each)
    for each in (
        (10, 3, 5, 1), (12, 5, 7, 1), (14, 8, 10, 1), (16, 12, 12, 1), (18, 18, 14, 1), (20, 22, 18, 1),
        (22, 30, 20, 1), (24, 36, 24, 1), (26, 44, 28, 1), (32, 62, 36, 2), (36, 86, 42, 2), (40, 114, 48, 2),
        (44, 144, 56, 2), (48, 174, 68, 2),
    )
)  # fmt: skip


def gs1(elements: Sequence[tuple[str, str]]) -> list[list[bool]]:
    """The symbol of GS1 elements, [("01", "04046963000001"), ("21", "117")]: rows of modules, True is dark.

    Raises Invalid for a character that has no place in it, or too much.
    """
    text = ""
    for index, (identifier, value) in enumerate(elements):
        last = index == len(elements) - 1
        text += identifier + value + ("" if last or identifier in _NO_FNC1_BEHIND else "\x1d")
    return symbol([FNC1, *_ascii(text)])


def _ascii(text: str) -> Iterator[int]:
    """Pairs of digits in one codeword, others in one each; FNC1 where the group separator stands."""
    at = 0
    while at < len(text):
        pair = text[at : at + 2]
        if len(pair) == 2 and pair.isascii() and pair.isdecimal():
            yield 130 + int(pair)
            at += 2
            continue
        if text[at] == "\x1d":
            yield FNC1
        elif " " <= text[at] <= "~":
            yield ord(text[at]) + 1
        else:
            raise Invalid(f"{text[at]!r} cannot stand in a GS1 label")
        at += 1


def symbol(codewords: Sequence[int]) -> list[list[bool]]:
    """The smallest square that holds the codewords. Raises Invalid when none does."""
    size = next((each for each in _SIZES if each.data >= len(codewords)), None)
    if size is None:
        raise Invalid(f"{len(codewords)} codewords are too many for a label")
    data = _padded(list(codewords), size.data)
    inner = _placed([*data, *_error(data, size.error)], size.side - 2 * size.regions)
    return _framed(inner, size)


def _padded(data: list[int], length: int) -> list[int]:
    """Filled up by the 253-state pattern, so that no two pads are alike."""
    if len(data) < length:
        data.append(_PAD)
    while len(data) < length:
        pad = _PAD + (149 * (len(data) + 1)) % 253 + 1
        data.append(pad if pad <= 254 else pad - 254)
    return data


def _tables() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 255, [0] * 256, 1
    for power in range(255):
        powers[power], logs[value] = value, power
        value <<= 1
        if value > 255:
            value ^= _POLYNOMIAL
    return powers, logs


_POWERS, _LOGS = _tables()


def _times(a: int, b: int) -> int:
    return _POWERS[(_LOGS[a] + _LOGS[b]) % 255] if a and b else 0


def _error(data: Sequence[int], count: int) -> list[int]:
    """Reed-Solomon over GF(256), roots 2^1 to 2^count."""
    generator = [1]
    for power in range(1, count + 1):
        root = _POWERS[power]
        shifted = [*generator, 0]
        for index, factor in enumerate(generator):
            shifted[index + 1] ^= _times(factor, root)
        generator = shifted
    rest = [0] * count
    for word in data:
        first = word ^ rest[0]
        rest = [*rest[1:], 0]
        for index in range(count):
            rest[index] ^= _times(first, generator[index + 1])
    return rest


class _Grid:
    """Annex F: the codewords wind through the grid in diagonals; what leaves it comes back at the other side."""

    def __init__(self, codewords: Sequence[int], side: int) -> None:
        self.words = codewords
        self.side = side
        self.cells: list[list[bool | None]] = [[None] * side for _ in range(side)]
        self.next = 0

    def module(self, row: int, column: int, bit: int) -> None:
        """One bit (0: the highest) of the next codeword."""
        side = self.side
        if row < 0:
            row, column = row + side, column + 4 - (side + 4) % 8
        if column < 0:
            column, row = column + side, row + 4 - (side + 4) % 8
        self.cells[row][column] = bool(self.words[self.next] >> (7 - bit) & 1)

    def place(self, places: Sequence[tuple[int, int]]) -> None:
        """The next codeword, highest bit first."""
        for bit, (row, column) in enumerate(places):
            self.module(row, column, bit)
        self.next += 1

    def utah(self, row: int, column: int) -> None:
        """The usual form."""
        corner = ((-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0))
        self.place([(row + down, column + right) for down, right in corner])

    def free(self, row: int, column: int) -> bool:
        """Whether a codeword belongs there."""
        inside = 0 <= row < self.side and 0 <= column < self.side
        return inside and self.cells[row][column] is None


def _corner(grid: _Grid, row: int, column: int) -> None:
    """The four forms that a corner may ask for; a square needs the first two and the fourth."""
    n = grid.side
    if (row, column) == (n, 0):
        grid.place([(n - 1, 0), (n - 1, 1), (n - 1, 2), (0, n - 2), (0, n - 1), (1, n - 1), (2, n - 1), (3, n - 1)])
    if (row, column) == (n - 2, 0) and n % 4:
        grid.place([(n - 3, 0), (n - 2, 0), (n - 1, 0), (0, n - 4), (0, n - 3), (0, n - 2), (0, n - 1), (1, n - 1)])
    if (row, column) == (n - 2, 0) and n % 8 == 4:
        grid.place([(n - 3, 0), (n - 2, 0), (n - 1, 0), (0, n - 2), (0, n - 1), (1, n - 1), (2, n - 1), (3, n - 1)])
    if (row, column) == (n + 4, 2) and n % 8 == 0:
        grid.place([(n - 1, 0), (n - 1, n - 1), (0, n - 3), (0, n - 2), (0, n - 1), (1, n - 3), (1, n - 2), (1, n - 1)])


def _placed(codewords: Sequence[int], side: int) -> list[list[bool]]:
    grid = _Grid(codewords, side)
    row, column = 4, 0
    while row < side or column < side:
        _corner(grid, row, column)
        while row >= 0 and column < side:
            if grid.free(row, column):
                grid.utah(row, column)
            row, column = row - 2, column + 2
        row, column = row + 1, column + 3
        while row < side and column >= 0:
            if grid.free(row, column):
                grid.utah(row, column)
            row, column = row + 2, column - 2
        row, column = row + 3, column + 1
    if grid.cells[-1][-1] is None:
        grid.cells[-1][-1] = grid.cells[-2][-2] = True
    return [[bool(cell) for cell in line] for line in grid.cells]


def _framed(inner: Sequence[Sequence[bool]], size: _Size) -> list[list[bool]]:
    """Each region inside its finder: solid at the left and below, every second module dark above and at the right."""
    part = len(inner) // size.regions
    whole = part + 2

    def dark(row: int, column: int) -> bool:
        down, right = row % whole, column % whole
        if right == 0 or down == whole - 1:
            return True
        if down == 0:
            return right % 2 == 0
        if right == whole - 1:
            return down % 2 == 1
        return inner[row // whole * part + down - 1][column // whole * part + right - 1]

    return [[dark(row, column) for column in range(size.side)] for row in range(size.side)]
