"""Environmental sensors: values built after the document in, readings out."""

import pytest

from collector.errors import BadFrame
from drivers.gatt.environmental_sensing import Config, claims


@pytest.mark.parametrize(
    "topic, value, metric, expected",
    [
        ("2a6d", "a0770f00", "air_pressure", 1013.664),
        ("2a6e", "9808", "temperature", 22.0),
        ("2a6e", "18fc", "temperature", -10.0),
        ("2a6f", "8813", "humidity", 50.0),
        ("2a7b", "fe", "dew_point", -2),
        ("2afb", "50c300", "illuminance", 500.0),
        ("2b8c", "e803", "co2", 1000),
        ("2bd3", "64a0", "tvoc", 100e3),
        ("2bd5", "7b80", "pm1", 1230),
        ("2bd6", "0c80", "pm25", 120),
        ("2bd7", "0180", "pm10", 10),
        ("2be4", "2d", "noise", 45),
        ("2be7", "dc00", "voc", 220),
    ],
)
def test_a_value(said, topic, value, metric, expected):
    assert said(topic, value).values == {metric: pytest.approx(expected)}


@pytest.mark.parametrize(
    "topic, value",
    [
        ("2a6e", "0080"),
        ("2a6f", "ffff"),
        ("2a7b", "80"),
        ("2afb", "ffffff"),
        ("2b8c", "ffff"),
        ("2b8c", "feff"),
        ("2bd6", "ff07"),
        ("2be4", "ff"),
        ("2be7", "ffff"),
    ],
)
def test_what_is_not_known_is_no_reading(said, topic, value):
    assert said(topic, value).items == []


@pytest.mark.parametrize("topic", claims(Config()))
@pytest.mark.parametrize("value", ["", "0102030405"])
def test_another_length_is_bad(said, topic, value):
    with pytest.raises(BadFrame, match="bytes, these are"):
        said(topic, value)
