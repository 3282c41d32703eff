"""Incidents by e-mail, for a ticket system that makes tickets of mails, or for people.

SMTP by RFC 5321, STARTTLS (RFC 3207), AUTH (RFC 4954). An incident is one thread (RFC 5322, 3.6.4): Message-IDs are
made of its key, and follow-ups refer to the first. A mail that is sent again (RFC 1047 says why that happens) has the
same Message-ID: most mailboxes show it once.
"""

import asyncio
import smtplib
import ssl
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from collector.clock import Clock
from collector.errors import Refused
from collector.tls import Tls
from service_desk.ports import TicketSink
from service_desk.remote.errors import Away, Barred, LostReply
from service_desk.remote.http import trust
from service_desk.remote.letters import Letter, Letters
from service_desk.surroundings import Surroundings

PROVEN = True

_ADDRESS = r"^[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
_IMPORTANCE = {"high": "high", "medium": "normal", "low": "low"}
_SETTLED_S = 600.0
"""RFC 5321, 4.5.3.2.6: the server may take ten minutes after the mail's last dot."""


class Config(BaseModel):
    """A mail server and who is written to."""

    model_config = ConfigDict(extra="forbid", strict=True)

    host: str = Field(min_length=1, description="The mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 for submission, 465 for TLS from the start, 25.")
    security: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="`starttls`, `implicit` (TLS from the start), or `none` for a server on this machine."
    )
    tls: Tls | None = Field(None, description="Files for TLS; the system's authorities count without it.")
    user: str = Field("", description="User to sign in as; nobody signs in when empty.")
    password: SecretStr | None = Field(None, description="That user's password.")
    sender: str = Field(pattern=_ADDRESS, description="Address that mails come from.")
    recipients: list[str] = Field(min_length=1, description="Addresses that mails go to.")
    timeout_s: float = Field(20.0, gt=0, le=30, description="How long an answer is waited for.")

    @model_validator(mode="after")
    def _not_in_the_open(self) -> Self:
        if self.security == "none" and self.password is not None and self.host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("security: none would send the password in the open; use starttls or implicit")
        return self


class Email:
    """A `service_desk.remote.letters.Post`; a connection a mail."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Connects to nothing yet. Raises ConfigError when the files under `tls` cannot be used."""
        self._config = config
        self._clock = clock
        self._trust = trust(config.tls) if config.security != "none" else None

    async def send(self, letter: Letter) -> str:
        mail = self._mail(letter)
        return await asyncio.to_thread(self._send, mail)

    async def check(self) -> str:
        """Connect, TLS, sign in: all but a mail."""
        (await asyncio.to_thread(self._opened)).close()
        return f"It answers{f' and knows {self._config.user}' if self._config.user else ''}"

    def _mail(self, letter: Letter) -> EmailMessage:
        config, domain = self._config, self._config.sender.rpartition("@")[2]
        mail = EmailMessage(policy.SMTP)  # lines end as RFC 5321 wants them
        follows = letter.id != letter.first
        mail["Subject"] = f"{'Re: ' if follows else ''}{' '.join(letter.incident.title.split())} [{letter.key}]"
        mail["From"], mail["To"] = config.sender, ", ".join(config.recipients)
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{letter.id}@{domain}>"
        if follows:
            mail["In-Reply-To"] = mail["References"] = f"<{letter.first}@{domain}>"
        mail["Importance"] = _IMPORTANCE[letter.incident.priority]
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note comes back
        mail.set_content(letter.text)
        mail.add_alternative(letter.html, subtype="html")
        if letter.chart is not None:
            kind, _, sub = letter.chart.media_type.partition("/")
            mail.add_attachment(letter.chart.data, maintype=kind, subtype=sub, filename=letter.chart.name)
        return mail

    def _send(self, mail: EmailMessage) -> str:
        """Who did not get it."""
        config = self._config
        server = self._opened()
        try:
            refused = server.sendmail(config.sender, config.recipients, mail.as_bytes())
        except smtplib.SMTPRecipientsRefused as no:
            raise self._meaning(*next(iter(no.recipients.values()))) from None
        except smtplib.SMTPResponseException as no:
            raise self._meaning(no.smtp_code, no.smtp_error) from None
        except (smtplib.SMTPException, OSError) as trouble:
            raise LostReply(f"{config.host} did not answer: {_words(trouble)}") from None
        finally:
            with suppress(smtplib.SMTPException, OSError):  # what it has taken it has taken
                server.quit()
            server.close()
        return "; ".join(f"{who} did not get it: {said!r}" for who, (_, said) in refused.items())

    def _opened(self) -> smtplib.SMTP:
        """A server that knows us: until here nothing was sent."""
        config = self._config
        try:
            server = self._connected()
            if config.security == "starttls":
                server.starttls(context=self._trust)
            if config.user and config.password is not None:
                server.login(config.user, config.password.get_secret_value())
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as no:
            raise Barred(f"{config.host} does not let us in: {_words(no)}; check user, password and security") from None
        except ssl.SSLError as no:
            raise Barred(f"{config.host}: TLS failed: {_words(no)}; check security and tls.ca") from None
        except (smtplib.SMTPException, OSError) as trouble:
            raise Away(f"{config.host}:{config.port} does not answer: {_words(trouble)}") from None
        return server

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        if config.security == "implicit":
            return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout_s, context=self._trust)
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout_s)

    def _meaning(self, code: int, said: bytes | str) -> Exception:
        """4xx is for later, 5xx for ever (RFC 5321, 4.2.1); 530 wants us to sign in (RFC 4954, 6)."""
        why = f"{self._config.host} says {code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
        if code in (530, 535):
            return Barred(f"{why}; check user and password")
        return Refused(why) if code >= 500 else Away(why)


def _words(trouble: BaseException) -> str:
    if isinstance(trouble, smtplib.SMTPResponseException):
        said = trouble.smtp_error
        return f"{trouble.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return str(trouble) or type(trouble).__name__


def build(config: Config, around: Surroundings) -> TicketSink:
    """A mailbox."""
    return Letters(Email(config, around.clock), around, _SETTLED_S)
