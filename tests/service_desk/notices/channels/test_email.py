"""E-mail: TLS, signing in, and what stands in the head of a mail (aiosmtpd 1.4.6, a real server)."""

from email.utils import parsedate_to_datetime

import pytest
from pydantic import ValidationError

from collector.errors import Refused, Unreachable
from service_desk.notices.channels.email import Config, open_channel
from tests.conftest import make_certificates
from tests.service_desk.notices.far import Mail, message

ADDRESS = "brandt@linden.example"


@pytest.fixture
def secure(tmp_path, free_port):
    make_certificates(tmp_path)
    far = Mail(free_port(), tmp_path, ("wardkeeper", "open sesame")).start()
    yield far
    far.stop()


def config(far, password="open sesame", **more):
    settings = far.where | {"tls": "starttls", "ca": str(far.certificates / "ca.pem"), "user": "wardkeeper"}
    return Config(**settings | more, password=password)


def test_a_mail_goes_over_tls_by_a_user_who_signed_in(secure):
    receipt = open_channel(config(secure)).hand(message(address=ADDRESS))
    assert receipt.reference == "2.0.0 queued as 4XYZ"
    assert secure.sessions[0].ssl is not None
    assert secure.sessions[0].authenticated
    assert open_channel(config(secure)).test(message().at) == "localhost answers as wardkeeper"


def test_a_wrong_password_is_refused_and_the_test_finds_it(secure):
    for act in ("hand", "test"):
        with pytest.raises(Refused, match="does not let wardkeeper in: 535"):
            getattr(open_channel(config(secure, "guess")), act)(message(address=ADDRESS))


def test_a_certificate_that_nobody_known_has_signed_gets_no_password(secure):
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        open_channel(config(secure, ca=None)).hand(message(address=ADDRESS))
    assert secure.got == []


def test_the_head_says_who_when_how_urgent_and_that_no_answer_is_wanted(secure):
    news = message(address=ADDRESS)
    open_channel(config(secure)).hand(news)
    mail = secure.mail
    assert (mail["From"], mail["To"]) == ("wardkeeper@linden.example", ADDRESS)
    assert parsedate_to_datetime(mail["Date"]) == news.at
    assert mail["Importance"] == "high"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_nothing_in_a_title_can_write_into_the_head(secure):
    open_channel(config(secure)).hand(message(address=ADDRESS, subject="HIGH\r\nBcc: everybody@linden.example"))
    assert secure.mail["Bcc"] is None
    assert secure.mail["Subject"] == "HIGH Bcc: everybody@linden.example"


def test_a_sender_that_is_none_is_named():
    with pytest.raises(ValidationError, match="sender"):
        Config(host="localhost", sender="wardkeeper")
