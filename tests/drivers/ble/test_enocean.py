"""EnOcean: telegrams in, readings out.

The first is the example of the EMDCB's manual, the second of the tests of
github.com/reelyactive/advlib-ble-manufacturers; the others are written after the manuals.
"""

import pytest

from collector.errors import BadFrame
from drivers.ble.enocean import Config, Enocean, claims

[ENOCEAN] = claims(Config())
EMDCB = "57E2010002AA44D6004535002002C8CC5712"
STM_550B = "a400000041681344c204405709062b2001c724eaf0"


@pytest.mark.parametrize(
    "packet, values",
    [
        (EMDCB, {"battery": 85, "illuminance": 53, "occupancy": True}),
        (
            STM_550B,
            {"battery_voltage": 2.484, "illuminance": 1218, "temperature": 23.91, "humidity": 21.5, "occupancy": False},
        ),
        ("57E20100 409CFF 06FE C8CC5712".replace(" ", ""), {"temperature": -1}),
        ("57E20100 40FF7F 45FEFF 2003 C8CC5712".replace(" ", ""), {}),
        ("57E20100 FC03010203 0229 C8CC5712".replace(" ", ""), {"battery": 20.5}),
        ("57E20100 3E" + "00" * 22 + "C8CC5712", {}),
        ("5f0000000909df40a3", {}),
        ("", {}),
    ],
)
def test_what_it_says(said, packet, values):
    assert said(ENOCEAN, packet.replace(" ", "")).values == values


def test_the_number_of_the_telegram(said):
    assert Enocean().sequence(said.frame(ENOCEAN, EMDCB)) == 0x0001E257
    assert Enocean().sequence(said.frame(ENOCEAN, "57E2")) is None


@pytest.mark.parametrize("packet", ["57E20100024445C8CC5712", "57E2010002AA80000000C8CC5712"])
def test_a_value_that_ends_too_early_is_bad(said, packet):
    with pytest.raises(BadFrame) as trouble:
        said(ENOCEAN, packet)
    assert trouble.value.offset == len(packet) // 2
