"""SMS by a modem on a serial port, by AT commands.

Document: 3GPP TS 27.005 (CMGF, CMGS), TS 27.007 (CPIN, CREG, CSQ) and TS 23.040 (what an SMS is made of).
The text is the short one. A modem tells when the network has taken an SMS, not when a phone has it.
"""

import re
import zlib
from collections.abc import Callable
from datetime import datetime

import serial
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from collector.clock import monotonic
from collector.errors import Refused, Unreachable
from service_desk.notices.pdu import parts
from service_desk.notices.ports import Message, Receipt, Unsure

PROVEN = True
ADDRESS = "Mobile number"
ALONE = True
"""Nobody else can have the port open."""

_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_FINAL = re.compile(r"OK|ERROR|NO CARRIER|\+CM[ES] ERROR: ?(?P<why>.+)")
_NEVER = {1, 8, 10, 21, 28, 29, 30, 50}
"""27.005, 3.2.5: no such number, barred, rejected, unknown, not subscribed."""
_NETWORK_TIMEOUT = 332
_HERE, _ROAMING, _REFUSED = "1", "5", "3"


class Config(BaseModel):
    """A modem and its SIM card."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    port: str = Field(min_length=1, description="The modem's port; best by its name under /dev/serial/by-id.")
    baud: int = Field(115_200, gt=0, description="Speed of the port; USB modems take any.")
    pin: SecretStr | None = Field(None, description="The SIM card's PIN, when it has one: !file PATH or !env NAME.")
    timeout_s: float = Field(5.0, gt=0, le=30, description="Seconds that a command may take.")
    send_s: float = Field(20.0, gt=0, le=60, description="Seconds that the network may take for one SMS.")


def address(text: str) -> str:
    """A number, without what people put between the digits. Raises ValueError."""
    number = re.sub(r"[\s()/.-]", "", text)
    if not _NUMBER.fullmatch(number):
        raise ValueError("A mobile number is written like +49 171 5550117.")
    return number


def open_channel(config: Config) -> "Sms":
    """Opens nothing yet."""
    return Sms(config)


class Sms:
    """A `service_desk.notices.ports.Channel`. The port stays open between two messages."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._port: serial.Serial | None = None
        self._wrong_pin = ""

    def hand(self, message: Message) -> Receipt:
        """Send its parts one after the other."""
        reference = zlib.crc32(message.id.encode()) & 0xFF
        taken: list[str] = []
        for part in parts(message.address, message.short, reference):
            port = self._ready()
            self._write(port, f"AT+CMGS={part.length}\r")
            self._until(port, lambda heard: heard.rstrip().endswith(b">") or _said(heard) is not None, "AT+CMGS")
            self._write(port, f"{part.text}\x1a")
            taken.append(self._sent(port))
        return Receipt(f"SMS {', '.join(taken)}")

    def test(self, now: datetime) -> str:  # noqa: ARG002 - as the protocol has it
        """Whether the modem answers, the SIM card is open and a network has it; how loud that is."""
        port = self._ready()
        registered = self._value(port, "AT+CREG?", "+CREG:").split(",")[1:2]
        if registered not in ([_HERE], [_ROAMING]):
            why = "refuses the SIM card" if registered == [_REFUSED] else "is not found"
            raise Unreachable(f"{self._config.port}: the network {why}; look at antenna and SIM card")
        loud = self._value(port, "AT+CSQ", "+CSQ:").split(",")[0]
        level = f"{-113 + 2 * int(loud)} dBm" if loud.isdecimal() and int(loud) < 32 else "unknown"
        return f"The modem is in the network{' of another' if registered == [_ROAMING] else ''}, signal {level}"

    def close(self) -> None:
        """Let go of the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def _ready(self) -> serial.Serial:
        """The port, with a modem on it that takes SMS."""
        if self._port is not None and self._port.is_open:
            return self._port
        config = self._config
        try:
            self._port = serial.Serial(config.port, config.baud, timeout=0.05, write_timeout=2, exclusive=True)
        except (OSError, ValueError) as no:
            raise Unreachable(f"{config.port} cannot be opened: {no}") from no
        for command in ("ATE0", "AT+CMEE=1"):
            self._ask(self._port, command)
        self._unlock(self._port)
        self._ask(self._port, "AT+CMGF=0")
        return self._port

    def _unlock(self, port: serial.Serial) -> None:
        """The PIN is tried once: after three wrong ones the card is locked."""
        state = self._value(port, "AT+CPIN?", "+CPIN:")
        if state == "READY":
            return
        if state != "SIM PIN" or self._config.pin is None or self._wrong_pin:
            self.close()
            raise Refused(self._wrong_pin or f"{self._config.port}: the SIM card wants {state}; give its pin")
        try:
            self._ask(port, f'AT+CPIN="{self._config.pin.get_secret_value()}"')
        except Unreachable as no:
            self._wrong_pin = f"{self._config.port}: the SIM card does not take the pin, which was not tried again"
            raise Refused(self._wrong_pin) from no

    def _sent(self, port: serial.Serial) -> str:
        """The network's number for what was handed over. Raises Unsure when nobody says."""
        try:
            heard = self._until(port, lambda so_far: _said(so_far) is not None, "an SMS", self._config.send_s)
        except Unreachable as silent:
            raise Unsure(f"{self._config.port}: no word whether the network took the SMS") from silent
        why = _said(heard)
        reference = re.search(rb"\+CMGS: ?(\d+)", heard)
        if why == "OK" and reference is not None:
            return reference[1].decode()
        code = int(why) if why is not None and why.isdecimal() else 0
        if code == _NETWORK_TIMEOUT:
            raise Unsure(f"{self._config.port}: the network gave no answer in time")
        if code in _NEVER:
            raise Refused(f"{self._config.port}: the network refuses this number (+CMS ERROR {code})")
        raise Unreachable(f"{self._config.port}: the SMS was not taken ({why})")

    def _value(self, port: serial.Serial, command: str, name: str) -> str:
        """What an answer says behind its name."""
        found = re.search(rf"{re.escape(name)} ?([^\r\n]*)".encode(), self._ask(port, command))
        return found[1].decode(errors="replace").strip() if found else ""

    def _ask(self, port: serial.Serial, command: str) -> bytes:
        """The answer to a command; raises Unreachable when it is none, or an error."""
        port.reset_input_buffer()
        self._write(port, f"{command}\r")
        heard = self._until(port, lambda so_far: _said(so_far) is not None, command.partition("=")[0])
        if (why := _said(heard)) != "OK":
            self.close()
            raise Unreachable(f"{self._config.port}: {command.partition('=')[0]} gives {why}")
        return heard

    def _write(self, port: serial.Serial, text: str) -> None:
        try:
            port.write(text.encode("ascii"))
        except OSError as gone:
            self.close()
            raise Unreachable(f"{self._config.port} is gone: {gone}") from gone

    def _until(
        self, port: serial.Serial, done: Callable[[bytes], bool], what: str, wait_s: float | None = None
    ) -> bytes:
        """What is heard until it is `done`."""
        heard, until = b"", monotonic() + (wait_s or self._config.timeout_s)
        try:
            while not done(heard):
                if monotonic() > until:
                    self.close()
                    raise Unreachable(f"{self._config.port}: the modem does not answer to {what}")
                heard += port.read(256)
        except OSError as gone:
            self.close()
            raise Unreachable(f"{self._config.port} is gone: {gone}") from gone
        return heard


def _said(heard: bytes) -> str | None:
    """The final result code of an answer: "OK", or what went wrong; None as long as there is none."""
    for line in heard.decode(errors="replace").replace("\r", "\n").split("\n")[:-1]:
        if found := _FINAL.fullmatch(line.strip()):
            return found["why"] or found[0]
    return None
