"""The list of devices is the parts' own, and what it says is so."""

import re
from pathlib import Path

from collector.metrics import METRICS
from wardkeeper import catalog
from wardkeeper.devices import listed, reference

PAGE = Path(__file__).parents[2] / "docs" / "devices.md"
FORMATS = PAGE.with_name("ble-formats.md")


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


def test_every_maker_of_advertisements_is_in_the_table_with_the_parts_that_decode_it():
    """The table of docs/ble-formats.md names parts that are there; what has none says why."""
    rows = [row.split(" | ") for row in FORMATS.read_text().splitlines() if row.startswith("| ")][1:]
    decoded = [(maker.casefold(), set(re.findall(r"`(ble\.\w+)`", by))) for maker, _, by, _ in rows]
    mine = [one for one in catalog.devices() if one.part.startswith("ble.") and one.part != "ble.tag"]
    assert [
        (one.maker, one.part)
        for one in mine
        if not any(
            one.part in parts and (one.maker == "any" or one.maker.casefold() in maker) for maker, parts in decoded
        )
    ] == []
    assert set().union(*(parts for _, parts in decoded)) <= {part.name for part in catalog.parts()}
    assert [maker for maker, _, by, why in rows if "`ble." not in by and len(why.strip("| ")) < 10] == []
