"""Device information: texts in, facts out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from drivers.gatt.device_information import Config, DeviceInformation, claims

TEXTS = claims(Config())


@pytest.mark.parametrize(
    "characteristic, fact", [("2a24", "model"), ("2a25", "serial"), ("2a26", "firmware"), ("2a29", "maker")]
)
def test_each_text_is_a_fact(said, characteristic, fact):
    assert said(characteristic, b"Nonin Medical").facts == {fact: "Nonin Medical"}


@pytest.mark.parametrize("raw", [b"3150\0", b"3150\0\0\0", b" 3150 "])
def test_what_fills_a_text_up_is_not_part_of_it(said, raw):
    assert said("2a24", raw).facts == {"model": "3150"}


@pytest.mark.parametrize("raw", [b"", b"\0\0", b"  "])
def test_an_empty_text_says_nothing(said, raw):
    assert said("2a24", raw).items == []


def test_a_text_that_is_not_utf_8_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said("2a29", b"Masimo\xae")
    assert trouble.value.offset == 6


@given(st.sampled_from(TEXTS), st.binary(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, topic, value):
    sound(DeviceInformation(), topic, value)
