"""Inkbird's sensors: captures of the tests of inkbird-ble in, readings out."""

import pytest


def test_a_small_sensor_writes_its_temperature_where_the_company_id_belongs(said):
    assert said("name/sps", "fc07c71200c83d5606").values == {"temperature": 20.44, "humidity": 48.07, "battery": 86}


@pytest.mark.parametrize("none", ["0000", "ffff"])
def test_without_a_humidity(said, none):
    assert said("name/tps", f"fc07{none}00c83d5606").values == {"temperature": 20.44, "battery": 86}


def test_a_cooking_thermometer_with_two_probes(said):
    found = said("name/xBBQ", "010000002c1100006dd314011101").by_device
    assert [values["temperature"] for values in found.values()] == [27.6, 27.3]


def test_a_cooking_thermometer_without_a_name_is_known_by_its_service_and_its_address(said):
    packet, mine = "010000002c1100006dd314011101", "ble:2C:11:00:00:6D:D3"
    found = said("uuid/fff0", packet, device=mine).by_device
    assert [values["temperature"] for values in found.values()] == [27.6, 27.3]
    assert said("uuid/fff0", packet).items == []
    assert said("uuid/fff0", packet, device=mine, called="iBBQ").items == []  # its name has said it
    assert said("uuid/fff0", "fc07c71200c83d5606", device=mine).items == []


def test_below_zero_and_unplugged(said):
    assert said("name/iBBQ", "010000002c1100006dd3ceffffff").values == {"temperature": -5}


def test_eighteen_bytes(said):
    """Constructed from the parser."""
    packet = "492400000000" + "d800" + "0e02" + "5a" + "00" * 7
    assert said("name/ITH-11-B", packet).values == {"temperature": 21.6, "humidity": 52.6, "battery": 90}


def test_the_iam_t2(said):
    """Constructed from the parser; in Fahrenheit too."""
    packet = "0062a1b2c3d40000" + "00d7" + "01c2" + "0310" + "91"
    assert said("manufacturer/3254", packet).values == {"temperature": 21.5, "humidity": 45, "co2": 784}
    fahrenheit = packet.replace("0000" + "00d7", "0002" + "02bc")
    assert said("manufacturer/3254", fahrenheit).values["temperature"] == 21.11


@pytest.mark.parametrize("topic", ["name/sps", "name/iBBQ", "name/ITH-11-B", "manufacturer/3254"])
def test_other_forms_say_nothing(said, topic):
    assert said(topic, "00").items == []
