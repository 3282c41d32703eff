"""Labels for assets: a QR code that opens the asset on a phone, a GS1 Data Matrix where it has a GS1 UDI, words.

Sheets as the makers of labels give them (millimetres): Avery Zweckform L7160 and L7651 on A4, Avery 5160 on US Letter;
rolls have one label a page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import segno

from asset_registry.errors import Invalid
from asset_registry.known import KnownAsset
from asset_registry.udi import BadUdi, parse
from dashboards.datamatrix import gs1


@dataclass(frozen=True)
class Layout:
    """A sheet: what it is called, how many labels it has. Its measures stand in labels.css under its key."""

    name: str
    per_page: int


LAYOUTS: Final = {
    "l7160": Layout("A4, 21 labels of 63.5 × 38.1 mm (L7160)", 21),
    "l7651": Layout("A4, 65 labels of 38.1 × 21.2 mm (L7651)", 65),
    "5160": Layout("US Letter, 30 labels of 66.7 × 25.4 mm (5160)", 30),
    "roll50": Layout("Roll, 50 × 25 mm", 1),
}


@dataclass(frozen=True)
class Code:
    """A symbol as one SVG path of dark modules; `side` counts the quiet zone."""

    side: int
    path: str


@dataclass(frozen=True)
class Label:
    """What stands on one label; `matrix` None where the asset has no GS1 UDI, `words` what the matrix says."""

    asset: KnownAsset
    qr: Code
    matrix: Code | None
    words: str


def label_of(asset: KnownAsset, address: str) -> Label:
    """The label; `address` is what people type into a browser, without a slash at the end."""
    # upper case would save modules, but not every reader opens HTTPS:// in capitals
    qr = segno.make_qr(f"{address}/a/{asset.id}", error="m")
    elements = elements_of(asset)
    return Label(
        asset,
        _code([[bool(cell) for cell in row] for row in qr.matrix], 4),
        _matrix(elements),
        "".join(f"({identifier}){value}" for identifier, value in elements),
    )


def elements_of(asset: KnownAsset) -> list[tuple[str, str]]:
    """The GS1 elements of its UDI: (01) and (21), and what else `udi_pi` has; none for another agency's."""
    try:
        udi = parse(f"(01){asset.udi_di}")
    except BadUdi:
        return []
    try:
        more = parse(f"(01){asset.udi_di}{asset.udi_pi}") if asset.udi_pi else udi
    except BadUdi:
        more = udi
    serial = more.serial or asset.serial
    elements = [("01", udi.di), ("10", more.lot), ("21", serial)]
    return [(identifier, value) for identifier, value in elements if value and len(value) <= 20]


def _matrix(elements: list[tuple[str, str]]) -> Code | None:
    try:
        return _code(gs1(elements), 2) if elements else None
    except Invalid:
        return None


def _code(rows: Iterable[Iterable[bool]], quiet: int) -> Code:
    """Runs of dark modules, a line each: printers draw no hairlines between them."""
    path, side = [], 0
    for down, row in enumerate(rows):
        side, run = down + 1, 0
        for right, dark in enumerate([*row, False]):
            if dark:
                run += 1
            elif run:
                path.append(f"M{right - run + quiet} {down + quiet}h{run}v1h-{run}z")
                run = 0
    return Code(side + 2 * quiet, "".join(path))
