"""Clocks of devices."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from drivers.codecs.device_time import Timezone, in_zone, zone_of

VIENNA = ZoneInfo("Europe/Vienna")
at = datetime.fromisoformat


def test_a_clock_without_zone_counts_in_the_configured_one():
    assert in_zone(at("2026-07-01T12:00"), VIENNA) == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "said, zone",
    [
        (at("2026-07-01T12:00"), None),
        (None, VIENNA),
        (at("2000-01-01"), VIENNA),
        (at("9999-12-31T23:00"), ZoneInfo("America/New_York")),
        (at("0001-01-01"), VIENNA),
    ],
)
def test_without_a_zone_and_with_a_clock_that_was_never_set_there_is_no_time(said, zone):
    assert in_zone(said, zone) is None


def test_zones_have_names():
    assert TypeAdapter(Timezone).validate_python("Europe/Vienna") == "Europe/Vienna"
    with pytest.raises(ValidationError, match="not a time zone such as"):
        TypeAdapter(Timezone).validate_python("Mars/Olympus")
    assert zone_of("Europe/Vienna") is VIENNA
    assert zone_of(None) is None
