import asyncio
import ssl
from email import message_from_bytes, policy

import pytest
from pydantic import SecretStr, ValidationError

from collector.tls import Tls
from service_desk.incidents.model import Outbox
from service_desk.sinks import email
from tests.conftest import make_certificates
from tests.service_desk.sinks.telling import Telling

pytestmark = pytest.mark.dialects("sqlite")

USER = ("wardkeeper", "s3cret")


class Mailbox:
    """A mail server (aiosmtpd). `faults`, one a mail: "lost" (it has the mail and hangs up), or a reply to DATA."""

    site = "linden"

    def __init__(self, port, certificates=None):
        self.port, self.certificates, self.mails, self.faults, self.unknown = port, certificates, [], [], set()
        self.start()

    def settings(self):
        security = {"security": "none"}
        if self.certificates:
            tls = Tls(ca=str(self.certificates / "ca.pem"))
            security = {"user": USER[0], "password": SecretStr(USER[1]), "tls": tls}
        people = {"sender": "wardkeeper@linden.example", "recipients": ["rt@linden.example", "okafor@linden.example"]}
        return {"host": "localhost", "port": self.port, "timeout_s": 5.0, **people, **security}

    def start(self):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

        more = {}
        if self.certificates:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificates / "server.pem", self.certificates / "server.key")

            def known(_server, _session, _envelope, _mechanism, data):
                return AuthResult(success=(data.login.decode(), data.password.decode()) == USER, handled=False)

            more = {"tls_context": context, "require_starttls": True, "authenticator": known, "auth_required": True}
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self.controller.start()

    def stop(self):
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, _options):  # noqa: N802 - aiosmtpd calls it so
        if address in self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the same
        fault = self.faults.pop(0) if self.faults else ""
        if fault in ("", "lost"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if fault == "lost":
            server.transport.abort()
        return fault if fault not in ("", "lost") else "250 2.0.0 queued"


@pytest.fixture
def there(free_port):
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (pip install aiosmtpd)")
    there = Mailbox(free_port())
    yield there
    there.stop()


@pytest.fixture
def certificates(tmp_path):
    make_certificates(tmp_path)
    return tmp_path


@pytest.fixture
def telling(house, there):
    return Telling(house, there, email)


def test_an_incident_is_one_thread(telling, there):
    for _ in telling.story():
        telling.tell()
    first, *others = there.mails
    assert first["Subject"].strip().startswith("Pump 117 in an unknown room needs mains: battery 20")
    assert first["To"] == "rt@linden.example, okafor@linden.example"
    assert first["In-Reply-To"] is None
    assert first["Importance"] == "normal"
    assert len(others) == 3
    for mail in others:
        assert mail["Subject"].split() == ["Re:", *first["Subject"].split()]
        assert mail["In-Reply-To"] == mail["References"] == first["Message-ID"]
    assert len({mail["Message-ID"] for mail in there.mails}) == 4


def test_the_first_mail_has_the_evidence_as_text_and_markup_and_the_chart(telling, there):
    telling.low()
    telling.tell()
    (mail,) = there.mails
    assert "Nearest usable spare" in mail.get_body(("plain",)).get_content()
    assert "<b>Nearest usable spare</b>" in mail.get_body(("html",)).get_content()
    (chart,) = mail.iter_attachments()
    assert chart.get_content_type() == "image/svg+xml"
    assert chart.get_content().startswith(b"<svg")


def test_the_same_news_again_sends_nothing(telling, there):
    for _ in telling.story():
        telling.tell()
    for what in telling.news:
        asyncio.run(telling.sink.sync(what))
    assert len(there.mails) == 4


def test_a_mail_whose_answer_was_lost_is_sent_again_after_ten_minutes_with_the_same_id(telling, there):
    telling.low()
    there.faults.append("lost")
    telling.tell()
    telling.wait(540, step=60)
    assert len(there.mails) == 1
    telling.wait(120, step=60)
    one, other = there.mails
    assert one["Message-ID"] == other["Message-ID"]
    assert telling.told


def test_an_outage_of_an_hour_is_told_once_afterwards(telling, there):
    there.stop()
    for _ in telling.story():
        telling.tell()
    telling.wait(3600, step=240)
    assert there.mails == []
    there.start()
    telling.wait(360, step=60)
    assert (telling.told, len(there.mails)) == (True, 4)


def test_greylisting_is_waited_for_and_a_refusal_is_a_dead_letter(telling, there):
    telling.low()
    there.faults += ["451 4.7.1 come back later", "554 5.7.1 no"]
    telling.tell()
    assert not telling.told
    telling.wait(5, step=5)
    (row,) = telling.house.all(Outbox)
    assert "554" in row.refused
    assert there.mails == []


def test_an_address_that_does_not_exist_is_said_and_the_others_get_it_once(telling, there):
    there.unknown = {"okafor@linden.example"}
    telling.low()
    telling.tell()
    (row,) = telling.house.all(Outbox)
    assert "okafor@linden.example did not get it" in row.refused
    assert len(there.mails) == 1


def test_tls_and_a_user(house, free_port, certificates):
    pytest.importorskip("aiosmtpd")
    there = Mailbox(free_port(), certificates)
    telling = Telling(house, there, email)
    assert asyncio.run(telling.sink.check()) == "It answers and knows wardkeeper"
    assert there.mails == []
    telling.low()
    telling.tell()
    assert len(there.mails) == 1
    telling.normal()
    telling.outbox._sinks["there"] = telling.sink_of(password=SecretStr("wrong"))
    telling.tell()
    trouble = telling.outbox.troubles["there"]
    assert trouble.barred
    assert "password" in trouble.why
    assert "wrong" not in trouble.why
    telling.outbox._troubles.clear()
    telling.outbox._sinks["there"] = telling.sink_of(tls=None)
    house.after(400)
    telling.tell()
    assert "TLS failed" in telling.outbox.troubles["there"].why
    there.stop()


def test_a_password_does_not_go_out_in_the_open():
    with pytest.raises(ValidationError, match="in the open"):
        email.Config(
            host="mail.linden.example",
            security="none",
            user="wardkeeper",
            password=SecretStr("x"),
            sender="a@linden.example",
            recipients=["b@linden.example"],
        )
