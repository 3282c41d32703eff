"""Our decoders against bthome-ble and ruuvitag-ble on packets of chance, where somebody has installed them.

They pull a GPL library, so no lock of ours names them: pip install bthome-ble ruuvitag-ble
"""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.reading import UNTIMED, Frame, Reading
from drivers.ble import bthome, ruuvi

ADDRESS = "A4:C1:38:8D:18:B2"
NAMES = {"pressure": "air_pressure", "carbon_dioxide": "co2", "water": "water_volume"}
VOC = "volatile_organic_compounds"


def theirs(parser, service_data=None, manufacturer_data=None):
    """{metric: values, in order of size}"""
    habluetooth = pytest.importorskip("habluetooth")
    from bleak.backends.device import BLEDevice

    heard = habluetooth.BluetoothServiceInfoBleak(
        name="tag",
        address=ADDRESS,
        rssi=-60,
        manufacturer_data=manufacturer_data or {},
        service_data=service_data or {},
        service_uuids=[],
        source="local",
        device=BLEDevice(ADDRESS, "tag", {}),
        time=0,
        advertisement=None,
        connectable=False,
        tx_power=0,
    )
    found = {}
    for key, entity in parser.update(heard).entity_values.items():
        name, _, nth = str(getattr(key.key, "value", key.key)).rpartition("_")
        name = name if nth.isdigit() else f"{name}_{nth}".lstrip("_")
        metric = "tvoc" if name == VOC else NAMES.get(name, name)
        if isinstance(entity.native_value, int | float):
            found.setdefault(metric, []).append(round(entity.native_value, 3))
    return {metric: sorted(values) for metric, values in found.items()}


def ours(decoder, topic, payload):
    found = {}
    for one in decoder.decode(Frame("test", topic, payload, UNTIMED, device=f"ble:{ADDRESS}", family="ble")):
        if isinstance(one, Reading) and isinstance(one.value, float):
            found.setdefault(one.metric, []).append(round(one.value, 3))
    return {metric: sorted(values) for metric, values in found.items()}


COARSE = {0x58}
"""They round this temperature of 0.35 °C to one decimal."""
NUMBERS = sorted(
    known for known, of in bthome.OBJECTS.items() if isinstance(of.value(1.0), float) and known not in COARSE
)


@given(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4, unique=True), st.binary(min_size=16, max_size=16))
def test_bthome(several, chance):
    theirs_of = pytest.importorskip("bthome_ble").BTHomeBluetoothDeviceData()
    packet = b"\x40"
    for known in sorted(several):
        packet += bytes([known]) + chance[: bthome.OBJECTS[known].size]
        chance = chance[bthome.OBJECTS[known].size :]
    expected = theirs(theirs_of, {"0000fcd2-0000-1000-8000-00805f9b34fb": packet})
    del expected["signal_strength"]
    assert ours(bthome.Bthome(bthome.Config()), "service/fcd2", packet) == expected


@given(st.integers(-32767, 32767), st.integers(0, 40_000), st.integers(0, 65534), st.integers(0, 2046))
def test_ruuvi_5(temperature, humidity, pressure, millivolts):
    theirs_of = pytest.importorskip("ruuvitag_ble").RuuvitagBluetoothDeviceData()
    packet = struct.pack(">BhHHhhhHBH6x", 5, temperature, humidity, pressure, 0, 0, 0, millivolts << 5, 66, 205)
    expected = theirs(theirs_of, manufacturer_data={0x0499: packet})
    found = ours(ruuvi.Ruuvi(), "manufacturer/0499", packet)
    assert [round(value * 1000) for value in found.pop("battery_voltage")] == expected["voltage"]
    for metric, values in found.items():
        assert expected[metric] == pytest.approx(values, abs=0.0051), metric
