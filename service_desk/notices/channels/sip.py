"""A telephone call by the house's PBX: SIP over UDP, RFC 3261; what is said is a tone, RFC 3550 and ITU-T G.711.

The telephone shows the text as the caller's name. Who picks up hears the tone and has been told; a call that nobody
answers, or that is busy, is for the next way. A test is OPTIONS.
"""

import math
import re
import secrets
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from collector.clock import monotonic
from collector.errors import Refused, Unreachable
from service_desk.notices.plain import plain
from service_desk.notices.ports import Message, Receipt
from service_desk.notices.sip_message import Answer, authorized, read, request
from service_desk.notices.trouble import words

PROVEN = False
ADDRESS = "Telephone number"

_NUMBER = re.compile(r"\+?[0-9*#]{2,20}|[A-Za-z][A-Za-z0-9._-]{0,40}")
_NEVER = (403, 404, 405, 410, 484, 501, 604)
_T1, _FRAME_S, _FRAME = 0.5, 0.02, 160
_SHOWN = 60


class Config(BaseModel):
    """An extension of the PBX."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    host: str = Field(min_length=1, description="The PBX.")
    port: int = Field(5060, ge=1, le=65535, description="Its port for SIP over UDP.")
    user: str = Field(pattern=r"^[A-Za-z0-9._+-]+$", description="The extension that calls.")
    password: SecretStr | None = Field(None, description="Its password: !file PATH or !env NAME.")
    domain: str = Field("", description="Domain of the addresses; `host` when empty.")
    ring_s: float = Field(25.0, gt=0, le=60, description="Seconds that a telephone rings.")
    tone_s: float = Field(4.0, ge=0, le=30, description="Seconds of tone for who picks up.")
    timeout_s: float = Field(5.0, gt=0, le=32, description="Seconds after which no answer of the PBX is none.")


def address(text: str) -> str:
    """A number as the PBX dials it. Raises ValueError."""
    number = re.sub(r"[\s()/.-]", "", text) if text.strip()[:1] in "+0123456789*#" else text.strip()
    if not _NUMBER.fullmatch(number):
        raise ValueError("A telephone number is written as the house dials it: 2117, 0 0171 5550117.")
    return number


def open_channel(config: Config) -> "Sip":
    """Connects to nothing yet."""
    return Sip(config)


class Sip:
    """A `service_desk.notices.ports.Channel`; a socket a call."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def hand(self, message: Message) -> Receipt:
        """Ring; delivered when somebody picked up."""
        with self._dialog(message.address, plain(message.short)[:_SHOWN]) as dialog:
            rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with rtp:
                rtp.bind((dialog.here[0], 0))
                answer = dialog.call(_offer(dialog.here[0], rtp.getsockname()[1]))
                _tone(rtp, answer, self._config.tone_s)
                dialog.hang_up(answer)
        return Receipt(f"{answer.status} {answer.reason}"[:120], delivered=True)

    def test(self, now: datetime) -> str:  # noqa: ARG002 - as the protocol has it
        """Whether the PBX answers, and takes the password where it asks for one."""
        with self._dialog(self._config.user, "") as dialog:
            answer = dialog.ask("OPTIONS")
        if answer.status in (401, 403, 407):
            raise Refused(f"{self._config.host} says {answer.status} {answer.reason}; check user and password")
        return f"{self._config.host} answers {answer.status}"

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _dialog(self, to: str, shown: str) -> Iterator["_Dialog"]:
        config = self._config
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
                line.connect((config.host, config.port))
                yield _Dialog(config, line, to, shown)
        except OSError as trouble:
            raise Unreachable(f"{config.host}:{config.port} does not answer: {words(trouble)}") from trouble


class _Dialog:
    """One call, or one question: what its requests have in common (12.2.1.1)."""

    def __init__(self, config: Config, line: socket.socket, to: str, shown: str) -> None:
        self._config, self._line = config, line
        self.here: tuple[str, int] = line.getsockname()[:2]
        domain = config.domain or config.host
        self._uri = f"sip:{to.replace('#', '%23')}@{domain}"
        name = f'"{shown.translate(str.maketrans(dict.fromkeys(chr(34) + chr(92))))}" ' if shown else ""
        self._from = f"{name}<sip:{config.user}@{domain}>;tag={secrets.token_hex(8)}"
        self._call, self._number, self._branch = secrets.token_hex(16), 0, ""
        self._auth: tuple[str, str] | None = None

    def call(self, offer: str) -> Answer:
        """INVITE until somebody answers; the 200 has its ACK then. Raises Unreachable or Refused."""
        answer = self.ask("INVITE", offer)
        if 200 <= answer.status < 300:
            self._send("ACK", self._target(answer), answer)
            return answer
        why = f"{self._config.host} says {answer.status} {answer.reason}"
        raise Refused(why) if answer.status in (401, 407, *_NEVER) else Unreachable(why)

    def ask(self, method: str, body: str = "") -> Answer:
        """The final answer to a request outside of a call; a challenge is answered once."""
        self._begin(method, body)
        answer = self._final(method, body)
        password = self._config.password
        if answer.status in (401, 407) and password is not None:
            try:
                who = (self._config.user, password.get_secret_value())
                self._auth = authorized(answer, method, self._uri, who)
            except Unreachable as no:
                raise Refused(f"{self._config.host}: {no}") from no
            self._begin(method, body)
            answer = self._final(method, body)
        return answer

    def hang_up(self, answer: Answer) -> None:
        """BYE; a PBX that does not answer it has hung up all the same."""
        self._number += 1
        until = monotonic() + 2 * _T1
        self._branch = f"z9hG4bK{secrets.token_hex(8)}"
        self._send("BYE", self._target(answer), answer)
        while monotonic() < until:
            said = self._heard(until - monotonic())
            if said is not None and said.method == "BYE" and said.status >= 200:
                return
            if said is not None and said.method == "INVITE":  # our ACK was lost
                self._send("ACK", self._target(answer), answer, self._number - 1)

    def _begin(self, method: str, body: str) -> None:
        self._number += 1
        self._branch = f"z9hG4bK{secrets.token_hex(8)}"
        self._send(method, self._uri, None, body=body)

    def _final(self, method: str, body: str) -> Answer:
        """17.1: sent again until something comes; a telephone may ring for a while, then CANCEL."""
        started, pause, ringing, cancelled = monotonic(), _T1, False, False
        again = started + pause
        while True:
            now = monotonic()
            if ringing and not cancelled and now - started > self._config.ring_s:
                self._send("CANCEL", self._uri, None)
                cancelled, started = True, now
            if (not ringing or cancelled) and now - started > self._config.timeout_s:
                raise Unreachable(f"{self._config.host} {'did not end the call' if cancelled else 'does not answer'}")
            if not ringing and now >= again:
                self._send(method, self._uri, None, body=body)
                pause, again = 2 * pause, now + 2 * pause
            answer = self._heard(0.05)
            if answer is None or answer.method != method:
                continue
            if answer.status < 200:
                ringing = True
                continue
            if method == "INVITE" and answer.status >= 300:
                self._send("ACK", self._uri, answer)
            return answer

    def _heard(self, wait_s: float) -> Answer | None:
        self._line.settimeout(max(0.001, wait_s))
        try:
            answer = read(self._line.recv(65_535))
        except TimeoutError:
            return None
        return answer if answer is not None and answer.header("call-id") == self._call else None

    def _send(self, method: str, uri: str, answer: Answer | None, number: int = 0, *, body: str = "") -> None:
        """`answer` gives the tag of the other side and, within a call, the way to it."""
        counted = "INVITE" if method in ("ACK", "CANCEL") else method
        to = answer.header("to") if answer else f"<{self._uri}>"
        branch = self._branch
        if method == "ACK" and answer is not None and answer.status < 300:
            branch = f"z9hG4bK{secrets.token_hex(8)}"  # 13.2.2.4: a transaction of its own
        headers = [
            ("Via", f"SIP/2.0/UDP {self.here[0]}:{self.here[1]};branch={branch};rport"),
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("To", to),
            ("Call-ID", self._call),
            ("CSeq", f"{number or self._number} {method if method in ('ACK', 'CANCEL') else counted}"),
            ("Contact", f"<sip:{self._config.user}@{self.here[0]}:{self.here[1]}>"),
        ]
        if answer is not None and answer.status < 300:
            headers += [("Route", each) for each in reversed(answer.headers.get("record-route", []))]
        if self._auth is not None and method in ("INVITE", "OPTIONS", "ACK"):
            headers.append(self._auth)
        self._line.send(request(method, uri, headers, body))

    def _target(self, answer: Answer) -> str:
        """12.1.2: where the other side wants the rest of the call."""
        found = re.search(r"<([^>]+)>", answer.header("contact"))
        return found[1] if found else answer.header("contact").partition(";")[0].strip() or self._uri


def _offer(host: str, port: int) -> str:
    """What is spoken: G.711 µ-law, one way (RFC 8866)."""
    number = int.from_bytes(secrets.token_bytes(4), "big")
    lines = ("v=0", f"o=wardkeeper {number} 1 IN IP4 {host}", "s=notice", f"c=IN IP4 {host}", "t=0 0")
    return "\r\n".join((*lines, f"m=audio {port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=sendonly", ""))


def _tone(rtp: socket.socket, answer: Answer, seconds: float) -> None:
    """440 Hz, on and off by half a second, to where the other side listens."""
    host = re.search(r"^c=IN IP4 (\S+)", answer.body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", answer.body, re.MULTILINE)
    if host is None or port is None:
        return
    source, started = secrets.token_bytes(4), monotonic()
    for frame in range(int(seconds / _FRAME_S)):
        on = frame % 50 < 25
        samples = range(frame * _FRAME, (frame + 1) * _FRAME)
        sound = bytes(_ulaw(8000 * math.sin(math.tau * 440 * each / 8000)) if on else 0xFF for each in samples)
        head = struct.pack("!BBHI", 0x80, 0, frame, frame * _FRAME)
        rtp.sendto(head + source + sound, (host[1], int(port[1])))
        rtp.settimeout(max(0.001, started + (frame + 1) * _FRAME_S - monotonic()))
        try:
            rtp.recv(2048)
        except (TimeoutError, ConnectionRefusedError):
            continue


def _ulaw(sample: float) -> int:
    """ITU-T G.711, µ-law, of 16 bits."""
    size = min(abs(int(sample)), 32_635) + 132
    exponent = size.bit_length() - 8
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | (size >> exponent + 3) & 0x0F) & 0xFF
