"""Blood pressure monitors. Values with a source are of Nordic's Android-BLE-Common-Library."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from collector.reading import Quality
from drivers.gatt.blood_pressure import Config, claims

MEASURED, MEASURING = claims(Config())
FULL = "1e8a00580078000000041114293b3c00012700"  # Nordic, "full": without a year
SOME = "15bdf00b009ff03c001200"  # Nordic, "some": kPa
DATED = "128a0058007800ea070b18062a000000"  # 24 November 2026, 6:42


def test_a_measurement(said):
    found = said(MEASURED, FULL)
    assert found.values == {
        "nibp_sys": 138,
        "nibp_dia": 88,
        "nibp_mean": 120,
        "pulse_rate": 60,
        "technical_alarm": "body moved, cuff too loose, wrong position",
    }
    assert found.qualities["nibp_sys"] is Quality.UNCERTAIN


def test_kilopascals_become_millimetres_of_mercury(said):
    values = said(MEASURED, SOME).values
    assert values["nibp_sys"] == pytest.approx(141.76, abs=0.01)
    assert values["nibp_dia"] == pytest.approx(82.51, abs=0.01)
    assert values["nibp_mean"] == pytest.approx(119.26, abs=0.01)


@pytest.mark.parametrize(
    "value, pressure, pulse",
    [("1e04000000000000000411" + "14293b3c00012700", 4, 60), ("00d7f000000000", 21.5, None)],
)
def test_the_pressure_of_the_cuff_while_it_is_measured(said, value, pressure, pulse):
    """Of Nordic's library too."""
    values = said(MEASURING, value).values
    assert (values["nibp_cuff"], values.get("pulse_rate")) == (pressure, pulse)
    assert "nibp_sys" not in values


def test_the_time_counts_only_with_a_zone_and_a_year(said):
    measured = datetime(2026, 11, 24, 5, 42, tzinfo=UTC)
    assert said(MEASURED, DATED, timezone="Europe/Vienna").times == {measured}
    assert measured not in said(MEASURED, DATED).times
    assert measured not in said(MEASURED, FULL, timezone="Europe/Vienna").times


def test_what_the_monitor_does_not_doubt_is_good(said):
    found = said(MEASURED, DATED)
    assert set(found.qualities.values()) == {Quality.GOOD}
    assert found.values["technical_alarm"] == ""


def test_an_irregular_pulse_is_no_technical_alarm(said):
    assert said(MEASURED, "108a00580078000400").values["technical_alarm"] == ""


def test_what_is_no_number_is_no_reading(said):
    """A failed measurement has NaN in all three."""
    assert said(MEASURED, "04ff07ff07ff07ff07").items == []


@pytest.mark.parametrize("value", [FULL, SOME, "010203040506"])
def test_a_value_that_ends_too_early_is_bad(said, value):
    raw = bytes.fromhex(value)
    for size in range(min(len(raw), 19)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(MEASURED, raw[:size])
        assert trouble.value.offset == size
