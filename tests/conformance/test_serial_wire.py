"""Published frames of CMS50D+, IntelliVue's framing, Masimo's rainbow fields and MEDIBUS' checksum, read in place."""

import json
from pathlib import Path

import pytest

from drivers.codecs.checksums import hex_sum8, last_is_fcs16
from drivers.codecs.framer import Escaped, Framer
from drivers.serial import cms50d, masimo_ascii1
from tests.drivers.serial.conftest import NOW

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "serial" / "serial_vectors.jsonl"


def vectors(protocol):
    if not VECTORS.is_file():
        pytest.skip("the published vectors are not here (../shared/data/serial)")
    found = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    return [each for each in found if each["protocol"].startswith(protocol)]


def said(module, data):
    items = module.session(module.Config(), "serial:ward/bench").receive(data, NOW)
    return {one.metric: one.value for one in items if hasattr(one, "metric")}


def test_cms50d():
    alarms = {"finger_out": "no finger", "searching": "searching for the pulse", "probe_error": "probe error"}
    [published] = vectors("cms50dplus")
    for vector in published["vectors"]:
        expect = vector["expect"]
        found = said(cms50d, bytes.fromhex(vector["hex"]))
        assert found.get("spo2") == expect.get("spo2")
        assert found.get("pulse_rate") == (expect.get("hr") or None)
        assert found["technical_alarm"] == "".join(alarms[name] for name in alarms if expect.get(name))
        assert found["sensor_fault"] is expect.get("probe_error", False)


def test_masimo_rainbow_fields():
    for vector in vectors("masimo-ascii1"):
        found = said(masimo_ascii1, vector["line"].encode() + b"\r\n")
        assert (found.get("spco"), found.get("spmet")) == (vector["expect"]["spco"], vector["expect"]["spmet"])


def test_intellivue_frames():
    form = Escaped(start=b"\xc0", end=b"\xc1", longest=4096, check=last_is_fcs16)
    for vector in vectors("intellivue-mib-frame"):
        [(_, frame)] = Framer(form).feed(bytes.fromhex(vector["frame_hex"]))
        assert frame[:-2].hex() == vector["payload_hex"]


def test_medibus_checksum():
    for vector in vectors("medibus"):
        if "frame_hex" in vector:
            frame = bytes.fromhex(vector["frame_hex"])
            assert frame[-3:] == hex_sum8(frame[:-3]) + b"\r"
