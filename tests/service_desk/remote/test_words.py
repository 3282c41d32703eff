"""The frozen evidence in words, for people in other systems."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from service_desk.remote.chart import svg
from service_desk.remote.words import Block, as_html, as_text, evidence_blocks
from service_desk.words import NBSP

AT = "2026-11-24T06:52:00+00:00"
EVIDENCE = {
    "v": 2,
    "frozen_at": AT,
    "metric": "probe_temperature",
    "subject": "mqtt:zigbee2mqtt/fridge/F-07",
    "low": 2.0,
    "high": 8.0,
    "normal": "",
    "points": [[1795502400000, 7.9, False], [1795503120000, 8.9, True]],
}


def lines(**blocks):
    return [line for block in evidence_blocks(EVIDENCE | blocks, UTC)[1:] for line in block.lines]


@pytest.mark.parametrize(
    "value, said",
    [
        ({"unknown_since": None}, "unknown"),
        ({"unknown_since": AT, "why": "it is silent"}, "unknown since 2026-11-24 06:52 UTC: it is silent"),
        ({"none": "This is the first."}, "This is the first."),
        (
            {"place_id": 3, "number": "4.18", "name": "Medication", "floor": "Level 4", "how": "bound"},
            "4.18 Medication, Level 4 (it belongs there)",
        ),
        (
            {"number": "4.18", "floor": "", "how": "fix", "confidence": 0.93, "at": AT},
            "4.18 (located there), Confidence 0.93, At 2026-11-24 06:52 UTC",
        ),
        ([{"number": "W-1001", "state": "solved"}], "Number W-1001, State solved"),
        ({"what only a later version has": [1, True]}, "What only a later version has: 1, yes"),
    ],
)
def test_a_block_is_said(value, said):
    assert lines(where=value) == [said]


def test_a_reading_is_said_with_its_unit():
    (said,) = lines(room={"air": [{"metric": "humidity", "value": 41.0, "at": AT}]})
    assert said.replace(NBSP, " ") == "Air: Humidity 41 % at 2026-11-24 06:52 UTC"


def test_what_was_measured_stands_first_in_the_hospitals_time():
    (first, *_) = evidence_blocks(EVIDENCE, ZoneInfo("Europe/Berlin"))
    assert first.heading == "As known at 2026-11-24 07:52 Europe/Berlin"
    assert [line.replace(NBSP, " ") for line in first.lines] == [
        "Measured by: mqtt:zigbee2mqtt/fridge/F-07",
        "Normal: 2–8 °C",
        "Newest: 8.9 °C at 07:52",
    ]


def test_markup_of_others_is_none():
    blocks = [Block("", ("<script>x</script>",)), Block("A & B", ("<b>",))]
    assert as_html(blocks) == "<p>&lt;script&gt;x&lt;/script&gt;</p><p><b>A &amp; B</b></p><ul><li>&lt;b&gt;</li></ul>"
    assert as_text(blocks) == "<script>x</script>\n\nA & B\n<b>"


def test_the_chart_has_its_line_its_limits_and_the_points_that_triggered():
    drawn = svg(EVIDENCE | {"subject": "<x>"}, UTC)
    assert drawn.count("<circle") == 1
    assert drawn.count("stroke-dasharray") == 2
    assert "06:40" in drawn
    assert "06:52" in drawn
    assert "<x>" not in drawn


@pytest.mark.parametrize("points", [[], [[1, 8.9, True]], [[1, True, False], [2, False, True]], [[1, 2.0, True]] * 2])
def test_without_two_moments_with_a_number_there_is_no_chart(points):
    assert svg(EVIDENCE | {"points": points}, UTC) == ""
