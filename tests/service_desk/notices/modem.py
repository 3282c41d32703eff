"""The far end of SMS: a modem on a real pseudo-terminal (see far.py), and what a phone makes of its octets."""

import tempfile
import threading
import time
from pathlib import Path

from tests.ptys import Device


class Modem:
    """A GSM modem on a real pseudo-terminal, with a SIM card; parts are put together as a phone does it."""

    part, address, named = "sms", "+491715550117", False

    def __init__(self, _port=0, pin=""):
        self.folder = tempfile.TemporaryDirectory(prefix="wardkeeper-modem-")
        self.mode, self.got, self.pin, self.pins, self.said = "takes", [], pin, [], []
        self.network, self.locked, self._parts = "1", bool(pin), {}

    @property
    def where(self):
        return {"port": f"{self.folder.name}/modem", "timeout_s": 1.0, "send_s": 0.5}

    def start(self):
        self.device = Device(Path(self.folder.name) / "modem")
        self.alive = True
        self.thread = threading.Thread(target=self._live)
        self.thread.start()
        return self

    def stop(self):
        self.alive = False
        self.thread.join(5)
        self.device.close()

    def _live(self):
        line, pdu = b"", False
        while self.alive:
            line += self.device.heard()
            end = b"\x1a" if pdu else b"\r"
            while end in line:
                said, _, line = line.partition(end)
                answer = self._sms(said) if pdu else self._answer(said.decode())
                pdu = answer == "> "
                end = b"\x1a" if pdu else b"\r"
                if answer:
                    self.device.send(f"\r\n{answer}".encode() + (b"" if pdu else b"\r\n"))
            time.sleep(0.002)

    def _answer(self, command):
        self.said.append(command)
        if command.startswith('AT+CPIN="'):
            self.pins.append(command[9:-1])
            self.locked = self.pins[-1] != self.pin
            return "+CME ERROR: 16" if self.locked else "OK"
        if command.startswith("AT+CMGS="):
            self._length = int(command[8:])
            return "> "
        answers = {
            "AT+CPIN?": f"+CPIN: {'SIM PIN' if self.locked else 'READY'}\r\n\r\nOK",
            "AT+CREG?": f"+CREG: 0,{self.network}\r\n\r\nOK",
            "AT+CSQ": "+CSQ: 21,99\r\n\r\nOK",
        }
        return answers.get(command, "OK" if command in ("ATE0", "AT+CMEE=1", "AT+CMGF=0") else "ERROR")

    def _sms(self, hexadecimal):
        octets = bytes.fromhex(hexadecimal.strip().decode())
        if len(octets) - 1 - octets[0] != self._length:
            return "+CMS ERROR: 304"
        if self.mode != "takes":
            return {"busy": "+CMS ERROR: 42", "refuses": "+CMS ERROR: 1", "hangs up": ""}[self.mode]
        number, text, (reference, total, index) = received(octets)
        self._parts.setdefault((number, reference), {})[index] = text
        if len(self._parts[number, reference]) == total:
            whole = self._parts.pop((number, reference))
            self.got.append((number, "".join(whole[each] for each in sorted(whole)), str(reference)))
        return f"+CMGS: {100 + len(self.got)}\r\n\r\nOK"


def received(octets):
    """What a phone makes of an SMS-SUBMIT without service centre: number, text, (reference, parts, part)."""
    first, digits, kind = octets[1], octets[3], octets[4]
    size = (digits + 1) // 2
    number = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets[5 : 5 + size])[:digits]
    coding, length, data = octets[6 + size], octets[8 + size], octets[9 + size :]
    place, skip = (0, 1, 1), 0
    if first & 0x40:
        place, skip = tuple(data[3:6]), 1 + data[0]
    if coding == 8:
        text = data[skip:length].decode("utf-16-be")
    else:
        bits = int.from_bytes(data, "little")
        septets = [bits >> 7 * at & 127 for at in range(-(-8 * skip // 7), length)]
        text = spelled(septets)
    return ("+" if kind == 0x91 else "") + number, text, place


def spelled(septets):
    """Letters of the GSM 7 bit alphabet, by the table of TS 23.038 as Python's own codecs do not have it."""
    basic = (
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ?ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    )
    extended = {20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
    text, escaped = "", False
    for septet in septets:
        text += extended[septet] if escaped else "" if septet == 27 else basic[septet]
        escaped = septet == 27 and not escaped
    return text
