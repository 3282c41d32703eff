"""Figures as a scraper reads them: both formats, checked line by line against their documents."""

import math
import re

import pytest

from collector.exposition import OPENMETRICS, TEXT, exposition, family, openmetrics_wanted
from collector.histogram import Histogram

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (\S+)")
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}


def read(text, *, openmetrics=False):
    """{sample as written: value}. Fails at whatever the documents forbid."""
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    if openmetrics:
        assert lines.pop() == "# EOF"
    samples, seen, name, kind = {}, set(), "", ""
    for line in lines:
        if line.startswith("# HELP "):
            name, kind = line.split(" ")[2], ""
            assert name not in seen, "the lines of a family stand together"
            seen.add(name)
        elif line.startswith("# TYPE "):
            _, _, typed, kind = line.split(" ")
            assert typed == name, "HELP and TYPE name the same"
        else:
            found = _SAMPLE.fullmatch(line)
            assert found, line
            suffixes = _SUFFIXES[kind] if openmetrics or kind == "histogram" else ("",)
            assert found[1] in {name + suffix for suffix in suffixes}, line
            key = line.rpartition(" ")[0]
            assert key not in samples, f"{key} twice"
            samples[key] = float(found[3])
    return samples


def both(*families):
    text = read(exposition(families))
    assert read(exposition(families, openmetrics=True), openmetrics=True) == text
    return text


def test_a_counter_and_a_gauge_by_their_labels():
    read_back = both(
        family("heard_total", "counter", "What was heard", [({"link": "ward"}, 5), ({"link": "lab"}, 0)]),
        family("age_seconds", "gauge", "How old", [({}, 0.25)]),
    )
    assert read_back == {'heard_total{link="ward"}': 5, 'heard_total{link="lab"}': 0, "age_seconds": 0.25}


def test_what_a_label_says_cannot_break_out_of_it():
    evil = 'a"} 1\nb{c="\\'
    [(name, value)] = both(family("x", "gauge", "back\\slash\nand line", [({"of": evil}, 1)])).items()
    assert value == 1
    said = re.search(r'of="(.*)"', name)[1]
    assert re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], said) == evil


def test_a_histogram_tells_how_many_stayed_under_each_bound_and_ends_with_all():
    took = Histogram([0.005, 1.0])
    for seconds in (0.001, 0.5, 9.0):
        took.add(seconds)
    assert both(family("took_seconds", "histogram", "Took", [({"of": "a"}, took.snapshot())])) == {
        'took_seconds_bucket{of="a",le="0.005"}': 1,
        'took_seconds_bucket{of="a",le="1.0"}': 2,
        'took_seconds_bucket{of="a",le="+Inf"}': 3,
        'took_seconds_sum{of="a"}': 9.501,
        'took_seconds_count{of="a"}': 3,
    }


@pytest.mark.parametrize("value,written", [(math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"), (3, "3")])
def test_numbers_are_written_as_go_reads_them(value, written):
    assert exposition([family("x", "gauge", "X", [({}, value)])]).endswith(f"\nx {written}\n")


def test_a_figure_that_nobody_has_is_left_out():
    assert exposition([family("x", "gauge", "X", [])]) == ""


@pytest.mark.parametrize(
    "name,kind,labels",
    [("a-b", "gauge", {}), ("a", "gauge", {"b c": ""}), ("a", "counter", {}), ("a_total", "gauge", {})],
)
def test_a_name_that_prometheus_would_refuse_is_refused_here(name, kind, labels):
    with pytest.raises(ValueError, match=re.escape(name)):
        family(name, kind, "", [(labels, 1)])


def test_openmetrics_is_for_who_asks_for_it():
    prometheus = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    assert openmetrics_wanted(prometheus)
    assert not openmetrics_wanted("text/plain;version=0.0.4")
    assert "0.0.4" in TEXT
    assert "1.0.0" in OPENMETRICS
