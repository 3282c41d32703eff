"""Units: what people write in, the metric's unit out."""

import pytest

from collector.metrics import METRICS
from drivers.codecs.units import conversion


@pytest.mark.parametrize(
    "unit, to, value, becomes",
    [
        ("°F", "Cel", 71.6, 22),
        ("K", "Cel", 273.15, 0),
        ("[degF]", "Cel", -40, -40),
        ("kPa", "cm[H2O]", 1, 10.1971621),
        ("inHg", "hPa", 29.92, 1013.2075),
        ("psi", "kPa", 50, 344.737865),
        ("bar", "kPa", 4, 400),
        ("kPa", "mm[Hg]", 16, 120.00985),
        ("mg/m³", "ug/m3", 0.012, 12),
        ("Wh", "kW.h", 1500, 1.5),
        ("J", "kW.h", 1, 2.77777778e-07),
        ("%", "[ppm]", 0.04, 400),
        ("m³", "L", 1.5, 1500),
        ("CFM", "m3/h", 100, 169.901080),
        ("g/L", "mg/dL", 1, 100),
        ("h", "s", 2, 7200),
        ("pCi/L", "Bq/m3", 4, 148),
    ],
)
def test_of_one_unit_another(unit, to, value, becomes):
    convert = conversion(unit, to)
    assert convert is not None
    assert convert(value) == pytest.approx(becomes, rel=1e-7)


@pytest.mark.parametrize("unit", sorted({one.unit for one in METRICS.values() if one.kind is float}))
def test_every_unit_of_a_metric_is_known_and_is_itself(unit):
    assert conversion(unit, unit) is None


@pytest.mark.parametrize("metric", [one for one in METRICS.values() if one.shown])
def test_a_unit_may_be_written_as_the_screens_write_it(metric):
    same = {"messages": "1", "steps": "1", "cmH₂O/L/s": "cm[H2O].s/L", "mL/cmH₂O": "mL/cm[H2O]", "messages/min": "/min"}
    assert conversion(same.get(metric.shown, metric.shown), metric.unit) is None


@pytest.mark.parametrize("unit", ["°C", "furlong", ""])
def test_what_does_not_become_the_other_says_what_would(unit):
    with pytest.raises(ValueError, match=r"does not become \[ppm\]; it may be 1, %, \[ppth\], \[ppm\], \[ppb\]"):
        conversion(unit, "[ppm]")
