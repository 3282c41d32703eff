"""Laird Connectivity: records in, readings out.

Of the tests of github.com/reelyactive/advlib-ble-manufacturers; that of a battery that is low is written after them.
"""

import pytest

from collector.errors import BadFrame
from drivers.ble.laird import Config, Laird, claims
from tests.drivers.conftest import TAG

[LAIRD] = claims(Config())
TEMPERATURE = "0100000000006655443322110101001e621562ce04000000"


@pytest.mark.parametrize(
    "packet, values",
    [
        (TEMPERATURE, {TAG: {"temperature": 12.3}}),
        (TEMPERATURE[:38] + "0cfe000000", {TAG: {"temperature": -5}}),
        ("0100000000006655443322110201001e6215620000000000", {TAG: {"door_open": False}}),
        ("0100000000006655443322110c01001e621562050d000000", {TAG: {"battery_voltage": 3.333, "battery_low": False}}),
        ("0100000000006655443322111001001e621562050d000000", {TAG: {"battery_voltage": 3.333, "battery_low": True}}),
        ("0100000000006655443322110d01001e621562050d000000", {TAG: {"battery_voltage": 3.333}}),
        ("0100000000006655443322111401001e6215620000a84100", {f"{TAG}/3": {"temperature": 21}}),
        ("0100000000006655443322111401001e6215620000c07f00", {}),
        ("0100000000006655443322111f01001e6215620000044200", {}),
        ("81ffffff000066554433221100001e621562000130ce0000", {}),
        ("", {}),
    ],
)
def test_what_it_says(said, packet, values):
    assert said(LAIRD, packet).by_device == values


def test_the_number_of_the_record(said):
    assert Laird().sequence(said.frame(LAIRD, TEMPERATURE)) == 1
    assert Laird().sequence(said.frame(LAIRD, TEMPERATURE[:20])) is None


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(TEMPERATURE)
    for size in range(2, 23):
        with pytest.raises(BadFrame) as trouble:
            said(LAIRD, raw[:size])
        assert trouble.value.offset == size
