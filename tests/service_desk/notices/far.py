"""The far ends of channels: real servers on this machine that take messages, or do as `mode` says.

`mode` is "takes"; "refuses" for ever; "busy": not now; "hangs up" when it has the message, before it answers.
`got` are (address, text, id) of what was taken; `named` says that an id is among what is sent;
`where` are the settings that lead there; `stop` and `start` again.
"""

import hashlib
import json
import re
import select
import socket
import socketserver
import threading
from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

import pytest

from service_desk.notices.ports import Fact, Message
from service_desk.signing import headers, key_of
from tests.service_desk.notices.modem import Modem
from tests.service_desk.notices.push_service import PushService

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
        assert b"\n" not in envelope.original_content.replace(b"\r\n", b""), "RFC 5321, 2.3.8: no bare LF"
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


class Pbx:
    """A telephone system on UDP that asks for a password; `mode` "rings" is a telephone that nobody picks up."""

    part, address, plain, named = "sip", "2117", True, False

    def __init__(self, port):
        self.port, self.mode, self.got, self.methods, self.packets = port, "takes", [], [], 0
        self.algorithm, self.alive = "MD5", False

    @property
    def where(self):
        quick = {"ring_s": 0.3, "tone_s": 0.2, "timeout_s": 1.0}
        return {"host": "127.0.0.1", "port": self.port, "user": "ward", "password": "secret", **quick}

    def start(self):
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind(("127.0.0.1", self.port))
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind(("127.0.0.1", 0))
        self.alive = True
        self.thread = threading.Thread(target=self._live)
        self.thread.start()
        return self

    def stop(self):
        self.alive = False
        self.thread.join(5)
        self.line.close()
        self.media.close()

    def _live(self):
        while self.alive:
            for ready in select.select([self.line, self.media], [], [], 0.01)[0]:
                data, who = ready.recvfrom(65_535)
                if ready is self.media:
                    self.packets += len(data) == 172 and data[:2] == b"\x80\x00"
                else:
                    self._heard(data.decode(), who)

    def _heard(self, text, who):
        method, uri, _ = text.split(" ", 2)
        self.methods.append(method)
        self._who, self._text = who, text
        if method == "ACK":
            return
        if method == "CANCEL":
            self._say("200 OK")
            self._say("487 Request Terminated", cseq=self._number() + " INVITE")
        elif method == "BYE":
            assert uri == f"sip:phone@127.0.0.1:{self.port}"
            self._say("200 OK")
        elif not self._admitted(method, uri):
            self._say(
                "401 Unauthorized",
                f'WWW-Authenticate: Digest realm="pbx", nonce="n1", qop="auth", algorithm={self.algorithm}',
            )
        elif method == "OPTIONS":
            self._say("200 OK")
        else:
            self._ring()

    def _ring(self):
        self._say("100 Trying")
        answers = {"refuses": "404 Not Found", "busy": "486 Busy Here"}
        if self.mode in answers:
            self._say(answers[self.mode])
            return
        self._say("180 Ringing")
        if self.mode == "rings":
            return
        shown = re.search(r'^From: "([^"]*)"', self._text, re.MULTILINE)[1]
        self.got.append((re.search(r"^INVITE sip:([^@]+)@", self._text)[1], shown, ""))
        sdp = f"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {self.media.getsockname()[1]} RTP/AVP 0\r\n"
        self._say("200 OK", f"Contact: <sip:phone@127.0.0.1:{self.port}>", body=sdp)

    def _number(self):
        return re.search(r"^CSeq: (\d+)", self._text, re.MULTILINE)[1]

    def _admitted(self, method, uri):
        found = re.search(r"^Authorization: Digest (.*)", self._text, re.MULTILINE)
        said = dict(re.findall(r'(\w+)="?([^",\s]+)', found[1])) if found else {}

        def digest(*parts):
            kind = {"MD5": "md5", "SHA-256": "sha256"}[self.algorithm]
            return hashlib.new(kind, ":".join(parts).encode()).hexdigest()

        secret, about = digest("ward", "pbx", "secret"), digest(method, uri)
        right = digest(secret, "n1", said.get("nc", ""), said.get("cnonce", ""), "auth", about)
        return said.get("response") == right

    def _say(self, status, *more, cseq="", body=""):
        kept = [line for line in self._text.split("\r\n") if line.startswith(("Via:", "From:", "Call-ID:"))]
        to = re.search(r"^To: (.*)", self._text, re.MULTILINE)[1].strip()
        tagged = to if ";tag=" in to else f"{to};tag=far"
        counted = cseq or re.search(r"^CSeq: (.*)", self._text, re.MULTILINE)[1].strip()
        lines = [f"SIP/2.0 {status}", *kept, f"To: {tagged}", f"CSeq: {counted}", *more, "", body]
        self.line.sendto("\r\n".join(lines).encode(), self._who)


FARS = {far.part: far for far in (Mail, Hook, Modem, Terminal, Gateway, Pbx, PushService)}
