"""Minew tags: the frames of the tests of reelyActive's advlib in, readings out; three built after it."""

import pytest

from collector.errors import BadFrame
from drivers.ble.minew import Config, claims

MINEW, MAKER = claims(Config())
CLIMATE = "a1016315803200aabbccddeeff"


@pytest.mark.parametrize(
    "frame, values",
    [
        (CLIMATE, {"battery": 99, "temperature": 21.5, "humidity": 50}),
        ("a10163f6803200aabbccddeeff", {"battery": 99, "temperature": -9.5, "humidity": 50}),
        ("a1024501aabbccddeeff", {"battery": 69}),
        ("a10364ff8000000080aabbccddeeff", {"battery": 100}),
        ("a111640001aabbccddeeff", {"battery": 100, "occupancy": True}),  # built
        ("a111640000aabbccddeeff", {"battery": 100, "occupancy": False}),  # built
        ("a118320000000001aabbccddeeff", {"battery": 50, "vibration": True}),  # built
    ],
)
def test_a_frame(said, frame, values):
    assert said(MINEW, frame).values == values


def test_a_tag_says_its_name(said):
    found = said(MINEW, "a10801aabbccddeeff504c5553")
    assert found.values == {"battery": 1}
    assert found.facts == {"maker": "Minew", "name": "PLUS"}


def test_impossible_values_are_no_readings(said):
    assert said(MINEW, "a101ff1580ff00aabbccddeeff").values == {"temperature": 21.5}


@pytest.mark.parametrize(
    "frame, values",
    [
        ("a30364197348466745233123ac007ad3", {"battery": 100, "temperature": 25.45, "humidity": 72.27}),
        ("a40163010001ff6745233123ac1234", {"battery": 99, "door_open": True, "tamper": False}),
        (
            "51012345220100efb598c3b498c0b63cbed37ebd0398bd",
            {"battery": 69, "vibration": True, "action": "press", "tamper": False},
        ),
        ("ca1b010007000165332211ac05ef197300c5000000000010", {"battery_voltage": 1.519, "temperature": 25.45}),
        ("ca1b0201016bd90e72020165332211ac030bb8", {"battery_voltage": 3, "temperature": 28.73, "humidity": 1.05}),
    ],
)
def test_a_frame_of_manufacturer_data(said, frame, values):
    assert said(MAKER, frame).values == pytest.approx(values, abs=0.01)


def test_the_second_button_and_a_tag_that_was_opened(said):
    found = said(MAKER, "5102466441ff0fef0398c6b63cc2b498c177bec0cb98bd").by_device
    [tag, second] = found
    assert found[tag] == {"battery": 100, "tamper": True, "vibration": False}
    assert second == f"{tag}/2"
    assert found[second] == {"action": "press"}


@pytest.mark.parametrize(
    "frame, model, firmware",
    [
        ("a301010017000b00010100006745233123ac23d3", "S3", "1.0.23"),
        ("a40000090600010100006745233123ac1234", "S4", "0.9.6"),
    ],
)
def test_a_sensor_says_its_firmware(said, frame, model, firmware):
    assert said(MAKER, frame).facts == {"maker": "Minew", "model": model, "firmware": firmware}


@pytest.mark.parametrize("frame", ["ca1b810007000165332211ac05ef197300c5000000000010", "ca03030005", "ca", ""])
def test_what_is_or_may_be_encrypted_says_nothing(said, frame):
    assert said(MAKER, frame).items == []


@pytest.mark.parametrize("frame", ["", "a1", "ff", "a2016315803200aabbccddeeff", "a1f06315803200"])
def test_frames_of_others_and_unknown_ones_say_nothing(said, frame):
    assert said(MINEW, frame).items == []


@pytest.mark.parametrize("size", range(2, 13))
def test_a_frame_that_ends_too_early_is_bad(said, size):
    with pytest.raises(BadFrame, match="has 13 bytes") as trouble:
        said(MINEW, bytes.fromhex(CLIMATE)[:size])
    assert trouble.value.offset == size
