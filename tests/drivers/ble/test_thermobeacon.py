"""ThermoBeacon's loggers: captures of the tests of thermobeacon-ble in, readings out."""

import pytest


@pytest.mark.parametrize(
    "company, packet, celsius, humidity, volts",
    [
        ("0010", "0000b002000047a4e20c8001b6024a000000", 24, 43.375, 3.298),
        ("0010", "00009c0d0000fe44450cc501870217000000", 28.3125, 40.4375, 3.141),
        ("0014", "000005030000f5eb330d56013c034c030000", 21.375, 51.75, 3.379),
        ("001b", "0000832c0000d063820c6f01730205230000", 22.9375, 39.1875, 3.202),
        ("0030", "00008b0100005d44d60b5901590344000c00", 21.5625, 53.5625, 3.03),
    ],
)
def test_a_logger(said, company, packet, celsius, humidity, volts):
    assert said(f"manufacturer/{company}", packet).values == {
        "temperature": celsius,
        "humidity": humidity,
        "battery_voltage": volts,
    }


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "0000f0050000d76ebe01650000 00a70100000000",  # the extremes
        "61001600 00acfa2f0b260147 03a7e71200c0",
        "00001600 00acfa2f0b260147 03a7e71200c0",
    ],
)
def test_extremes_and_what_others_say_are_no_readings(said, packet):
    assert said("manufacturer/0010", packet).items == []
