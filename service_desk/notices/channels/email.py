"""E-mail by a mail server of the house: SMTP, RFC 5321; submission with STARTTLS and AUTH, RFC 3207 and 4954.

The Message-ID is made of the notice's key, so that a mail that is sent again can be recognised.
"""

import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from collector.errors import Refused, Unreachable
from service_desk.notices.ports import Message, Receipt, Unsure

PROVEN = True
ADDRESS = "E-mail address"

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_IMPORTANCE = {"high": "high", "medium": "normal", "low": "low"}


class Config(BaseModel):
    """A mail server."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    host: str = Field(min_length=1, description="The mail server.")
    port: int = Field(25, ge=1, le=65535, description="Its port: 25, 587 for submission, 465 for TLS from the start.")
    tls: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="`starttls`, `implicit` (from the start), or `none` for a server on this machine."
    )
    ca: str | None = Field(None, description="File with the authority that signed the server's certificate.")
    sender: str = Field(pattern=_ADDRESS.pattern, description="Address that mails come from.")
    user: str = Field("", description="User to sign in as; nobody signs in when empty.")
    password: SecretStr | None = Field(None, description="That user's password: !file PATH or !env NAME.")
    timeout_s: float = Field(10.0, gt=0, le=30, description="Seconds after which no answer is none.")


def address(text: str) -> str:
    """One address. Raises ValueError."""
    if not _ADDRESS.fullmatch(text.strip()):
        raise ValueError("An e-mail address looks like name@hospital.example.")
    return text.strip()


def open_channel(config: Config) -> "Email":
    """Connects to nothing yet."""
    return Email(config)


class Email:
    """A `service_desk.notices.ports.Channel`; a connection a mail."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def hand(self, message: Message) -> Receipt:
        """Send a mail; the server's last words are the reference."""
        with self._connected() as server:
            mail = self._mail(message).as_bytes()
            self._said(server.mail(self._config.sender, []))
            self._said(server.rcpt(message.address))
            try:
                answer = server.data(mail)
            except (smtplib.SMTPServerDisconnected, OSError) as gone:
                raise Unsure(f"{self._config.host} hung up when it had the mail") from gone
            return Receipt(self._said(answer)[:120])

    def test(self, now: datetime) -> str:  # noqa: ARG002 - as the protocol has it
        """Connect, TLS, sign in, NOOP: all but a mail."""
        with self._connected() as server:
            self._said(server.noop())
        signed = f" as {self._config.user}" if self._config.user else ""
        return f"{self._config.host} answers{signed}"

    def close(self) -> None:
        """Nothing stays open."""

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy.SMTP)  # lines end as RFC 5321 wants them
        mail["Subject"] = " ".join(message.subject.split())
        mail["From"], mail["To"] = self._config.sender, message.address
        mail["Date"] = format_datetime(message.at)
        domain = self._config.sender.rpartition("@")[2]
        mail["Message-ID"] = f"<{hashlib.sha256(message.id.encode()).hexdigest()[:40]}@{domain}>"
        mail["Importance"] = _IMPORTANCE[message.priority]
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note comes back
        mail.set_content(message.text)
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A server that knows us. Raises Unreachable or Refused."""
        config = self._config
        try:
            server = self._opened()
            try:
                server.ehlo_or_helo_if_needed()
                if config.tls == "starttls":
                    server.starttls(context=self._trust())
                if config.user and config.password is not None:
                    server.login(config.user, config.password.get_secret_value())
                yield server
            finally:
                with suppress(smtplib.SMTPException, OSError):  # what was taken before was taken
                    server.quit()
                server.close()
        except smtplib.SMTPAuthenticationError as no:
            raise Refused(f"{config.host} does not let {config.user} in: {_words(no.smtp_code, no.smtp_error)}") from no
        except smtplib.SMTPNotSupportedError as no:
            raise Refused(f"{config.host} cannot do that: {no}; check tls and user") from no
        except smtplib.SMTPResponseException as no:
            self._said((no.smtp_code, no.smtp_error if isinstance(no.smtp_error, bytes) else no.smtp_error.encode()))
            raise Unreachable(f"{config.host} says what no mail server says: {no}") from no
        except (smtplib.SMTPException, OSError) as trouble:
            raise Unreachable(f"{config.host}:{config.port} does not answer as a mail server: {trouble}") from trouble

    def _opened(self) -> smtplib.SMTP:
        config = self._config
        if config.tls == "implicit":
            return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout_s, context=self._trust())
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout_s)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._config.ca)

    def _said(self, answer: tuple[int, bytes]) -> str:
        """What the server said. 4xx is for later, 5xx for ever (RFC 5321, 4.2.1)."""
        code, words = answer
        if 200 <= code < 400:
            return words.decode(errors="replace")
        why = f"{self._config.host} says {_words(code, words)}"
        raise Refused(why) if code >= 500 else Unreachable(why)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())[:200]}"
