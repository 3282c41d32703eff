"""Ports found by address and opened: real pseudo-terminals, a real terminal server, adapters as pyserial lists them."""

import fcntl
import os
import pwd
import shutil
import socket
import struct
import subprocess
import termios
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from collector.reading import Reading
from drivers.codecs.line import Line
from drivers.links.link import House
from drivers.links.serial import Config, SerialLink, open_link
from drivers.links.serial_channels import NoPort, _advice, mistake_in, open_channel, usb_address
from tests.drivers.serial.test_nonin_df2 import packet
from tests.ptys import Device, TerminalServer

LINE = Line(9600)
TIOCGEXCL = 0x80045440  # Linux: whether a terminal is exclusive


@pytest.fixture
def device(tmp_path):
    with closing(Device(tmp_path / "usb-port")) as one:
        yield one


def adapter(device, serial_number="A5XK3RJT", vid=0x0403):
    port = ListPortInfo(str(device))
    port.vid, port.pid, port.serial_number = vid, 0x6001, serial_number
    return port


# ---------------------------------------------------------------- ports of this machine


def test_a_port_is_exclusive_while_it_is_open(device):
    channel = open_channel(str(device.path), LINE, list)
    assert struct.unpack("i", fcntl.ioctl(channel.fd, TIOCGEXCL, b"\0" * 4)) == (1,)
    channel.close()
    again = open_channel(str(device.path), LINE, list)
    assert struct.unpack("i", fcntl.ioctl(again.fd, TIOCGEXCL, b"\0" * 4)) == (1,)
    again.close()


def test_the_line_is_set(device):
    channel = open_channel(str(device.path), Line(19200, 7, "E", 2), list)
    _, _, flags, _, speed, _, _ = termios.tcgetattr(channel.fd)
    assert speed == termios.B19200
    assert flags & termios.CSTOPB
    channel.close()


def test_nothing_there_is_no_end(device):
    channel = open_channel(str(device.path), LINE, list)
    device.send(b"x")
    assert channel.read() == b"x"
    device.pull_out()
    with pytest.raises(NoPort, match="went away"):
        channel.read()
    channel.close()


@contextmanager
def not_as_root():
    """As a user who may nothing: root may everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_port_that_may_not_be_opened_names_the_group(device):
    Path(device.tty).chmod(0)
    with not_as_root(), pytest.raises(NoPort, match=f"may not open {device.tty}") as trouble:
        open_channel(device.tty, LINE, list)
    assert "usermod -aG" in trouble.value.hint


def test_what_is_no_port_is_said(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NoPort, match="cannot be used as a serial port"):
        open_channel(str(file), LINE, list)
    with pytest.raises(NoPort, match=f"There is no {tmp_path}/none"):
        open_channel(f"{tmp_path}/none", LINE, list)


# ---------------------------------------------------------------- found by identity


@pytest.mark.parametrize("address", ["usb:0403:6001:A5XK3RJT", "usb:0403:6001:a5xk3rjt", "usb:0403:6001"])
def test_an_adapter_is_found_by_what_it_is(device, address):
    ports = [adapter("/dev/ttyUSB7", "other", vid=0x10C4), adapter(device.path), ListPortInfo("/dev/ttyS0")]
    channel = open_channel(address, LINE, lambda: ports)
    device.send(b"x")
    assert channel.read() == b"x"
    channel.close()


def test_an_adapter_that_is_not_plugged_in_is_said_with_those_that_are():
    with pytest.raises(NoPort, match="usb:0403:6001:A5XK3RJT is not plugged in") as trouble:
        open_channel("usb:0403:6001:A5XK3RJT", LINE, lambda: [adapter("/dev/ttyUSB3", "B1")])
    assert trouble.value.hint == "Plug it in. There are: usb:0403:6001:B1 (/dev/ttyUSB3)."


def test_two_that_are_alike_are_never_guessed_between():
    ports = [adapter("/dev/ttyUSB1"), adapter("/dev/ttyUSB0")]
    with pytest.raises(NoPort, match="is /dev/ttyUSB0 and /dev/ttyUSB1") as trouble:
        open_channel("usb:0403:6001:A5XK3RJT", LINE, lambda: ports)
    assert "/dev/serial/by-id" in trouble.value.hint


def test_a_path_that_may_become_another_adapter_comes_with_what_to_write_instead():
    assert "usb:0403:6001:A5XK3RJT stays this one" in _advice("/dev/ttyUSB0", [adapter("/dev/ttyUSB0")])
    assert _advice("/dev/ttyUSB0", [adapter("/dev/ttyUSB0"), adapter("/dev/ttyUSB1")]) == ""
    assert _advice("/dev/ttyUSB0", [ListPortInfo("/dev/ttyUSB0")]) == ""


def test_an_adapter_that_vanishes_while_it_is_listed_is_tried_again():
    def listed():
        raise TypeError("int() argument must be a string")

    with pytest.raises(NoPort, match="could not be listed"):
        open_channel("usb:0403:6001", LINE, listed)


def test_put_back_into_another_socket_it_is_the_same_device(tmp_path, intake, counters, clock, running):
    first, second = Device(tmp_path / "ttyUSB0"), Device(tmp_path / "ttyUSB1")
    ports = [adapter(first.path)]
    config = Config(ports={"nonin": {"protocol": "serial.nonin_df2", "address": "usb:0403:6001:A5XK3RJT"}})
    made = open_link("bed-12", config, House(intake, counters, clock, lambda *_: ""))
    running(SerialLink("bed-12", made._ports, made._ring, made._house, listed=lambda: ports))
    intake.wait(lambda memory: memory.values("link_up") == [True, True])
    first.close()
    intake.wait(lambda memory: False in memory.values("link_up"))
    ports[:] = [adapter(second.path)]
    intake.wait(lambda memory: memory.values("link_up")[-2:] == [True, True])
    second.send(packet(61))
    intake.wait(lambda memory: memory.values("pulse_rate") == [61])
    assert {one.device for one in intake.items if isinstance(one, Reading) and one.metric == "spo2"} == {
        "serial:bed-12/nonin"
    }
    assert second.heard() == b""
    second.close()


def test_the_address_of_an_adapter():
    assert usb_address(adapter("/dev/ttyUSB0")) == "usb:0403:6001:A5XK3RJT"
    assert usb_address(adapter("/dev/ttyUSB0", None)) == "usb:0403:6001"
    assert usb_address(ListPortInfo("/dev/ttyS0")) == ""


@pytest.mark.parametrize(
    "address",
    [
        "/dev/ttyUSB0",
        "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A5XK3RJT-if00-port0",
        "usb:0403:6001",
        "usb:0403:6001:A5XK:3",
        "socket://terminal-server.example:4001",
        "rfc2217://10.1.2.3:4001",
        "rfc2217://[fd00::1]:4001",
    ],
)
def test_addresses(address):
    assert mistake_in(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ttyUSB0",
        "COM3",
        "usb:403:6001",
        "usb:0403",
        "socket://host",
        "socket://host:0",
        "socket://host:70000",
        "socket://[::1:1",
        "socket://me:secret@host:4001",
        "rfc2217://host:4001?logging=debug",
        "telnet://host:23",
    ],
)
def test_what_is_no_address(address):
    assert mistake_in(address).startswith("should be ")


# ---------------------------------------------------------------- terminal servers


@pytest.fixture
def running():
    """A function that runs a link."""
    from collector.clock import SystemClock
    from collector.supervisor import Supervised

    threads = []

    def start(link):
        threads.append(Supervised(link.name, link.run, SystemClock()))
        threads[-1].start()
        return link

    yield start
    for thread in threads:
        assert thread.stop()


@pytest.fixture
def served(intake, counters, clock, running):
    """A function that runs a link to one address."""

    def start(address, **line):
        config = Config(ports={"nonin": {"protocol": "serial.nonin_df2", "address": address, **line}})
        return running(open_link("bed-12", config, House(intake, counters, clock, lambda *_: "")))

    return start


def test_bytes_of_a_terminal_server_as_they_are_and_again_after_it_hung_up(served, intake):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served(f"socket://127.0.0.1:{listener.getsockname()[1]}")
        for rate in (60, 61):
            client, _ = listener.accept()
            with client:
                client.sendall(packet(rate))
                intake.wait(lambda memory, rate=rate: memory.values("pulse_rate")[-1:] == [rate])
            intake.wait(lambda memory: memory.values("link_up")[-2:] == [False, False])


def test_rfc_2217_sets_the_line_hears_every_byte_and_comes_back(device, served, intake):
    with closing(TerminalServer(device.tty)) as server:
        bedside = served(server.address, baud=19200, stop=2)
        for rate in (60, 61):
            intake.wait(lambda memory: memory.values("link_up")[-2:] == [True, True])
            assert (server.port.baudrate, server.port.bytesize, server.port.stopbits) == (19200, 8, 2)
            device.send(packet(rate, pleth=255))
            intake.wait(lambda memory, rate=rate: memory.values("pulse_rate")[-1:] == [rate])
            server.hang_up()
            intake.wait(lambda memory: memory.values("link_up")[-2:] == [False, False])
        assert "closed the connection" in bedside.status.error
    assert device.heard() == b""


@pytest.fixture
def ser2net(tmp_path, free_port):
    """A function that serves a port as ser2net does, and gives its address."""
    program = shutil.which("ser2net", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("ser2net is not installed (Debian: apt-get install ser2net)")
    processes = []

    def serve(tty, *, rfc2217=True):
        port, config = free_port(), tmp_path / "ser2net.yaml"
        accepter = "telnet(rfc2217),tcp" if rfc2217 else "tcp"
        config.write_text(
            f"connection: &bed\n  accepter: {accepter},127.0.0.1,{port}\n  connector: serialdev,{tty},300n81,local\n"
            "  options:\n    banner: ser2net port\\r\\n\n"
        )
        with (tmp_path / "ser2net.log").open("ab") as log:
            processes.append(subprocess.Popen([program, "-n", "-c", config], stdout=log, stderr=log))
        return f"{'rfc2217' if rfc2217 else 'socket'}://127.0.0.1:{port}"

    serve.kill = lambda: processes.pop().kill()
    yield serve
    for process in processes:
        process.kill()
        process.wait()


def test_ser2net_with_rfc_2217(device, served, ser2net, intake, counters):
    served(ser2net(device.tty), baud=19200)
    intake.wait(lambda memory: memory.values("link_up") == [True, True])
    tty = os.open(device.tty, os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(tty)[4] == termios.B19200
    os.close(tty)
    device.send(packet(60, pleth=255))
    intake.wait(lambda memory: memory.values("pulse_rate") == [60])
    assert not counters.inputs()[0].bad_frames, "its banner came before the line was set"
    ser2net.kill()
    intake.wait(lambda memory: memory.values("link_up")[-2:] == [False, False])
    assert device.heard() == b""


def test_ser2net_raw(device, served, ser2net, intake):
    served(ser2net(device.tty, rfc2217=False))
    intake.wait(lambda memory: memory.values("link_up") == [True, True])
    device.send(packet(60) + packet(61))
    intake.wait(lambda memory: memory.values("pulse_rate")[-1:] == [61])


def test_what_is_sent_through_rfc_2217_arrives_as_it_is(device):
    with closing(TerminalServer(device.tty)) as server:
        channel = open_channel(server.address, LINE, list)
        channel.send(b"\xff how much? \xff\xff\n")
        heard = b""
        while not heard.endswith(b"\n"):
            heard += device.heard()
        channel.close()
    assert heard == b"\xff how much? \xff\xff\n"


def test_what_a_device_does_not_take_waits_and_nothing_is_lost(device):
    channel = open_channel(str(device.path), LINE, list)
    sent = bytes(range(256)) * 400  # more than the kernel keeps
    channel.send(sent)
    heard = device.heard()
    assert channel.sending
    while channel.sending:
        channel.flush()
        heard += device.heard()
    assert heard + device.heard() == sent
    channel.close()


@pytest.mark.parametrize(
    "address,why,todo",
    [
        ("socket://127.0.0.1:{port}", "Nobody listens at socket://127.0.0.1:", "TCP server"),
        ("socket://no-such-host.invalid:4001", "no such host", "Correct the address"),
    ],
)
def test_a_terminal_server_that_is_not_there(free_port, address, why, todo):
    with pytest.raises(NoPort, match=why) as trouble:
        open_channel(address.format(port=free_port()), LINE, list)
    assert todo in trouble.value.hint


def test_a_server_that_knows_no_rfc_2217_is_told_from_one_that_does():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        import threading

        def refuse():
            client, _ = listener.accept()
            client.sendall(b"\xff\xfe\x2c")
            while client.recv(100):
                pass
            client.close()

        threading.Thread(target=refuse, daemon=True).start()
        with pytest.raises(NoPort, match="does not speak RFC 2217") as trouble:
            open_channel(f"rfc2217://127.0.0.1:{listener.getsockname()[1]}", LINE, list)
    assert "terminal server" in trouble.value.hint
