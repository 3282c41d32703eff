"""Shelly and Homie against published messages, and every published message of every convention against all of home's
dialects at once: what is not theirs says nothing to them.

Expected values were read off the messages by hand, not computed by the decoders.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.reading import UNTIMED, Frame, Reading
from drivers.dialects import Dialects, dialect

DATA = Path(__file__).parents[3] / "shared" / "data" / "mqtt" / "mqtt_conventions.jsonl"
OURS = {"shelly2", "homie5"}
MESSAGES = 125

EXPECTED = {
    # line of the file: {device: {metric: value}}
    119: {"mqtt:shelly1minig3-54320464a1d0": {"switch_on": False}},
    120: {},  # only that the cloud is connected
    121: {"mqtt:home/Terrasse": {"switch_on": True, "device_temperature": 54}},  # °F says the same again
    122: {},  # init: neither there nor gone
    123: {},  # a number whose description was not published with it
    124: {"mqtt:homie/5/mydevid": {"technical_alarm": "Battery is low, at 8%"}},
}
SAID_AT = {119: datetime(2025, 1, 11, 13, 56, 50, 490000, tzinfo=UTC)}


def messages():
    if not DATA.exists():
        return [pytest.param(0, {}, marks=pytest.mark.skip(reason=f"needs the conformance data: {DATA.name}"))]
    rows = [json.loads(line) for line in DATA.read_text().splitlines()]
    assert len(rows) == MESSAGES
    return [pytest.param(line, row, id=f"{line}-{row['topic'][:40]}") for line, row in enumerate(rows, 1)]


@pytest.fixture(scope="module")
def dialects():
    return Dialects(
        [
            dialect("mqtt.shelly", {"prefixes": ["+", "home/+"]}),
            dialect("mqtt.homie"),
            dialect("mqtt.esphome"),
            dialect("mqtt.home_assistant", {"topics": ["#"]}),
        ]
    )


@pytest.mark.parametrize("line, row", messages())
def test_a_published_message(dialects, line, row):
    payload = row["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    items = [one for one in dialects.decode(Frame("test", row["topic"], raw, UNTIMED)) if isinstance(one, Reading)]
    found = {}
    for one in items:
        metrics = found.setdefault(one.device, {})
        assert one.metric not in metrics, "a quantity twice"
        metrics[one.metric] = one.value
    assert (line in EXPECTED) is (row["convention"] in OURS)
    assert found == EXPECTED.get(line, {})
    assert {one.at for one in items} <= {SAID_AT.get(line, UNTIMED)}


def test_the_engine_of_the_homie_row_once_it_is_described():
    """The row's own document describes the property like this; the value that came before is read then."""
    if not DATA.exists():
        pytest.skip(f"needs the conformance data: {DATA.name}")
    row = json.loads(DATA.read_text().splitlines()[122])
    homie = Dialects([dialect("mqtt.homie")])
    value = Frame("test", row["topic"], row["payload"].encode(), UNTIMED)
    assert not homie.decode(value)
    properties = {"temperature": {"name": "Engine temperature", "unit": "°C", "datatype": "float"}}
    said = {"homie": "5.0", "version": 1, "nodes": {"engine": {"properties": properties}}}
    description = Frame("test", "homie/5/super-car/$description", json.dumps(said).encode(), UNTIMED)
    (reading,) = homie.decode(description)
    assert (reading.device, reading.metric, reading.value) == ("mqtt:homie/5/super-car/engine", "temperature", 21.5)
