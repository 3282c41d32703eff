"""Web push: RFC 8030, encrypted by RFC 8291 and signed by RFC 8292; a browser shows it, open or not.

The push service of a browser's maker passes the message on and cannot read it. An address is the subscription of one
browser as JSON; it is made on the page "What I am told". Redirects are not followed.
"""

import hashlib
import os
import ssl
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.errors import Refused, Unreachable
from service_desk.notices import push_message
from service_desk.notices.ports import Gone, Message, Receipt
from service_desk.notices.trouble import asking

PROVEN = False
ADDRESS = "Browser"

KEPT_S = 3600
"""So long a push service keeps what a browser that is off has not fetched: as long as a notice is tried."""
_ALONE = {"Connection": "close"}
"""A kept connection may have died unnoticed, and then nobody knows what became of the message."""
_URGENCY = {"high": "high", "medium": "normal", "low": "low"}


class Config(BaseModel):
    """Who signs, and which push services may be called."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    secret: SecretStr = Field(
        description="What signs, made by `wardkeeper push-key FILE`: !file PATH. With another, all subscribe anew."
    )
    contact: str = Field(
        pattern=r"^(mailto:\S+@\S+|https://\S+)$",
        description="Whom a push service writes to when something is wrong: mailto:… or https://…",
    )
    services: list[Annotated[str, Field(pattern=r"^(\*\.)?[A-Za-z0-9.-]+(:\d+)?$")]] = Field(
        default=[
            "fcm.googleapis.com",
            "updates.push.services.mozilla.com",
            "web.push.apple.com",
            "*.notify.windows.com",
        ],
        min_length=1,
        description="Hosts of push services; no others are called, whatever a browser names. `*.` is any host below.",
    )
    ca: str | None = Field(None, description="File with the authority that signed their certificates.")
    timeout_s: float = Field(10.0, gt=0, le=30, description="Seconds after which no answer is none.")

    @field_validator("secret")
    @classmethod
    def _a_key(cls, value: SecretStr) -> SecretStr:
        push_message.key_of(value.get_secret_value())
        return value

    @cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """What signs."""
        return push_message.key_of(self.secret.get_secret_value())

    @property
    def browser_key(self) -> str:
        """What a browser subscribes with."""
        return push_message.b64(push_message.public_of(self.key))


def address(text: str) -> str:
    """A browser's subscription, checked. Raises ValueError."""
    return msgspec.json.encode(push_message.subscription(text)).decode()


def shown(address: str) -> str:
    """What people call the browser."""
    return push_message.subscription(address).name or "A browser"


def open_channel(config: Config) -> "WebPush":
    """Connects to nothing yet."""
    return WebPush(config)


class WebPush:
    """A `service_desk.notices.ports.Channel`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        trust = ssl.create_default_context(cafile=config.ca)
        self._http = urllib3.PoolManager(ssl_context=trust, retries=False, timeout=config.timeout_s)

    def hand(self, message: Message) -> Receipt:
        """Give it to the browser's push service; what it is called there is the receipt."""
        to = push_message.subscription(message.address)
        host = urlsplit(to.endpoint).netloc
        if not any(_fits(host, allowed) for allowed in self._config.services):
            raise Refused(f"{host} is no push service of this house; an administrator may add it under services")
        body = push_message.encrypted(_text(message), to, ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
        headers = {
            "Authorization": push_message.signature(self._config.key, to.origin, self._config.contact, message.at),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_S),
            "Urgency": _URGENCY[message.priority],
            "Topic": push_message.b64(hashlib.sha256(message.id.encode()).digest()[:24]),  # sent again: shown once
        }
        answer = self._ask("POST", to.endpoint, body, headers)
        if 200 <= answer.status < 300:
            return Receipt(urlsplit(answer.headers.get("Location", "")).path[:120] or f"HTTP {answer.status}")
        raise _meaning(f"{host} says {answer.status}", answer.status)

    def test(self, now: datetime) -> str:  # noqa: ARG002 - as the protocol has it
        """Whether the push services answer over TLS. No more: browsers show whatever they are sent."""
        seen, troubles = [], []
        for host in self._config.services:
            if host.startswith("*."):  # which of them a browser has is not known
                continue
            try:
                self._ask("HEAD", f"https://{host}/")
            except Unreachable as trouble:
                troubles.append(str(trouble))
            else:
                seen.append(host)
        if troubles and not seen:
            raise Unreachable("; ".join(troubles))
        return "; ".join([*(f"{host} answers" for host in seen), *troubles]) or "no push service to ask is named"

    def close(self) -> None:
        """Let go of connections."""
        self._http.clear()

    def _ask(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] = _ALONE
    ) -> urllib3.BaseHTTPResponse:
        with asking(urlsplit(url).netloc):
            return self._http.request(method, url, body=body, headers={**_ALONE, **headers}, redirect=False)


def _meaning(said: str, status: int) -> Exception:
    if status in (404, 410):
        return Gone(f"{said}: this browser does not take notices any more")
    if status in (408, 425, 429) or status >= 500:
        return Unreachable(said)
    return Refused(f"{said}; check the key: who subscribed with another one must subscribe anew")


def _fits(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _text(message: Message) -> bytes:
    """What the service worker shows (dashboards/static/push_worker.js); a text that is too long is cut."""
    fact = message.facts[0]
    shown = {"id": message.id, "title": message.subject, "url": fact.url, "high": message.priority == "high"}
    body = message.text
    while len(text := msgspec.json.encode({**shown, "body": body})) > push_message.MOST_BYTES:
        body = f"{body[: len(body) * 3 // 4]}…"
    return text
