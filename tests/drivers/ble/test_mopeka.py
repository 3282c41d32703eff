"""Mopeka's tank sensors: captures of the tests of mopeka-iot-ble in, readings out."""

import pytest

CLAIM = "manufacturer/0059"
PACKET, DEVICE = "08724600c0e0f509f0d8", "ble:C9:F3:32:E0:F5:09"


def test_a_sensor(said):
    found = said(CLAIM, PACKET, device=DEVICE)
    assert found.by_device == {DEVICE: {"temperature": 30, "battery": 100, "battery_voltage": 3.5625}}
    assert found.facts == {"maker": "Mopeka", "model": "Pro Plus"}


def test_a_pressed_button(said):
    assert said(CLAIM, PACKET[:4] + "c6" + PACKET[6:], device=DEVICE).by_device[DEVICE]["action"] == "press"


@pytest.mark.parametrize("packet", ["", "08", PACKET[:-2], "07" + PACKET[2:]])
def test_other_forms_say_nothing(said, packet):
    assert said(CLAIM, packet, device=DEVICE).items == []


def test_what_others_send_under_the_same_company_id_is_not_ours(said):
    """It does not repeat the end of the address."""
    assert said(CLAIM, PACKET).items == []
