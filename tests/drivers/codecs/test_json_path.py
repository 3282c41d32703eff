"""Paths into JSON: written as people write them, followed or refused by name."""

import pytest

from collector.errors import BadFrame
from drivers.codecs.json_path import found, steps, written

PAYLOAD = {"a": {"b": [{"t": 1}, {"t": 2}]}, "p.sea": 3, "with space": 4, "none": None, "": 5}


@pytest.mark.parametrize(
    "path, value",
    [
        ("a.b[0].t", 1),
        ("a.b[-1].t", 2),
        ("a['b'][1][\"t\"]", 2),
        ("['p.sea']", 3),
        ("with space", 4),
        ("['']", 5),
        ("a.b[7].t", None),
        ("a.x.y", None),
        ("none.x", None),
        (".", PAYLOAD),
    ],
)
def test_what_stands_there(path, value):
    assert found(PAYLOAD, steps(path)) == value


@pytest.mark.parametrize("path", ["", "a..b", ".a", "a[x]", "a[0", "a.", "a[0]b", "a]", "['a"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="is no path from"):
        steps(path)


@pytest.mark.parametrize(
    "path, why",
    [
        ("a.b.t", "a.b is a list, not an object"),
        ("a[0]", "a is an object, not a list"),
        ("a.b[0].t.x", r"a\.b\[0\]\.t is a number, not an object"),
        ("[0]", "the payload is an object, not a list"),
    ],
)
def test_what_stands_in_the_way_is_named(path, why):
    with pytest.raises(BadFrame, match=why):
        found(PAYLOAD, steps(path))


@pytest.mark.parametrize("path", ["a.b[0].t", "a[-1]"])
def test_a_way_is_written_as_it_was(path):
    assert written(steps(path)) == path
