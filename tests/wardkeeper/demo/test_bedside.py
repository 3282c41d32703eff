"""The oximeters at the beds: real bytes on real terminals, found again after every start, understood by sessions."""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import serial

from collector.clock import ManualClock, SystemClock
from collector.reading import Reading
from wardkeeper.demo.bedside import (
    FRAMES_A_SECOND,
    TURN_S,
    Bedside,
    Masimo,
    Nonin,
    clear,
    link_config,
    nonin_packet,
    ports,
    vitals,
)
from wardkeeper.demo.programme import Programme

PATIENCE_S = 20
VECTORS = Path(__file__).parents[4] / "shared" / "data" / "serial" / "serial_vectors.jsonl"


@pytest.fixture
def bedside(world, tmp_path):
    """A running one."""
    stop = threading.Event()
    running = threading.Thread(target=Bedside(world, tmp_path / "serial", SystemClock()).run, args=(stop,))
    running.start()
    yield tmp_path / "serial"
    stop.set()
    running.join(PATIENCE_S)


def session_of(given, device="serial:bedside/one"):
    part = importlib.import_module(f"drivers.{given['protocol']}")
    return part.session(part.Config.model_validate(given.get("settings", {})), device)


def said(session, data, now):
    return {item.metric: item.value for item in session.receive(data, now) if isinstance(item, Reading)}


def test_a_port_carries_what_its_session_understands_and_nothing_else(world, bedside):
    for name, given in link_config(world, bedside)["ports"].items():
        session, found, began = session_of(given), {}, time.monotonic()
        with serial.Serial(given["address"], 9600, timeout=1) as port:
            data = port.read(1) + port.read(port.in_waiting)
            while not {"spo2", "pulse_rate"} <= found.keys():
                assert time.monotonic() - began < PATIENCE_S, name
                found |= said(session, data, SystemClock().now())
                data = port.read(1) + port.read(port.in_waiting)
        assert 94 <= found["spo2"] <= 100
        assert 50 <= found["pulse_rate"] <= 90
        assert found["sensor_fault"] is False
        assert found["technical_alarm"] == ""


def test_a_nonin_sends_75_frames_a_second(world, bedside):
    first = next(given for given in link_config(world, bedside)["ports"].values() if "nonin" in given["protocol"])
    with serial.Serial(first["address"], 9600, timeout=PATIENCE_S) as port:
        port.read(125)
        began = time.monotonic()
        port.read(5 * FRAMES_A_SECOND)
        assert time.monotonic() - began == pytest.approx(1.0, abs=0.3)


def test_a_packet_is_as_the_document_has_it():
    packet = nonin_packet(200, 97, [(9, False)] * 25)
    frames = [packet[at : at + 5] for at in range(0, 125, 5)]
    assert all(frame[0] == 1 and sum(frame[:4]) & 0xFF == frame[4] for frame in frames)
    assert [frame[1] for frame in frames] == [0x81, *[0x80] * 24]
    items = dict(enumerate((frame[3] for frame in frames), 1))
    assert (items[1], items[2], items[3], items[4]) == (1, 72, 97, 48)
    assert items[9] == items[10] == items[11] == items[16] == items[17] == 97
    assert (items[14], items[15]) == (items[20], items[21]) == (items[22], items[23]) == (1, 72)


@pytest.mark.skipif(not VECTORS.exists(), reason="the published packet is not here")
def test_a_packet_is_the_published_one_byte_for_byte():
    first = json.loads(VECTORS.read_text(encoding="utf-8").splitlines()[0])
    assert nonin_packet(72, 97, [(1, False)] * 25).hex().upper() == first["hex"]


def test_the_pulse_wave_beats_at_the_pulse(world, morning):
    """A minute of packets has as many beats as the rate says, and a beat's strength is told for 12 frames."""
    one = Nonin(1, "BO-01")
    sent = b"".join(one.turn(turn, morning + timedelta(seconds=turn * TURN_S)) for turn in range(180))
    told = [bool(sent[at + 1] & 0x02) for at in range(0, len(sent), 5)]
    beats = sum(now and not before for before, now in pairwise(told))
    pulses = [vitals(1, "BO-01", morning + timedelta(seconds=second))[0] for second in range(60)]
    assert abs(beats - sum(pulses) / 60) <= 2
    assert abs(sum(told) / beats - 12) < 1


def test_a_masimos_time_is_that_of_the_hospital(world, morning, tmp_path):
    given = next(g for g in link_config(world, tmp_path)["ports"].values() if "masimo" in g["protocol"])
    one = Masimo(1, "BO-02")
    assert one.turn(1, morning) == b""
    items = session_of(given).receive(one.turn(0, morning), morning)
    assert {item.at for item in items if isinstance(item, Reading)} == {morning}


def test_the_same_seed_sends_the_same(world, morning):
    once, again, other = Nonin(1, "BO-01"), Nonin(1, "BO-01"), Nonin(2, "BO-01")
    turns = [(turn, morning + timedelta(seconds=turn)) for turn in range(60)]
    assert [once.turn(*turn) for turn in turns] == [again.turn(*turn) for turn in turns]
    assert [once.turn(*turn) for turn in turns] != [other.turn(*turn) for turn in turns]


def test_each_device_of_the_registry_has_its_port(world, tmp_path):
    given = link_config(world, tmp_path)["ports"]
    assert {f"serial:bedside/{name}" for name in given} == {device.native_id for device in ports(world)}
    assert "bed-4-07" in given
    assert {one["protocol"] for one in given.values()} == {"serial.nonin_df2", "serial.masimo_ascii1"}


def test_whoever_does_not_read_holds_nobody_up(world, tmp_path, morning):
    clock, stop = ManualClock(morning), threading.Event()
    bedside = Bedside(world, tmp_path / "serial", clock)
    for _, terminal, oximeter in bedside._all:
        for turn in range(600):
            terminal.write(oximeter.turn(turn, morning))
    stop.set()
    bedside.run(stop)
    assert list((tmp_path / "serial").iterdir()) == []


def test_one_that_a_scene_has_unplugged_is_silent_until_it_is_plugged_in(world, tmp_path):
    clock, stop = ManualClock(), threading.Event()
    programme = Programme(clock.now())
    programme.play("talking_oximeter", "bed-4-12", clock.now())
    bedside = Bedside(world, tmp_path, clock, programme)
    silent, other = (os.open(tmp_path / name, os.O_RDONLY | os.O_NOCTTY) for name in ("bed-4-12", "bed-3-01"))
    sending = threading.Thread(target=bedside.run, args=(stop,))
    sending.start()
    assert select.select([other], [], [], 10)[0]
    assert not select.select([silent], [], [], 0)[0]
    clock.advance(20)
    assert select.select([silent], [], [], 10)[0]
    stop.set()
    sending.join()
    os.close(silent)
    os.close(other)


def test_names_are_gone_at_the_end_and_lead_somewhere_new_after_a_kill(world, tmp_path):
    """The terminal of a killed run may be somebody else's: its name never outlives the next start."""
    script = (
        "import threading, pathlib; from collector.clock import SystemClock;"
        "from wardkeeper.demo.bedside import Bedside; from wardkeeper.demo.world import build_world;"
        f"b = Bedside(build_world(1), pathlib.Path({str(tmp_path)!r}), SystemClock());"
        "print('there', flush=True); b.run(threading.Event())"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout.readline() == "there\n"
        killed.send_signal(signal.SIGKILL)
    assert (tmp_path / "bed-4-07").is_symlink()
    clear(tmp_path)
    assert list(tmp_path.iterdir()) == []
    stop = threading.Event()
    bedside = Bedside(world, tmp_path, SystemClock())
    assert (tmp_path / "bed-4-07").exists()
    stop.set()
    bedside.run(stop)
    assert list(tmp_path.iterdir()) == []
