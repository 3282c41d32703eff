"""Protocols that ask, against published bytes: their checks, frames and numbers, and what they may never send."""

import json
from pathlib import Path

import pytest

from drivers.codecs.checksums import crc16_ccitt_false, crc16_x25
from drivers.serial import alaris_asena, intellivue, medibus
from tests.drivers.serial.conftest import NOW
from tests.drivers.serial.test_intellivue import numerics, value

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def _there():
    if not DATA.is_dir():
        pytest.skip("the published vectors are not here (../shared/data)")


def vectors(protocol):
    lines = (DATA / "serial" / "serial_vectors.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["protocol"] == protocol]


def test_alaris_checks_and_the_four_questions():
    published = json.loads((DATA / "serial" / "alaris_asena_crc.json").read_text())["vectors"]
    assert {text: f"{crc16_ccitt_false(text.encode()):04X}" for text in published} == published
    one, sent, now = alaris_asena.session(alaris_asena.Config(), "serial:ward/pump"), set(), NOW
    for _ in range(20):
        now = max(now, one.due())
        if query := one.next(now):
            sent.add(query.data.decode())
    may = ("INF", "COMMS_PROTOCOL", "INST_SERIALNO", "INF_VTBI")
    assert sent == {f"!{text}|{published[text]}\r" for text in may}


def test_medibus_opens_with_the_published_command():
    [vector] = vectors("medibus")
    assert medibus.session(medibus.Config(), "serial:icu/vent").next(NOW).data.hex() == vector["frame_hex"]


def test_intellivue_frames():
    for vector in vectors("intellivue-mib-frame"):
        payload = bytes.fromhex(vector["payload_hex"])
        whole = intellivue.FORM.framed(payload + crc16_x25(payload).to_bytes(2, "little"))
        assert whole.hex() == vector["frame_hex"]


def test_intellivue_numbers():
    numbers = json.loads((DATA / "interop" / "mdc_float32_vectors.json").read_text())
    for vector in numbers["vectors"]:
        raw = (vector["exp"] & 0xFF) << 24 | vector["man"] & 0xFF_FFFF
        one = intellivue.session(intellivue.Config(), "serial:icu/mp50")
        [reading] = one.receive(numerics(value(16770, 2720, raw)), NOW)
        assert reading.value == pytest.approx(vector["want"])
    for raw in numbers["specials"].values():
        one = intellivue.session(intellivue.Config(), "serial:icu/mp50")
        assert one.receive(numerics(value(16770, 2720, int(raw, 16))), NOW) == []


def test_intellivue_codes_are_those_of_the_nomenclature():
    rows = [json.loads(line) for line in (DATA / "interop" / "metric_codes.jsonl").read_text().splitlines()]
    codes = {
        row["metric"]: (row["mdc"] & 0xFFFF, row["mdc_unit"] & 0xFFFF) for row in rows if row["mdc"] and row["mdc_unit"]
    }
    own = {metric: pair for pair, metric in intellivue._METRICS.items()}
    shared = codes.keys() & own.keys() - {"pulse_rate", "etco2"}  # the monitor's own identifiers of these two
    assert len(shared) >= 6
    assert {metric: own[metric] for metric in shared} == {metric: codes[metric] for metric in shared}
