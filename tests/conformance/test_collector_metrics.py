"""The codes of our metrics against those collected from public messages."""

import json
from pathlib import Path

import pytest

from collector.metrics import METRICS

CODES = Path(__file__).parents[3] / "shared" / "data" / "interop" / "metric_codes.jsonl"


def test_codes_and_units_are_those_seen_in_public_messages():
    if not CODES.exists():
        pytest.skip(f"the example data is not here: {CODES}")
    rows = [json.loads(line) for line in CODES.read_text(encoding="utf-8").splitlines()]
    checked = 0
    for row in rows:
        metric = METRICS.get(row["metric"])
        if metric is None or "verify" in row:  # only recalled by whoever wrote the row
            continue
        checked += 1
        assert metric.loinc in ("", row.get("loinc")), row
        assert metric.mdc in (0, row.get("mdc")), row
        assert metric.unit == row["ucum"], row
    assert checked >= 5
