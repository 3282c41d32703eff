"""Blue Maestro's discs: a capture of the tests of bluemaestro-ble in, readings out; the others constructed."""

import pytest

from collector.errors import BadFrame

CLAIM = "manufacturer/0133"
THD = "17640e10000200f201f200830100010d02ab00f201f2010d02ab00f201f200ff024e0000000000"


def test_a_disc_with_humidity(said):
    found = said(CLAIM, THD)
    assert found.values == {"temperature": 24.2, "humidity": 49.8, "dew_point": 13.1, "battery": 100}
    assert found.facts["model"] == "Tempo Disc THD"


def test_below_zero(said):
    assert said(CLAIM, "0d640e100002ffce").values == {"temperature": -5, "battery": 100}


def test_with_air_pressure(said):
    assert said(CLAIM, "1b640e10000200f201f22748").values["air_pressure"] == 1005.6


def test_a_maxi(said):
    packet = "2b5a" + "00" * 13 + "6009" + "8813" + "c88b0100"
    assert said(CLAIM, packet).values == {"temperature": 24, "humidity": 50, "air_pressure": 1013.2, "battery": 90}


@pytest.mark.parametrize("size", range(1, 12))
def test_a_packet_that_ends_too_early_is_bad(said, size):
    with pytest.raises(BadFrame) as trouble:
        said(CLAIM, THD[: 2 * size])
    assert trouble.value.offset == size


@pytest.mark.parametrize("packet", ["", "01"])
def test_other_versions_say_nothing(said, packet):
    assert said(CLAIM, packet).items == []
