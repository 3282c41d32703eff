"""Devices on serial cables: the far ends of pseudo-terminals, and a terminal server that has one.

A pseudo-terminal carries bytes, whole, whatever its line is set to, and refuses parity. `arriving` says what a UART
would make of a device's bytes; that real UARTs do so is not tested here.
"""

import os
import pty
import select
import socket
import termios
import threading
import tty
from contextlib import suppress

import serial
from serial import rfc2217

from drivers.codecs.line import Line

NORMAL = Line(9600)
SPEEDS = {termios.B9600: 9600, termios.B19200: 19_200, termios.B38400: 38_400, termios.B115200: 115_200}


def arriving(data, sent, port):
    """What bytes sent on a line of `sent` are at a port set to `port`: themselves, with parity for a bit, or noise."""
    if sent == port:
        return data
    if sent.bits == 7 and port == Line(sent.baud):
        odd = sent.parity == "O"
        return bytes(byte | ((byte.bit_count() + odd) % 2) << 7 for byte in data)
    return bytes(byte * 7 + 0x55 & 0xFF for byte in data)


class Talking:
    """Sends `data` every `pause_s`, on a line of `line`, b"" nothing; with a `question` only once it was asked.

    `path` is the port, `heard` what was sent to it. `port` gives the line that the port is set to.
    """

    def __init__(self, data, line=NORMAL, question=b"", pause_s=0.03):
        self._data, self._line, self._question, self._pause_s = data, line, question, pause_s
        self.port = lambda: Line(SPEEDS.get(termios.tcgetattr(self._fd)[5], 0))
        self._stop, self.heard = threading.Event(), b""
        self._fd, self._port = pty.openpty()
        tty.setraw(self._port)
        self.path = os.ttyname(self._port)
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self):
        while not self._stop.wait(self._pause_s):
            while select.select([self._fd], [], [], 0)[0]:
                self.heard += os.read(self._fd, 4096)
            if self._question in self.heard and (not self._question or self.port() == self._line):
                os.write(self._fd, arriving(self._data, self._line, self.port()))

    def close(self):
        self._stop.set()
        self._thread.join(5)
        os.close(self._port)
        os.close(self._fd)


class Device:
    """What hangs on a port. `path` leads to the port, as /dev/serial/by-id does, whatever its number is."""

    def __init__(self, path):
        self.path = path
        self.end = -1
        self.plug_in()

    def plug_in(self):
        self.end, port = os.openpty()
        self.tty = os.ttyname(port)
        tty.setraw(port)  # a port that nobody has open echoes nothing; a terminal would
        self.path.symlink_to(self.tty)
        os.close(port)
        os.set_blocking(self.end, False)

    def pull_out(self):
        self.path.unlink()
        os.close(self.end)
        self.end = -1

    def send(self, data):
        """Raises BlockingIOError when nobody has read what was sent before."""
        while data:
            data = data[os.write(self.end, data) :]

    def heard(self):
        """What was written to the device."""
        data = b""
        with suppress(OSError):  # nothing there, or nobody has the port open
            while self.end >= 0:
                data += os.read(self.end, 4096)
        return data

    def close(self):
        if self.end >= 0:
            self.pull_out()


class Wires(serial.Serial):
    """A port without modem lines and parity: a pseudo-terminal has none."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self):
        pass

    def _update_rts_state(self):
        pass

    def _reconfigure_port(self, *how, **more):
        with suppress(termios.error):
            super()._reconfigure_port(*how, **more)


class TerminalServer:
    """A real RFC 2217 server (pyserial's) of one client after another.

    `port` is its end of the cable, `line` gives how that is set.
    """

    def __init__(self, tty):
        self.port = Wires(tty, 300, timeout=0.02)
        self.line = lambda: Line(self.port.baudrate, self.port.bytesize, self.port.parity)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._client = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with suppress(OSError):
            while True:
                self._client, _ = self._listener.accept()
                manager = rfc2217.PortManager(self.port, self)
                ends = [threading.Thread(target=each, args=(manager,), daemon=True) for each in (self._to, self._from)]
                for end in ends:
                    end.start()
                for end in ends:
                    end.join()

    def write(self, data):
        self._client.sendall(data)

    def _to(self, manager):
        with suppress(OSError, ValueError):
            while data := self._client.recv(1024):
                self.port.write(b"".join(manager.filter(data)))
        self.hang_up()

    def _from(self, manager):
        with suppress(OSError, ValueError, TypeError):
            while self._client.fileno() >= 0:
                if data := self.port.read(256):
                    self.write(b"".join(manager.escape(data)))

    def hang_up(self):
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)
        self._client.close()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._client is not None:
            self.hang_up()
        self.port.close()
