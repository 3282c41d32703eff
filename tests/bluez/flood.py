"""Advertisements by the thousand, faster than a D-Bus library can make them: bytes that are patched and sent.

Each is the signal that bluetoothd would send: another RSSI, and a Ruuvi measurement with the next number.
"""

import multiprocessing
import os
import socket
import time

from dbus_fast import Message, MessageType, Variant

from tests.bluez.objects import DEVICE, PROPERTIES, path_of

COMPANY = 0x0499
_RUUVI = bytes.fromhex("0512FC5394C37C0004FFFC040CAC3642ABCDCBB8334C884F")
_PIECE_S = 0.005


def addresses(count):
    return [f"C0:00:00:00:{number >> 8:02X}:{number & 255:02X}" for number in range(count)]


class Flood:
    """`count` adverts of `devices` devices at `rate` a second (0: as fast as the bus takes them), from a process."""

    def __init__(self, bus, devices, count, rate=0):
        context = multiprocessing.get_context("spawn")
        self._ended, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_flood, args=(bus, devices, count, rate, theirs), daemon=True)
        self._process.start()

    def end(self):
        """When the first and the last were sent, on the monotonic clock."""
        times = self._ended.recv()
        self._process.join(10)
        return times


def _flood(bus, devices, count, rate, ended):
    templates = [_template(address) for address in addresses(devices)]
    connection = _connect(bus.removeprefix("unix:path="))
    began, sent = time.monotonic(), 0
    while sent < count:
        if rate:
            time.sleep(_PIECE_S)
            due = min(count, int((time.monotonic() - began) * rate))
        else:
            due = min(count, sent + 64)
        piece = bytearray()
        for number in range(sent, due):
            template, rssi, data = templates[number % devices]
            template[rssi : rssi + 2] = (-40 - number // devices % 50).to_bytes(2, "little", signed=True)
            template[data : data + 2] = (number // devices % 0xFFFF).to_bytes(2)
            piece += template
        sent = due
        connection.sendall(piece)
    ended.send((began, time.monotonic()))


def _template(address):
    """A signal, and where in it the RSSI and the number of the measurement are."""
    said = {"RSSI": Variant("n", -0x2BCD), "ManufacturerData": Variant("a{qv}", {COMPANY: Variant("ay", _RUUVI)})}
    signal = Message(
        message_type=MessageType.SIGNAL,
        path=path_of("hci0", address),
        interface=PROPERTIES,
        member="PropertiesChanged",
        signature="sa{sv}as",
        body=[DEVICE, said, []],
        serial=7,
    )
    raw = bytearray(signal._marshall(False))
    return raw, raw.index((-0x2BCD).to_bytes(2, "little", signed=True)), raw.index(b"\xab\xcd")


def _connect(path):
    """A connection to the bus, greeted as the D-Bus Specification, "Authentication Protocol", has it."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
    assert connection.recv(1024).startswith(b"OK")
    connection.sendall(b"BEGIN\r\n")
    hello = Message(
        destination="org.freedesktop.DBus",
        path="/org/freedesktop/DBus",
        interface="org.freedesktop.DBus",
        member="Hello",
        serial=1,
    )
    connection.sendall(bytes(hello._marshall(False)))
    assert connection.recv(4096)
    return connection
