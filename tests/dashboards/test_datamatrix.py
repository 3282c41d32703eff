import pytest

from asset_registry.errors import Invalid
from dashboards.datamatrix import FNC1, gs1, symbol


def drawn(rows):
    return ["".join("#" if dark else "." for dark in row) for row in rows]


def test_the_standards_own_example():
    """ISO/IEC 16022, "123456" in a square of 10; a reader of codes reads this picture."""
    assert drawn(symbol([142, 164, 186])) == [
        "#.#.#.#.#.",
        "##..#.##.#",
        "##.....#..",
        "##...###.#",
        "##....#...",
        "#.....####",
        "###.##....",
        "####.##..#",
        "#..###.#..",
        "##########",
    ]


@pytest.mark.parametrize("codewords, side", [(3, 10), (4, 12), (44, 26), (45, 32), (86, 36), (174, 48)])
def test_the_smallest_square_is_taken(codewords, side):
    rows = symbol([66] * codewords)
    assert (len(rows), {len(row) for row in rows}) == (side, {side})


def test_fnc1_stands_in_front_and_behind_what_has_no_fixed_length():
    plain = [FNC1, 131, 134, 176, 199, 193, 130, 130, 132]  # 01 04 46 69 63 00 00 02
    assert gs1([("01", "04466963000002")]) == symbol(plain)
    assert gs1([("10", "A"), ("21", "B")]) == symbol([FNC1, 140, 66, FNC1, 151, 67])


@pytest.mark.parametrize("value", ["Ä", "\n", "9" * 400])
def test_what_has_no_place_in_a_label_is_refused(value):
    with pytest.raises(Invalid):
        gs1([("21", value)])
