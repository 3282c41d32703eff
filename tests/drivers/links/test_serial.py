"""The serial link on real pseudo-terminals: bytes in, readings out, whatever is pulled out on the way."""

import os
import random
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.clock import SystemClock
from collector.counters import Counters
from collector.ports import Query
from collector.reading import Reading
from collector.supervisor import Supervised
from drivers.codecs.line import Line
from drivers.links.link import House
from drivers.links.ring import Ring
from drivers.links.serial import Config, SerialLink, open_link
from drivers.links.serial_port import Plug, Port
from tests.drivers.links.conftest import Memory
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Device

NONIN = "serial.nonin_df2"


def values(memory, metric, device="serial:bed-12/nonin"):
    return [
        one.value for one in memory.items if isinstance(one, Reading) and (one.device, one.metric) == (device, metric)
    ]


def ups(memory, port="nonin"):
    return values(memory, "link_up", f"link:bed-12/{port}")


@pytest.fixture
def device(tmp_path):
    """A function that plugs a device in; at the end none of them may have been sent anything."""
    devices = {}

    def plug_in(name="nonin"):
        devices[name] = Device(tmp_path / f"usb-{name}")
        return devices[name]

    yield plug_in
    for each in devices.values():
        assert each.heard() == b""
        each.close()


@pytest.fixture
def run():
    """A function that runs a link under supervision, as the house does."""
    running = {}

    def start(link):
        running[link.name] = Supervised(link.name, link.run, SystemClock(), shortest_s=0.01)
        running[link.name].start()
        return link

    start.end = lambda link: running[link.name].stop()
    start.defects = 0
    yield start
    for one in running.values():
        assert one.stop()
        assert one.status.failures == start.defects


@pytest.fixture
def house(intake, counters, clock):
    return House(intake, counters, clock, lambda *_: "")


@pytest.fixture
def link(house, run):
    """A function that runs a link to devices by name, and waits until all are open."""

    def start(_up=True, ring=10_000, **devices):
        ports = {name: {"protocol": NONIN, "address": str(each.path)} for name, each in devices.items()}
        one = run(open_link("bed-12", Config(ports=ports, ring=ring), house))
        if _up:
            house.intake.wait(lambda memory: all(True in ups(memory, name) for name in devices))
        return one

    return start


def test_a_packet_gives_readings_of_the_device_on_the_port(device, link, intake):
    nonin = device()
    bedside = link(nonin=nonin)
    nonin.send(packet(rate=72, spo2=97))
    intake.wait(lambda memory: values(memory, "pulse_rate") == [72] and values(memory, "spo2") == [97])
    assert values(intake, "link_up", "link:bed-12") == ups(intake) == [True]
    [port] = bedside.status.parts
    assert (port.name, port.kind, port.address, port.state) == ("nonin", NONIN, str(nonin.path), "up")
    assert port.last_frame
    assert port.frames_per_minute == bedside.status.frames_per_minute == 1
    assert (bedside.status.state, bedside.status.error, bedside.status.hint) == ("up", "", "")


def test_pulled_out_and_put_back_it_is_found_again_under_another_number(device, link, intake):
    nonin = device()
    bedside = link(nonin=nonin)
    number = nonin.tty
    nonin.send(packet(rate=60)[:60])
    other = device("other")
    nonin.pull_out()
    intake.wait(lambda memory: ups(memory) == [True, False])
    intake.wait(lambda memory: values(memory, "link_up", "link:bed-12") == [True, False])
    status = bedside.status
    assert (status.state, status.parts[0].state) == ("down", "down")
    assert "Plug it in" in status.hint
    os.openpty()  # takes the old number
    nonin.plug_in()
    assert nonin.tty not in {number, other.tty}
    intake.wait(lambda memory: ups(memory) == [True, False, True])
    nonin.send(packet(rate=60)[60:] + packet(rate=61))
    intake.wait(lambda memory: values(memory, "pulse_rate") == [61])
    assert bedside.status.state == "up"


def test_a_port_that_is_not_there_is_said_with_what_to_do_and_taken_up_when_it_comes(device, link, intake):
    nonin = device()
    nonin.pull_out()
    bedside = link(nonin=nonin, _up=False)
    while bedside.status.parts[0].state != "down":
        threading.Event().wait(0.01)
    [port] = bedside.status.parts
    assert port.error == f"There is no {nonin.path}"
    assert bedside.status.error == f"nonin: {port.error}"
    assert port.hint.startswith("Plug it in, or correct the address")
    nonin.plug_in()
    intake.wait(lambda memory: ups(memory) == [True])


def test_after_corruption_it_is_in_step_again_within_one_packet(device, link, intake, counters):
    nonin = device()
    link(nonin=nonin)
    broken = packet(rate=60)
    nonin.send(packet(rate=59) + broken[:62] + b"\x00" + broken[63:] + packet(rate=61))
    intake.wait(lambda memory: 61 in values(memory, "pulse_rate"))
    assert values(intake, "pulse_rate") == [59, 61]
    [figures] = counters.inputs()
    assert figures.bad_frames == 1
    [bad] = figures.bad
    assert (bad.link, bad.topic, bad.offset, bad.size, bad.head) == ("bed-12", "nonin", 185, 5, "")


def test_no_false_packet_at_one_percent_of_corrupted_bytes(device, link, intake):
    chance = random.Random(75)
    nonin = device()
    link(nonin=nonin)
    for n in range(1000):
        sent = packet(60 + n % 50, 97, pleth=n % 250)
        nonin.send(bytes(chance.randrange(256) if chance.random() < 0.01 else byte for byte in sent))
        if n % 10 == 9:
            nonin.send(packet(200 + n % 50))
            intake.wait(lambda memory, n=n: 200 + n % 50 in values(memory, "pulse_rate")[-1:])
    rates = [rate for rate in values(intake, "pulse_rate") if rate < 200]
    assert 200 < len(rates) < 800
    assert all(60 <= rate < 110 for rate in rates)
    assert set(values(intake, "spo2")) == {97}


@settings(max_examples=5)
@given(st.lists(st.tuples(st.binary(max_size=400), st.integers(0, 125)), min_size=10, max_size=30))
def test_whatever_comes_before_it_the_second_whole_packet_is_heard(rubbish):
    memory, clock = Memory(), SystemClock()
    with tempfile.TemporaryDirectory() as folder, closing(Device(Path(folder) / "port")) as nonin:
        ports = {"nonin": {"protocol": NONIN, "address": str(nonin.path)}}
        link = open_link("bed-12", Config(ports=ports), House(memory, Counters(clock), clock, lambda *_: ""))
        thread = Supervised("link", link.run, clock)
        thread.start()
        memory.wait(lambda memory: ups(memory) == [True])
        for n, (noise, cut) in enumerate(rubbish):
            nonin.send(noise + packet(60)[cut:] + packet(61) + packet(100 + n))
            memory.wait(lambda memory, n=n: values(memory, "pulse_rate")[-1:] == [100 + n])
        assert nonin.heard() == b""
        assert thread.stop()


# ---------------------------------------------------------------- no room


def test_a_full_intake_never_blocks_a_device_and_the_oldest_are_lost_and_counted(device, link, intake, counters):
    nonin = device()
    bedside = link(nonin=nonin, ring=100)
    intake.full = True
    for n in range(1000):  # 125 kB: more than any buffer of the kernel
        while True:
            try:
                nonin.send(packet(rate=50 + n % 200))
                break
            except BlockingIOError:
                threading.Event().wait(0.005)
    while counters.inputs()[0].readings < 4000:
        threading.Event().wait(0.005)
    assert bedside.status.state == bedside.status.parts[0].state == "paused"
    intake.full = False
    intake.wait(lambda memory: values(memory, "pulse_rate")[-1:] == [50 + 999 % 200])
    assert len(values(intake, "pulse_rate")) == 25
    [figures] = counters.inputs()
    assert figures.lost + len(intake.items) >= 4000


def test_the_ring_keeps_the_newest_in_order(intake, house):
    ring = Ring("bed-12", 5, house)
    items = [Reading("d", "spo2", float(n), house.clock.now(), house.clock.now()) for n in range(12)]
    intake.full = True
    for item in items:
        ring.put([item])
    assert len(ring) == 5
    intake.full = False
    ring.put([items[0]])
    ring.flush()
    assert intake.values("spo2") == [8, 9, 10, 11, 0]
    assert house.counters.inputs()[0].lost == 8


class OneIsRefused(Memory):
    """No room for what comes from bed 1."""

    def offer(self, items, durable=None, key=None):
        if any(one.device == "serial:bed-12/stuck" for one in items):
            return False
        return super().offer(items, durable, key)


def test_a_port_that_is_stuck_holds_up_no_other(device, run, clock, counters):
    stuck, free = device("stuck"), device("free")
    memory = OneIsRefused()
    ports = {
        each: {"protocol": NONIN, "address": str(one.path)} for each, one in {"stuck": stuck, "free": free}.items()
    }
    bedside = run(open_link("bed-12", Config(ports=ports), House(memory, counters, clock, lambda *_: "")))
    memory.wait(lambda memory: ups(memory, "stuck") == ups(memory, "free") == [True])
    stuck.send(packet(rate=60))
    for n in range(20):
        free.send(packet(rate=100 + n))
        memory.wait(lambda memory, n=n: values(memory, "pulse_rate", "serial:bed-12/free")[-1:] == [100 + n])
    assert {part.name: part.state for part in bedside.status.parts} == {"stuck": "paused", "free": "up"}


# ---------------------------------------------------------------- what a session may do


class Ask(Query, frozen=True):
    """The one thing the poller declares."""


class Poller:
    """Asks when it starts and after each answer. An answer "defect" is one that its code cannot stand."""

    def __init__(self, clock, query):
        self.clock, self.query, self.asks = clock, query, True

    def receive(self, data, now):
        assert b"defect" not in data
        self.asks = True
        return [Reading("poller", "spo2", float(data), now, now)]

    def due(self):
        return self.clock.now() if self.asks else None

    def next(self, now):
        self.asks = False
        return self.query


@pytest.fixture
def poller(house, tmp_path):
    """A function: the far end of a port whose session sends `query`, and the port."""
    ends = []

    def make(query):
        ends.append(Device(tmp_path / "poller"))
        plug = Plug(
            "poller", str(ends[-1].path), Line(9600), "serial.poller", lambda: Poller(house.clock, query), (Ask,)
        )
        return ends[-1], Port("bed-12", plug, 1000, house)

    yield make
    for end in ends:
        end.close()


def heard(end, wanted):
    said = b""
    while len(said) < len(wanted):
        said += end.heard()
        threading.Event().wait(0.005)
    return said


def test_what_the_protocol_declares_is_sent_when_it_is_due_and_nothing_else(poller, house, run, intake):
    end, port = poller(Ask(b"how much? \xff\n"))
    run(SerialLink("bed-12", [port], Ring("bed-12", 100, house), house))
    for n in range(3):
        assert heard(end, b"how much? \xff\n") == b"how much? \xff\n"
        end.send(b"%d" % n)
        intake.wait(lambda memory, n=n: memory.values("spo2") == [*range(n + 1)])


def test_what_a_protocol_does_not_declare_is_never_sent(poller, house, run, device, intake):
    end, port = poller(Query(b"reset\n"))
    nonin = device()
    other = open_link("bed-12", Config(ports={"nonin": {"protocol": NONIN, "address": str(nonin.path)}}), house)
    run(SerialLink("bed-12", [port, *other._ports], Ring("bed-12", 100, house), house))
    intake.wait(lambda memory: ups(memory, "poller") == [True, False])
    assert end.heard() == b""
    assert port.status.error == "serial.poller failed at what the device sent"
    nonin.send(packet())
    intake.wait(lambda memory: values(memory, "spo2") == [97])
    assert ups(intake) == [True]  # it has never been closed
    run.defects = 1


def test_a_defect_of_one_protocol_leaves_the_other_ports_open(poller, house, run, device, intake):
    end, port = poller(Ask(b"?"))
    nonin = device()
    other = open_link("bed-12", Config(ports={"nonin": {"protocol": NONIN, "address": str(nonin.path)}}), house)
    bedside = SerialLink("bed-12", [port, *other._ports], Ring("bed-12", 100, house), house)
    run(bedside)
    assert heard(end, b"?") == b"?"
    end.send(b"defect")
    intake.wait(lambda memory: ups(memory, "poller") == [True, False])
    nonin.send(packet())
    intake.wait(lambda memory: values(memory, "spo2") == [97])
    assert ups(intake) == [True]
    assert {part.name: part.state for part in bedside.status.parts} == {"poller": "down", "nonin": "up"}
    run.defects = 1


# ---------------------------------------------------------------- what a person is told


def test_a_second_program_cannot_read_the_port(device, link, house, run, intake):
    nonin = device()
    link(nonin=nonin)
    ports = {"nonin": {"protocol": NONIN, "address": str(nonin.path)}}
    second = run(open_link("second", Config(ports=ports), House(Memory(), house.counters, house.clock, lambda *_: "")))
    while second.status.state != "down":
        threading.Event().wait(0.01)
    assert second.status.parts[0].error == f"{nonin.path} is open in another program"
    assert "fuser -v" in second.status.hint
    nonin.send(packet())
    intake.wait(lambda memory: values(memory, "spo2") == [97])


def test_noise_alone_suggests_the_baud_rate(device, link, counters):
    nonin = device()
    bedside = link(nonin=nonin)
    nonin.send(b"\xf8\x00" * 1500)
    while "Only noise" not in bedside.status.hint:
        threading.Event().wait(0.01)
    assert bedside.status.hint == f"nonin: Only noise: check baud rate (it is 9600 8N1) and protocol ({NONIN})."
    assert counters.inputs()[0].bad_frames >= 1


def test_silence_is_said(device, intake, run):
    fast = SystemClock(speed=600)
    nonin = device()
    ports = {"nonin": {"protocol": NONIN, "address": str(nonin.path)}}
    bedside = run(open_link("bed-12", Config(ports=ports), House(intake, Counters(fast), fast, lambda *_: "")))
    while "Nothing heard" not in bedside.status.hint:
        threading.Event().wait(0.01)
    assert "is the device on, its cable in" in bedside.status.hint
    assert bedside.status.state == "up"


def test_the_end_is_said_and_the_port_let_go(device, link, run, intake):
    nonin = device()
    bedside = link(nonin=nonin)
    assert run.end(bedside)
    assert ups(intake) == [True, False]
    assert values(intake, "link_up", "link:bed-12") == [True, False]
    assert (bedside.status.state, bedside.status.parts[0].state) == ("stopped", "stopped")


def test_a_status_can_be_sent(device, link):
    bedside = link(nonin=device())
    assert msgspec.json.encode(bedside.status)
