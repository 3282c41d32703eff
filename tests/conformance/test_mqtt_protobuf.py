"""Sparkplug B and ChirpStack against published messages, and every published message of every convention against both
and Aruba's at once: what is not theirs says nothing to them.

Expected values were read off the messages by hand, not computed by the decoders.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.reading import UNTIMED, Announcement, Frame, Reading
from drivers.dialects import Dialects, dialect

DATA = Path(__file__).parents[3] / "shared" / "data" / "mqtt" / "mqtt_conventions.jsonl"
OURS = {"chirpstack4", "sparkplugB"}
MESSAGES = 125
LORAWAN = "lorawan:0101010101010101"
NODE = "mqtt:spBv1.0/Sparkplug B Devices/Raspberry Pi"

EXPECTED = {
    # line of the file: {device: {metric: value}}
    107: {LORAWAN: {"link_margin": 10, "battery": 88.3}},
    108: {},  # that a message to the device arrived
    109: {},  # that one was sent
    110: {},  # that somebody's join was not believed
    125: {NODE: {"available": True, "voltage": 12.1}},
}
SAID_AT = {
    107: datetime(2022, 7, 18, 9, 35, 6, 927000, tzinfo=UTC),
    125: datetime(2017, 2, 3, 17, 55, 2, 122000, tzinfo=UTC),
}
TOLD = {
    **dict.fromkeys(
        (107, 108, 110), (LORAWAN, {"name": "Test device", "model": "Test device-profile", "address": LORAWAN[8:]})
    ),
    125: (NODE, {"name": "Raspberry Pi", "maker": "Raspberry Pi"}),
}


def messages():
    if not DATA.exists():
        return [pytest.param(0, {}, marks=pytest.mark.skip(reason=f"needs the conformance data: {DATA.name}"))]
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    assert len(rows) == MESSAGES
    return [pytest.param(line, row, id=f"{line}-{row['topic'][:40]}") for line, row in enumerate(rows, 1)]


@pytest.fixture(scope="module")
def dialects():
    return Dialects(
        [dialect("mqtt.sparkplug"), dialect("mqtt.chirpstack"), dialect("mqtt.aruba_iot", {"topics": ["aruba/#"]})]
    )


@pytest.mark.parametrize("line, row", messages())
def test_a_published_message(dialects, line, row):
    payload = row["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    items = dialects.decode(Frame("test", row["topic"], raw, UNTIMED)) or ()
    readings = [one for one in items if isinstance(one, Reading)]
    found = {}
    for one in readings:
        metrics = found.setdefault(one.device, {})
        assert one.metric not in metrics, "a quantity twice"
        metrics[one.metric] = one.value
    assert (line in EXPECTED) is (row["convention"] in OURS)
    assert found == EXPECTED.get(line, {})
    assert {one.at for one in readings if one.metric != "available"} == ({SAID_AT[line]} if line in SAID_AT else set())
    told = {(one.device, *one.facts.items()) for one in items if isinstance(one, Announcement)}
    device, facts = TOLD.get(line, ("", {}))
    assert told == ({(device, *facts.items())} if device else set())
