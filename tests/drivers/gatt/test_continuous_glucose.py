"""Continuous glucose monitors. Values with a source are of Nordic's Android-BLE-Common-Library."""

import pytest

from collector.errors import BadFrame
from drivers.codecs.checksums import crc16_mcrf4xx
from drivers.gatt.continuous_glucose import Config, claims

MEASURED, STATUS = claims(Config())
FULL = "0fe3d2e405000214ff02f0e5f38e3f"  # Nordic, "full"


@pytest.mark.parametrize(
    "value, glucose",
    [
        (FULL, 12.34),
        ("06000c100600", 120),  # Nordic, "small"
        ("08000c100600596f", 120),  # Nordic's "crcError", put right
    ],
)
def test_a_measurement(said, value, glucose):
    assert said(MEASURED, value).values == {"glucose_interstitial": glucose}


def test_of_several_measurements_in_one_notification_the_newest_counts(said):
    """Nordic, "double", with another second value: all would have the time of this notification."""
    assert said(MEASURED, "06000c100500" + "06000d100600").values == {"glucose_interstitial": 130}


@pytest.mark.parametrize("value", ["0600ff070600", "060000080600"])
def test_what_is_no_number_is_no_reading(said, value):
    assert said(MEASURED, value).items == []


@pytest.mark.parametrize(
    "topic, value, why, offset",
    [
        (MEASURED, "08000c100600586f", "checksum", 6),  # Nordic, "crcError"
        (STATUS, "0600010101a7e0", "checksum", 5),  # Nordic, "crcError"
        (STATUS, "060001010101", "longer than its fields", 5),  # Nordic, "invalid"
        (MEASURED, "07000c10060000", "longer than its fields", 6),
        (MEASURED, "06e30c1006", "record of 6 bytes", 5),
        (MEASURED, "07e30c10060000", "ends inside its", 7),  # Nordic, "invalid": flags without their fields
        (MEASURED, "", "record of 6 bytes", 0),
        (MEASURED, "06000c100600" + "00", "record of 6 bytes", 7),
        (STATUS, "06000101", "ends inside its status", 4),
    ],
)
def test_what_is_bad(said, topic, value, why, offset):
    with pytest.raises(BadFrame, match=why) as trouble:
        said(topic, value)
    assert trouble.value.offset == offset


@pytest.mark.parametrize(
    "value, said_of_it",
    [
        ("05003f3fffa7e0", "everything"),  # Nordic, with its checksum
        ("0600010101", "session stopped, clock must be set"),  # Nordic, without
        ("0600000000", ""),
        ("06000000ff", ""),  # the patient's values are no technical alarm
    ],
)
def test_what_is_wrong_with_the_sensor(said, value, said_of_it):
    found = said(STATUS, value).values
    everything = said_of_it == "everything"
    assert (found["battery_low"], found["sensor_fault"]) == (everything, everything)
    if not everything:
        assert found["technical_alarm"] == said_of_it


def test_the_checksum_is_that_of_the_catalogue():
    assert crc16_mcrf4xx(b"123456789") == 0x6F91
