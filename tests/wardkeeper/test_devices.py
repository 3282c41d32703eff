"""The list of devices is the parts' own, and what it says is so."""

from pathlib import Path

from collector.metrics import METRICS
from wardkeeper import catalog
from wardkeeper.devices import listed, reference

PAGE = Path(__file__).parents[2] / "docs" / "devices.md"


def test_the_page_is_what_the_parts_say():
    assert PAGE.read_text() == "".join(reference()), "python -m wardkeeper.devices > docs/devices.md"


def test_every_device_measures_what_is_a_metric_and_is_listed_once():
    devices = catalog.devices()
    assert {metric for one in devices for metric in one.measures} <= set(METRICS)
    named = [(one.maker, one.model, one.part) for one in devices]
    assert len(set(named)) == len(named)


def test_every_decoder_and_protocol_lists_devices():
    parts = [part for part in catalog.parts() if part.name.partition(".")[0] in ("ble", "gatt", "serial", "mqtt")]
    assert [part.name for part in parts if not getattr(part.module, "DEVICES", ())] == []


def test_a_word_finds_devices_with_their_maker_before_them():
    found = list(listed("nonin"))
    assert found[0] == "Nonin"
    assert all("serial.nonin" in line for line in found[1:])
