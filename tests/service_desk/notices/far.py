"""The far ends of channels: real servers on this machine that take messages, or do as `mode` says.

`mode` is "takes"; "refuses" for ever; "busy": not now; "hangs up" when it has the message, before it answers.
`got` are (address, text, id) of what was taken; `named` says that an id is among what is sent;
`where` are the settings that lead there; `stop` and `start` again.
"""

import json
import socketserver
import tempfile
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from service_desk.notices.ports import Fact, Message
from service_desk.signing import headers, key_of
from tests.ptys import Device

SECRET = "whsec_" + b64encode(b"a key of twenty-four bytes").decode()


def message(text="Vaccine fridge F-07 in 4.18 is at 8.9 °C", address="", id_="incident-1:opened", **more):
    at = datetime(2026, 11, 24, 6, 52, tzinfo=UTC)
    fact = Fact("opened", text, "4.18 Medication", at, "high", "https://ward.linden.example/alarms#incident-1")
    words = {"subject": f"HIGH {text}", "text": f"{text}.\nWhere: 4.18 Medication", "short": f"HIGH {text} since 07:52"}
    return Message(id_, address, at, "high", facts=(fact,), **(words | more))


class Mail:
    """A mail server (aiosmtpd). `certificates` is a folder for TLS; `user` must sign in."""

    part, address, named = "email", "brandt@linden.example", True

    def __init__(self, port, certificates=None, user=None):
        self.port, self.mode, self.got, self.sessions = port, "takes", [], []
        self.certificates, self.user = certificates, user
        pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (pip install aiosmtpd)")

    @property
    def where(self):
        return {"host": "localhost", "port": self.port, "sender": "wardkeeper@linden.example", "tls": "none"}

    def start(self):
        import ssl

        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult, LoginPassword

        more = {}
        if self.certificates:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificates / "server.pem", self.certificates / "server.key")
            more["tls_context"] = context
        if self.user:

            def known(_server, _session, _envelope, _mechanism, data):
                right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == self.user
                return AuthResult(success=right, handled=False)

            more |= {"authenticator": known, "auth_required": True, "auth_require_tls": bool(self.certificates)}
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self.controller.start()
        return self

    def stop(self):
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, _options):  # noqa: N802 - aiosmtpd calls it so
        if self.mode == "refuses":
            return "550 5.1.1 no such mailbox"
        if self.mode == "busy":
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the same
        if self.mode == "hangs up":
            server.transport.abort()
            return "421 gone"
        self.sessions.append(session)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.got.append((envelope.rcpt_tos[0], mail["Subject"] + "\n" + mail.get_content(), mail["Message-ID"]))
        self.mail = mail
        return "250 2.0.0 queued as 4XYZ"


class Hook:
    """A web server that checks the signature and drops an id that it has seen."""

    part, address, named = "webhook", "brandt", True

    def __init__(self, port):
        self.port, self.mode, self.got, self.pings, self.seen = port, "takes", [], 0, set()

    @property
    def where(self):
        return {"url": f"http://127.0.0.1:{self.port}/hooks", "secret": SECRET}

    def start(self):
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if far.mode == "hangs up":
                    self.close_connection = True
                    return
                status, answer = far.answer(self.headers, body)
                written = far.written(answer)
                self.send_response(status)
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, said, body):
        return {"refuses": 410, "busy": 503}.get(self.mode) or self.take(said, body), ""

    def written(self, answer):
        return answer.encode()

    def take(self, said, body):
        at = datetime.fromtimestamp(int(said["webhook-timestamp"]), UTC)
        if headers(key_of(SECRET), said["webhook-id"], at, body)["webhook-signature"] != said["webhook-signature"]:
            return 401
        told = json.loads(body)
        if told["type"] == "notice.ping":
            self.pings += 1
        elif said["webhook-id"] not in self.seen:
            self.seen.add(said["webhook-id"])
            titles = [fact["title"] for fact in told["data"]["notices"]]
            self.got.append(
                (told["data"]["address"], "; ".join([told["data"]["subject"], *titles]), said["webhook-id"])
            )
        return 204


class Gateway(Hook):
    """A carrier's WCTP gateway."""

    part, address = "wctp", "8005551212"

    @property
    def where(self):
        return {"url": f"http://127.0.0.1:{self.port}/wctp", "sender": "linden", "password": "let me in"}

    def answer(self, said, body):
        assert said["Content-Type"] == "text/xml"
        told = ET.fromstring(body)
        if told.find("wctp-VersionQuery") is not None:
            return 200, '<wctp-VersionResponse inquirer="linden" responder="far"/>'
        failure = {"refuses": (403, "invalid recipientID"), "busy": (606, "service unavailable")}.get(self.mode)
        sender = told.find(".//wctp-Originator").attrib
        if sender != {"senderID": "linden", "securityCode": "let me in"}:
            failure = 402, "invalid security code"
        if failure:
            code, why = failure
            return 200, f'<wctp-Confirmation><wctp-Failure errorCode="{code}" errorText="{why}"/></wctp-Confirmation>'
        text, number = told.find(".//wctp-Alphanumeric").text, told.find(".//wctp-MessageControl").get("messageID")
        self.got.append((told.find(".//wctp-Recipient").get("recipientID"), text, number))
        success = '<wctp-Success successCode="200" successText="accepted"/>'
        return 200, f"<wctp-Confirmation>{success}</wctp-Confirmation>"

    def written(self, answer):
        return f'<?xml version="1.0"?><wctp-Operation wctpVersion="WCTP-DTD-V1R3">{answer}</wctp-Operation>'.encode()


class _Paging(socketserver.StreamRequestHandler):
    """One caller of a paging terminal."""

    def handle(self):
        self.far, self.page = self.server.far, {}
        self.admitted = not self.far.user
        self.say("220 SNPP Gateway Ready")
        while line := self.rfile.readline().decode("ascii").strip():
            command, _, words = line.partition(" ")
            if command == "SEND" and self.far.mode == "hangs up":
                return
            self.say(self.answer(command, words))
            if command == "QUIT":
                return

    def answer(self, command, words):
        if command == "QUIT":
            return "221 OK, Goodbye"
        if command == "LOGI":
            self.admitted = words == self.far.user
        if not self.admitted:
            return "550 Error, Invalid Login"
        if command == "PAGE" and self.far.mode == "refuses":
            return "550 Error, Invalid Pager ID"
        if command in ("PAGE", "MESS", "LOGI"):
            self.page[command] = words
            return "250 OK"
        return self.send() if command == "SEND" else "500 Command Not Implemented, Try Again"

    def send(self):
        if self.far.mode == "busy":
            return "554 Error, failed (technical reason)"
        self.far.got.append((self.page["PAGE"], self.page["MESS"], ""))
        return "250 Message Sent Successfully"

    def say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


class _Terminals(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True


class Terminal:
    """A paging terminal (SNPP). `user` must sign in."""

    part, address, plain, named = "snpp", "5550117", True, False

    def __init__(self, port, user=""):
        self.port, self.mode, self.got, self.user = port, "takes", [], user

    @property
    def where(self):
        return {"host": "127.0.0.1", "port": self.port}

    def start(self):
        self.server = _Terminals(("127.0.0.1", self.port), _Paging)
        self.server.far = self
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


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


FARS = {far.part: far for far in (Mail, Hook, Modem, Terminal, Gateway)}
