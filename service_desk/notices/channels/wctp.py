"""Paging by WCTP 1.3, Wireless Communications Transfer Protocol, in enterprise mode: XML over HTTP or HTTPS.

The form of a request is the one published by carriers (http://wctp.myairmail.com/); the DTD is
http://www.wctp.org/release/wctp-dtd-v1r3.dtd. A test is a `wctp-VersionQuery`.
"""

import hashlib
import re
import ssl
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import urllib3
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.errors import Refused, Unreachable
from service_desk.notices.ports import Message, Receipt
from service_desk.notices.trouble import asking

PROVEN = False
ADDRESS = "Pager number"

_PAGER = re.compile(r"[A-Za-z0-9._@+-]{1,255}")
_LARGEST = 100_000
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE wctp-Operation SYSTEM "http://www.wctp.org/release/wctp-dtd-v1r3.dtd">\n'
    '<wctp-Operation wctpVersion="WCTP-DTD-V1R3">'
)


class Config(BaseModel):
    """A carrier's gateway."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str = Field(description="Address of the gateway: https://…/wctp")
    sender: str = Field(min_length=1, max_length=128, description="senderID: who you are there.")
    password: SecretStr | None = Field(None, description="securityCode: !file PATH or !env NAME.")
    ca: str | None = Field(None, description="File with the authority that signed the gateway's certificate.")
    timeout_s: float = Field(10.0, gt=0, le=30, description="Seconds after which no answer is none.")

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("needs an address that begins with https:// or http://")
        return value


def address(text: str) -> str:
    """A recipientID. Raises ValueError."""
    if not _PAGER.fullmatch(text.strip()):
        raise ValueError("A pager has a number like 8005551212, without blanks.")
    return text.strip()


def open_channel(config: Config) -> "Wctp":
    """Connects to nothing yet."""
    return Wctp(config)


class Wctp:
    """A `service_desk.notices.ports.Channel`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._host = urlsplit(config.url).hostname or ""
        trust = ssl.create_default_context(cafile=config.ca)
        self._http = urllib3.PoolManager(ssl_context=trust, retries=False, timeout=config.timeout_s)

    def hand(self, message: Message) -> Receipt:
        """Submit a message; its messageID is made of the notice's key."""
        secret = self._config.password.get_secret_value() if self._config.password else ""
        code = f" securityCode={quoteattr(secret)}" if secret else ""
        number = hashlib.sha256(message.id.encode()).hexdigest()[:32]
        priority = {"high": "HIGH", "low": "LOW"}.get(message.priority, "NORMAL")
        answer = self._post(
            "<wctp-SubmitRequest>"
            f'<wctp-SubmitHeader submitTimestamp="{message.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}">'
            f"<wctp-Originator senderID={quoteattr(self._config.sender)}{code}/>"
            f'<wctp-MessageControl messageID="{number}" deliveryPriority="{priority}"/>'
            f"<wctp-Recipient recipientID={quoteattr(message.address)}/></wctp-SubmitHeader>"
            f"<wctp-Payload><wctp-Alphanumeric>{escape(message.short)}</wctp-Alphanumeric></wctp-Payload>"
            "</wctp-SubmitRequest>"
        )
        success = answer.get("wctp-Success")
        if success is None:
            self._refuse(answer)
        return Receipt(f"WCTP {success.get('successCode', '')} {success.get('successText', '')}".strip()[:120])

    def test(self, now: datetime) -> str:
        """Ask which versions the gateway speaks."""
        asked = f'dateTime="{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"'
        answer = self._post(f"<wctp-VersionQuery inquirer={quoteattr(self._config.sender)} {asked}/>")
        if "wctp-VersionResponse" not in answer:
            self._refuse(answer)
        return f"{self._host} speaks WCTP"

    def close(self) -> None:
        """Let go of connections."""
        self._http.clear()

    def _post(self, operation: str) -> dict[str, dict[str, str]]:
        """The elements of the answer, by name, with their attributes."""
        body = f"{_HEAD}{operation}</wctp-Operation>".encode()
        headers = {"Content-Type": "text/xml"}
        with asking(self._host):
            answer = self._http.request("POST", self._config.url, body=body, headers=headers, redirect=False)
        if answer.status != 200:
            why = f"{self._host} says {answer.status}"
            raise Refused(why) if 400 <= answer.status < 500 else Unreachable(why)
        return _elements(answer.data[:_LARGEST], self._host)

    def _refuse(self, answer: dict[str, dict[str, str]]) -> NoReturn:
        """3xx: not understood; 4xx: who sends or receives is wrong; 5xx and 6xx: not now."""
        failure = answer.get("wctp-Failure")
        if failure is None:
            raise Refused(f"{self._host} gives no answer of WCTP; is the address right?")
        code = failure.get("errorCode", "")
        why = f"{self._host} says {code} {failure.get('errorText', '')}".strip()[:200]
        raise Refused(why) if code[:1] in ("3", "4") else Unreachable(why)


def _elements(text: bytes, host: str) -> dict[str, dict[str, str]]:
    """Names and attributes; entities of its own have no place in an answer."""
    found: dict[str, dict[str, str]] = {}

    def begun(name: str, attributes: dict[str, str]) -> None:
        found.setdefault(name, attributes)

    def entity(*_declaration: object) -> None:
        raise Refused(f"{host} sends an answer with entities of its own")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EntityDeclHandler = begun, entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as wrong:
        raise Unreachable(f"{host} sends what is no XML: {wrong}") from wrong
    return found
