"""Serial ports of this machine and of terminal servers: found by their address, opened, read without waiting.

A port of this machine is opened for this program alone. Terminal servers give the bytes over TCP, raw or with RFC 2217.
"""

import errno
import fcntl
import grp
import os
import re
import socket
import termios
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import serial
from serial.tools.list_ports_common import ListPortInfo

from collector.clock import monotonic
from collector.errors import Unreachable
from drivers.codecs.line import Line
from drivers.codecs.rfc2217 import ComPort
from drivers.codecs.telnet import escaped

Ports = Callable[[], Iterable[ListPortInfo]]

_USB = re.compile(r"usb:[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}(:[^\s:/][^\s/]*)?")
_NUMBERED = re.compile(r"/dev/tty(USB|ACM)\d+")
_SERVERS: Final = {"socket", "rfc2217"}
_GULP = 4096
_ANSWER_S = 5.0
_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""A cable that was pulled out between here and a terminal server is noticed within a minute."""


class NoPort(Unreachable):
    """The port is not there. `hint`: what to do about it."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


class Channel:
    """An open port. `advice` is for the one who wrote its address."""

    def __init__(self, fd: int, close: Callable[[], None], gone: NoPort, advice: str = "") -> None:
        """`close` lets go of `fd`; `gone` is raised when the other end hung up."""
        self.fd = fd
        self.close = close
        self.advice = advice
        self._gone = gone
        self._unsent = b""

    @property
    def sending(self) -> bool:
        """Whether something waits until it can be sent: call `flush` then."""
        return bool(self._unsent)

    def read(self) -> bytes:
        """What has come; b"" when nothing has. To be called when the port is readable. Raises NoPort."""
        try:
            data = os.read(self.fd, _GULP)
        except BlockingIOError:
            return b""
        except OSError as trouble:  # EIO of a tty that was unplugged, ECONNRESET of a socket
            raise self._gone from trouble
        if not data:
            raise self._gone
        return data

    def send(self, data: bytes) -> None:
        """Send, now or as soon as there is room. Raises NoPort."""
        self._unsent += data
        self.flush()

    def flush(self) -> None:
        """Send what waits. Raises NoPort."""
        try:
            self._unsent = self._unsent[os.write(self.fd, self._unsent) :]
        except BlockingIOError:
            return
        except OSError as trouble:
            raise self._gone from trouble


class ServerChannel(Channel):
    """A port of a terminal server, set by RFC 2217."""

    def __init__(self, fd: int, close: Callable[[], None], gone: NoPort, port: ComPort) -> None:
        super().__init__(fd, close, gone)
        self._port = port

    def read(self) -> bytes:
        heard = self._port.receive(super().read())
        if answer := self._port.to_send():
            super().send(answer)
        return heard

    def send(self, data: bytes) -> None:
        super().send(escaped(data))


def mistake_in(address: str) -> str:
    """What is wrong with an address; "" when nothing is."""
    if address.startswith("/"):
        return ""
    if address.startswith("usb:"):
        return (
            "" if _USB.fullmatch(address) else "should be usb:VID:PID or usb:VID:PID:SERIAL, as usb:0403:6001:A5XK3RJT"
        )
    with suppress(ValueError):
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 0
        if parts.scheme in _SERVERS and host and port and address.lower() == _url(parts.scheme, host, port):
            return ""
    return "should be /dev/…, usb:VID:PID:SERIAL, socket://host:port or rfc2217://host:port"


def open_channel(address: str, line: Line, ports: Ports) -> Channel:
    """Open the port, or raise NoPort. May take some seconds when it is on a terminal server."""
    parts = urlsplit(address)
    if parts.scheme in _SERVERS:
        return _open_server(parts.scheme, parts.hostname or "", parts.port or 0, line)
    try:
        listed = list(ports()) if address.startswith("usb:") or _NUMBERED.fullmatch(address) else []
    except (OSError, TypeError, ValueError) as trouble:  # TypeError: one vanished while pyserial was reading about it
        raise NoPort("The ports of this machine could not be listed", "It is tried again at once.") from trouble
    if address.startswith("usb:"):
        return _open_tty(_find(address, listed), line, "")
    return _open_tty(address, line, _advice(address, listed))


# ---------------------------------------------------------------- ports of this machine


def usb_address(port: ListPortInfo) -> str:
    """The address under which a USB adapter is found wherever it is plugged in; "" when it is none."""
    if port.vid is None or port.pid is None:
        return ""
    serial_number = f":{port.serial_number}" if port.serial_number else ""
    return f"usb:{port.vid:04x}:{port.pid:04x}{serial_number}"


def _find(address: str, ports: list[ListPortInfo]) -> str:
    wanted = address.casefold()
    exact = wanted.count(":") > 2
    usb = {port.device: usb_address(port) for port in ports}
    found = [
        device
        for device, name in usb.items()
        if name and (name.casefold() if exact else name.casefold()[: len(wanted)]) == wanted
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoPort(
            f"{address} is {' and '.join(sorted(found))}",
            "Name one of them by its path under /dev/serial/by-id or /dev/serial/by-path.",
        )
    there = ", ".join(f"{name} ({device})" for device, name in sorted(usb.items()) if name)
    raise NoPort(f"{address} is not plugged in", f"Plug it in. There are: {there or 'no USB adapters'}.")


def _advice(address: str, ports: list[ListPortInfo]) -> str:
    """What a path whose number changes with the order of plugging in should be replaced by."""
    mine = next((usb_address(port) for port in ports if port.device == address), "")
    if not mine or sum(usb_address(port) == mine for port in ports) > 1:
        return ""
    return f"{address} can become another adapter after a restart; {mine} stays this one."


def _open_tty(path: str, line: Line, advice: str) -> Channel:
    try:
        port = serial.Serial(
            path,
            line.baud,
            bytesize=line.bits,
            parity=line.parity,
            stopbits=line.stop,
            timeout=0,
            exclusive=True,
        )
    except ValueError as trouble:
        raise NoPort(f"{path} cannot be set to {line}: {trouble}", "Check baud, bits, parity and stop.") from trouble
    except (OSError, termios.error) as trouble:
        raise _why(path, trouble) from trouble
    fd = port.fileno()
    with suppress(OSError):
        fcntl.ioctl(fd, termios.TIOCEXCL)  # pyserial's lock stops only those who ask for it

    def close() -> None:
        with suppress(OSError, termios.error):
            termios.tcflush(fd, termios.TCOFLUSH)  # else closing could wait for a device that takes nothing
            fcntl.ioctl(fd, termios.TIOCNXCL)
        port.close()

    gone = NoPort(f"{path} went away", "Plug it in again; it is taken up at once.")
    return Channel(fd, close, gone, advice)


def _why(path: str, trouble: Exception) -> NoPort:
    code = getattr(trouble, "errno", None)
    if code in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return NoPort(f"There is no {path}", "Plug it in, or correct the address; it is taken up at once.")
    if code in {errno.EACCES, errno.EPERM}:
        group = _group(path)
        return NoPort(
            f"Wardkeeper may not open {path}",
            f"Add the user it runs as to the group {group} (usermod -aG {group} USER) and start it again.",
        )
    if code in {errno.EBUSY, errno.EAGAIN}:
        return NoPort(f"{path} is open in another program", f"Stop that program; fuser -v {path} names it.")
    return NoPort(f"{path} cannot be used as a serial port: {trouble}", "Check the address.")


def _group(path: str) -> str:
    with suppress(OSError, KeyError):
        name = grp.getgrgid(Path(path).stat().st_gid).gr_name
        if name != "root":
            return name
    return "dialout"


# ---------------------------------------------------------------- terminal servers


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _open_server(scheme: str, host: str, port: int, line: Line) -> Channel:
    peer = _url(scheme, host, port)
    gone = NoPort(f"{peer} closed the connection", "Check the terminal server: is its port in use by another?")
    try:
        sock = socket.create_connection((host, port), _ANSWER_S)
    except (OSError, UnicodeError) as trouble:
        raise _why_not(peer, trouble) from trouble
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        com = _negotiated(sock, line, peer, gone) if scheme == "rfc2217" else None
        sock.setblocking(False)
    except OSError as trouble:
        sock.close()
        raise gone from trouble
    except NoPort:
        sock.close()
        raise
    if com is None:
        return Channel(sock.fileno(), sock.close, gone)
    return ServerChannel(sock.fileno(), sock.close, gone, com)


def _negotiated(sock: socket.socket, line: Line, peer: str, gone: NoPort) -> ComPort:
    """The port, set to `line`."""
    com = ComPort(line)
    until = monotonic() + _ANSWER_S
    while not com.ready:
        sock.sendall(com.to_send())
        if com.refused:
            raise NoPort(f"{peer}: {com.refused}", "Check the port's settings in the terminal server.")
        sock.settimeout(max(0.001, until - monotonic()))
        try:
            data = sock.recv(_GULP)
        except TimeoutError as trouble:
            raise NoPort(
                f"{peer} does not answer as RFC 2217 has it",
                "Switch RFC 2217 on for this port of the terminal server, or write socket:// and set its line there.",
            ) from trouble
        if not data:
            raise gone
        com.receive(data)
    return com


def _why_not(peer: str, trouble: OSError | UnicodeError) -> NoPort:
    if isinstance(trouble, ConnectionRefusedError):
        return NoPort(f"Nobody listens at {peer}", "Check that this port of the terminal server is set to TCP server.")
    if isinstance(trouble, socket.gaierror | UnicodeError):
        return NoPort(f"{peer}: no such host", "Correct the address.")
    if isinstance(trouble, TimeoutError):
        return NoPort(f"{peer} does not answer", "Check that the terminal server is on, and the network between.")
    return NoPort(f"{peer}: {trouble.strerror or trouble}", "Check the network between.")
