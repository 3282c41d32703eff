"""Aranet: advertisements in, readings out.

Of the tests of Theengs' decoder (ARANET4), of Anrijs/Aranet4-Python and of home-assistant/core.
"""

import pytest

from collector.errors import BadFrame
from drivers.ble.aranet import Config, claims

[ARANET] = claims(Config())
ARANET4 = "21050301000500014304 9f01 8b27 35 0c 02 3c00 1000 55".replace(" ", "")
ARANET2 = "0121040401000000000099010000 0a02 00 3b 09 7800 5200 64".replace(" ", "")
RADIATION = "022126040100d03300006c6006008200 00 63 00 2c01 5800 72".replace(" ", "")
RADON = "0321040601000000 0700 fe01 c927 ce01 00 64 01 5802 f601 08".replace(" ", "")


@pytest.mark.parametrize(
    "packet, values",
    [
        (
            "210e0401000c0f016f030802681f1362012c018c00b9",
            {"co2": 879, "temperature": 26, "humidity": 19, "air_pressure": 804, "battery": 98},
        ),
        (ARANET4, {"co2": 1091, "temperature": 20.75, "humidity": 53, "air_pressure": 1012.3, "battery": 12}),
        (ARANET2, {"temperature": 20.45, "humidity": 52.2, "battery": 59}),
        (RADIATION, {"radiation_dose_rate": 0.13, "battery": 99}),
        (RADON, {"radon": 7, "temperature": 25.5, "humidity": 46.2, "air_pressure": 1018.5, "battery": 100}),
    ],
)
def test_what_it_says(said, packet, values):
    assert said(ARANET, packet).values == pytest.approx(values)


def test_which_it_is(said):
    assert said(ARANET, RADON).facts == {"maker": "Aranet", "model": "Aranet Radon Plus", "firmware": "1.6.4"}
    assert said(ARANET, ARANET4).facts == {"maker": "Aranet", "model": "Aranet4", "firmware": "1.3.5"}


@pytest.mark.parametrize("packet", ["210a0400000000", "01000201000000", "0101" + ARANET2[4:]])
def test_before_its_integrations_are_switched_on_it_measures_for_itself(said, packet):
    assert said(ARANET, packet).values == {}


@pytest.mark.parametrize("packet", ["", "010002", "09" + ARANET2[2:]])
def test_what_is_none_of_these_says_nothing(said, packet):
    assert said(ARANET, packet).items == []


def test_what_is_no_measurement_gives_no_reading(said):
    assert said(ARANET, "2105030100050001ffffff7fffff350c023c00100055").values == {"humidity": 53, "battery": 12}
    assert "radon" not in said(ARANET, RADON[:16] + "011f" + RADON[20:]).values


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(RADON)
    for size in range(9, 18):
        with pytest.raises(BadFrame) as trouble:
            said(ARANET, raw[:size])
        assert trouble.value.offset == size
