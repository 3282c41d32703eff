"""Victron Energy: records in, readings out.

Encrypted ones, with their keys, of the tests of github.com/keshavdv/victron-ble, opened ones of the tests of
github.com/theengs/decoder.
"""

import pytest
from pydantic import SecretStr

from collector.errors import BadFrame, ConfigError, NoKey
from drivers.ble.victron import Config, claims
from drivers.dialects import dialect

[VICTRON] = claims(Config())
MAC = "CB:B8:33:4C:88:4F"
TAG = f"ble:{MAC}"
SHUNT = "100289a302b040af925d09a4d89aa0128bdef48c6298a9"
SHUNT_KEY = "aff4d0995b7d1e176c0c33ecb9e70dcd"
FUZZED = {"bindkeys": {"C4:7C:8D:6A:11:02": SecretStr(SHUNT_KEY)}}


def keys(key):
    return {"bindkeys": {MAC: SecretStr(key)}}


@pytest.mark.parametrize(
    "packet, key, values",
    [
        (SHUNT, SHUNT_KEY, {"": {"voltage": 12.53, "technical_alarm": "", "current": 0, "battery": 50}}),
        (
            "100242a0016207adceb37b605d7e0ee21b24df5c",
            "adeccb947395801a4dd45a2eaa44bf17",
            {"": {"voltage": 13.88, "current": 1.4, "power": 19, "technical_alarm": ""}},
        ),
        (
            "1000c0a304121d64ca8d442b90bbdf6a8cba",
            "64ba49f1a8562e45197a8e1fe50d7658",
            {"": {"technical_alarm": ""}, "/input": {"voltage": 13.15}},
        ),
        (
            "1080b0a3093523fadedea38b1af8bcbde91ca8b6dbb60e",
            "fac570d66380b797a5b7543758be00e4",
            {"": {"switch_on": True, "technical_alarm": "", "voltage": 13.07}, "/input": {"voltage": 13.07}},
        ),
    ],
)
def test_what_is_encrypted(said, packet, key, values):
    assert said(VICTRON, packet, **keys(key)).by_device == {TAG + part: said_of for part, said_of in values.items()}


@pytest.mark.parametrize(
    "packet, values",
    [
        (
            "1100b0a309ffffda0000000000000000050a0008000000",
            {"": {"switch_on": False, "technical_alarm": "", "voltage": 0.1}, "/input": {"voltage": 12.8}},
        ),
        (
            "1100f0a30fffff400000f60400000a00000081000000",
            {
                "": {"technical_alarm": "", "voltage": 12.7, "current": 0},
                "/input": {"voltage": 0.1, "current": 0},
            },
        ),
        ("110038a308ffffcc040079850cffffffffffffffff", {"": {"technical_alarm": "", "voltage": 14.01, "current": 10}}),
        (
            "11002ca308ffff00060046a500ffffffffffffbdff",
            {"": {"technical_alarm": "", "voltage": 13.5, "current": 0.5, "temperature": 21}},
        ),
        (
            "1180a5a302ffff7bffff130500008971feff7fffffffff",
            {"": {"voltage": 12.99, "technical_alarm": "", "temperature": 17.5}},
        ),
    ],
)
def test_what_a_gateway_has_opened(said, packet, values):
    assert said(VICTRON, packet).by_device == {TAG + part: said_of for part, said_of in values.items()}


@pytest.mark.parametrize(
    "packet, alarm",
    [
        ("1180a5a302ffff7bffff130505008971feff7fffffffff", "low voltage, low charge"),
        ("1180a5a302ffff7bffff130500808971feff7fffffffff", "alarm"),
        ("110038a308ffffcc041179850cffffffffffffffff", "error 17"),
    ],
)
def test_its_alarms_and_errors_are_technical(said, packet, alarm):
    assert said(VICTRON, packet).values["technical_alarm"] == alarm


def test_an_inverter_as_the_document_has_it(said):
    values = said(VICTRON, "110001a203ffff00090000e60496006cd90300").by_device
    assert values[f"{TAG}/input"] == {"voltage": 12.54}
    assert values[TAG] == {"technical_alarm": "", "apparent_power": 150, "voltage": 228.92, "current": 0.7}


def test_a_dc_energy_meter_as_the_document_has_it(said):
    values = said(VICTRON, "110089a30dffff000100f8040000897152c300").values
    assert values == {"technical_alarm": "", "voltage": 12.72, "current": 12.5, "temperature": 17.5}


def test_without_a_key_it_says_what_to_do(said):
    with pytest.raises(NoKey, match=r"bindkeys"):
        said(VICTRON, SHUNT)


def test_a_key_of_another_device_opens_nothing(said):
    with pytest.raises(BadFrame, match="another") as trouble:
        said(VICTRON, SHUNT, **keys("ff" * 16))
    assert trouble.value.offset == 7


def test_nobody_speaks_openly_for_a_device_with_a_key(said):
    with pytest.raises(BadFrame, match="somebody else"):
        said(VICTRON, "110038a308ffffcc040079850cffffffffffffffff", **keys(SHUNT_KEY))


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("110038a308ffffcc040079850cffffffffffffffff")
    for size in range(5, 20):
        with pytest.raises(BadFrame) as trouble:
            said(VICTRON, raw[:size])
        assert trouble.value.offset == size


@pytest.mark.parametrize("packet", ["", "02", "10020000ff00000000"])
def test_other_records_say_nothing(said, packet):
    assert said(VICTRON, packet).items == []


@pytest.mark.parametrize("wrong", [{"here": SecretStr(SHUNT_KEY)}, {MAC: SecretStr("ab")}])
def test_what_is_no_address_or_no_key_is_refused(wrong):
    with pytest.raises(ConfigError):
        dialect("ble.victron", {"bindkeys": wrong})
