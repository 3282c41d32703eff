"""The serial protocols against published bytes: every value that they hold is said, and nothing else."""

import io
import json
from pathlib import Path

import pytest

from drivers.streams import decode_stream

DATA = Path(__file__).parents[3] / "shared" / "data" / "serial"


def vectors(protocol):
    file = DATA / "serial_vectors.jsonl"
    if not file.is_file():
        return []
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [each for each in found if each["protocol"].startswith(protocol)]


def decoded(kind, data, form="raw"):
    out, err = io.StringIO(), io.StringIO()
    decode_stream(kind, [data], out, err, form)
    return [(one["metric"], one["value"]) for one in map(json.loads, out.getvalue().splitlines())], err.getvalue()


@pytest.fixture(autouse=True)
def _there():
    if not DATA.is_dir():
        pytest.skip("the published vectors are not here (../shared/data/serial)")


def test_nonin_packet():
    [vector] = [each for each in vectors("nonin-df2") if "hex" in each]
    said, err = decoded("serial.nonin_df2", vector["hex"].encode(), "hex")
    assert not err
    assert dict(said) == {
        "pulse_rate": vector["expect"]["heart_rate"],
        "spo2": vector["expect"]["spo2"],
        "sensor_fault": False,
        "technical_alarm": "",
    }


def test_nonin_is_not_shifted_by_stray_frames():
    [packet] = [bytes.fromhex(each["hex"]) for each in vectors("nonin-df2") if "hex" in each]
    stray = bytes.fromhex("0180010082" * 2 + "0181010083")
    said, _ = decoded("serial.nonin_df2", packet + stray + packet)
    assert [value for metric, value in said if metric in {"pulse_rate", "spo2"}] == [72, 97] * 2


FLAGS = {"sensor_alarm": "sensor gives nothing usable", "sensor_disconnect": "sensor disconnected"}


def test_nonin_status():
    [packet] = [bytes.fromhex(each["hex"]) for each in vectors("nonin-df2") if "hex" in each]
    for vector in vectors("nonin-status"):
        status, flag = int(vector["hex"], 16), vector["expect"]["flag"]
        second = bytes([1, status, *packet[7:9]])
        changed = packet[:5] + second + bytes([sum(second) & 0xFF]) + packet[10:]
        said = dict(decoded("serial.nonin_df2", changed)[0])
        assert said["technical_alarm"] == FLAGS.get(flag, "")
        assert said["sensor_fault"] is (flag == "sensor_disconnect")


def test_masimo_lines():
    for vector in vectors("masimo-ascii1"):
        said, err = decoded("serial.masimo_ascii1", vector["line"].encode())
        names = {"spo2": "spo2", "pulse_rate": "bpm", "perfusion_index": "pi"}
        assert not err
        assert {metric: value for metric, value in said if metric in names} == {
            metric: vector["expect"][name] for metric, name in names.items()
        }


def test_masimo_capture():
    said, err = decoded("serial.masimo_ascii1", (DATA / "masimo_rad8_ascii1.txt").read_bytes(), "ansi")
    assert not err
    lines = (DATA / "masimo_rad8_ascii1.txt").read_text().splitlines()
    assert len([value for metric, value in said if metric == "spo2"]) == len([one for one in lines if "SPO2=0" in one])
