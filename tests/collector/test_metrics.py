"""The table of metrics."""

import re

import pytest

from collector.metrics import FAMILIES, METRICS, family_of, is_vital

CODED = [metric for metric in METRICS.values() if metric.loinc]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_has_a_family_a_label_and_a_unit_as_fits_its_kind(metric):
    assert METRICS[metric.name] is metric
    assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name)
    assert metric.family in FAMILIES
    assert metric.label[0].isupper()
    assert bool(metric.unit) == (metric.kind is float)
    if metric.kind is not float:
        assert metric.digits == 0


@pytest.mark.parametrize("metric", CODED, ids=lambda metric: metric.name)
def test_the_check_digit_of_a_loinc_code_is_right(metric):
    """Mod 10 (LOINC Users' Guide, appendix C): every second digit from the right doubled."""
    code, check = metric.loinc.split("-")
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(code))
    )
    assert (10 - total % 10) % 10 == int(check)


def test_no_two_metrics_share_a_code():
    for codes in ([metric.loinc for metric in CODED], [metric.mdc for metric in METRICS.values() if metric.mdc]):
        assert len(codes) == len(set(codes))


def test_vitals_are_a_family_and_what_is_not_in_the_table_is_not_vital():
    assert is_vital("spo2")
    assert not is_vital("temperature")
    assert family_of("something_of_an_older_version") == "device_health"
    assert not is_vital("something_of_an_older_version")
