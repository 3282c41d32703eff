"""Devices on serial cables: the far ends of pseudo-terminals, and a terminal server that has one."""

import os
import socket
import termios
import threading
import tty
from contextlib import suppress

import serial
from serial import rfc2217


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
    """A real RFC 2217 server (pyserial's) of one client after another; `port` is its end of the cable."""

    def __init__(self, tty):
        self.port = Wires(tty, 300, timeout=0.02)
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
