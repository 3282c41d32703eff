"""Any tag: rules and bytes in, readings out; a rule that cannot be is refused with the field that is wrong."""

import pytest

from collector.errors import BadFrame, ConfigError
from drivers.dialects import dialect

EYE = {
    "company": 0x089A,
    "prefix": "01b7",
    "maker": "Teltonika",
    "model": "EYE Sensor",
    "fields": [
        {"metric": "temperature", "at": 2, "type": "i16be", "scale": 0.01, "missing": [-32768]},
        {"metric": "humidity", "at": 4, "type": "u8", "missing": [255]},
        {"metric": "motion", "at": 5, "type": "u16be", "mask": 0x7FFF},
        {"metric": "battery_voltage", "at": 10, "type": "u8", "scale": 0.01, "add": 2.0},
        {"metric": "battery_low", "at": 1, "type": "u8", "mask": 0x40},
    ],
}
WIKI = "01 b7 08b4 12 0ccb 0b ffc7 67"  # the example of wiki.teltonika-gps.com
BUTTON = {
    "service": "FEAB",
    "length": 3,
    "fields": [
        {"metric": "action", "at": 0, "type": "u8", "words": {1: "press", 2: "double_press"}},
        {"metric": "door_open", "at": 1, "type": "u8", "mask": 0x06, "inverted": True},
    ],
}
FUZZED = {"rules": [EYE, BUTTON]}


def test_a_rule_for_manufacturer_data(said):
    found = said("manufacturer/089a", WIKI, -60, rules=[EYE])
    assert found.values == {"temperature": 22.28, "humidity": 18, "battery_voltage": 3.03, "battery_low": False}
    assert [one.motion for one in found.sightings] == [3275]
    assert found.facts == {"maker": "Teltonika", "model": "EYE Sensor"}


@pytest.mark.parametrize(
    "data, values",
    [
        ("010400", {"action": "press", "door_open": False}),
        ("020900", {"action": "double_press", "door_open": True}),
        ("030900", {"door_open": True}),
    ],
)
def test_a_rule_for_service_data_with_words_and_bits(said, data, values):
    assert said("service/feab", data, rules=[BUTTON]).values == values


def test_missing_values_are_no_readings(said):
    assert said("manufacturer/089a", "01b7 8000 ff 0000 000000 67", rules=[EYE]).values == {
        "battery_voltage": 3.03,
        "battery_low": False,
    }


@pytest.mark.parametrize(
    "kind, data, value",
    [
        ("u8", "ff", 255),
        ("i8", "ff", -1),
        ("u16le", "0102", 513),
        ("i16be", "fffe", -2),
        ("u24be", "010203", 66051),
        ("i24le", "feffff", -2),
        ("u32le", "01000001", 16777217),
        ("i32be", "fffffffe", -2),
        ("f32le", "0000c841", 25),
        ("f32be", "41c80000", 25),
        ("f32be", "7fc00000", None),
    ],
)
def test_how_a_value_can_be_written(said, kind, data, value):
    rule = {"company": 1, "fields": [{"metric": "temperature", "at": 0, "type": kind}]}
    assert said("manufacturer/0001", data, rules=[rule]).values.get("temperature") == value


def test_of_several_rules_the_first_that_fits_counts(said):
    other = {**EYE, "prefix": "02", "fields": [{"metric": "co2", "at": 1, "type": "u16le"}]}
    assert said("manufacturer/089a", "02e803", rules=[EYE, other]).values == {"co2": 1000}
    assert said("manufacturer/089a", "03e803", rules=[EYE, other]).items == []
    assert said("service/feab", "0104", rules=[BUTTON]).items == []


def test_an_advertisement_that_ends_inside_a_field_is_bad(said):
    with pytest.raises(BadFrame, match="battery_voltage ends at byte 11") as trouble:
        said("manufacturer/089a", "01b708b4120ccb0bff", rules=[EYE])
    assert trouble.value.offset == 9


def test_without_rules_nothing_is_claimed():
    assert dialect("ble.tag").claims == ()


FIELD = {"metric": "temperature", "at": 0, "type": "u8"}


@pytest.mark.parametrize(
    "rule, why",
    [
        ({"company": 1, "fields": [{**FIELD, "metric": "temprature"}]}, "did you mean temperature"),
        ({"company": 1, "fields": [{**FIELD, "type": "u12"}]}, r"fields\.0\.type"),
        ({"company": 1, "fields": [{**FIELD, "at": -1}]}, r"fields\.0\.at"),
        ({"company": 1, "fields": [{**FIELD, "scale": 0.0}]}, "temperature: scale"),
        ({"company": 1, "fields": [{**FIELD, "words": {1: "warm"}}]}, "temperature: it takes no words"),
        ({"company": 1, "fields": [{**FIELD, "metric": "action"}]}, "action: it needs words"),
        ({"company": 1, "fields": [{**FIELD, "type": "f32le", "mask": 1}]}, "temperature: f32le has no bits"),
        ({"company": 1, "fields": [{**FIELD, "metric": "motion", "type": "i8"}]}, "motion: a counter has no sign"),
        ({"company": 1, "fields": [FIELD, FIELD]}, "temperature: it stands there twice"),
        ({"company": 1, "length": 1, "fields": [{**FIELD, "at": 1}]}, "ends at byte 2, the length is 1"),
        ({"company": 1, "fields": []}, r"fields"),
        ({"fields": [FIELD]}, "either a company or a service"),
        ({"company": 1, "service": "fe6a", "fields": [FIELD]}, "either a company or a service"),
        ({"service": "fe6", "fields": [FIELD]}, "'fe6' is no UUID"),
        ({"company": 1, "prefix": "0", "fields": [FIELD]}, "even number of hex digits"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_what_is_wrong(rule, why):
    with pytest.raises(ConfigError, match=why):
        dialect("ble.tag", {"rules": [rule]})
