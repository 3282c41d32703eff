"""A signed webhook: https://github.com/standard-webhooks/standard-webhooks; JSON to one address of the house.

The body is `{"type": "notice.opened", "timestamp": …, "data": {"address", "priority", "subject", "short", "notices"}}`.
A test is `notice.ping`. Redirects are not followed.
"""

import ssl
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
import urllib3
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.errors import Refused, Unreachable
from service_desk import signing
from service_desk.notices.ports import Message, Receipt
from service_desk.notices.trouble import asking

PROVEN = True
ADDRESS = "Name at the receiver"


class Config(BaseModel):
    """Where to, and the secret that both know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str = Field(description="Address that notices are posted to: https://…")
    secret: SecretStr = Field(description="What signs them, `whsec_` and base64: !file PATH or !env NAME.")
    ca: str | None = Field(None, description="File with the authority that signed the receiver's certificate.")
    timeout_s: float = Field(10.0, gt=0, le=30, description="Seconds after which no answer is none.")

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("needs an address that begins with https:// or http://")
        return value

    @field_validator("secret")
    @classmethod
    def _a_key(cls, value: SecretStr) -> SecretStr:
        signing.key_of(value.get_secret_value())
        return value


def address(text: str) -> str:
    """What the receiver calls the person; it decides what that means. Raises ValueError."""
    name = text.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise ValueError("Write what the receiving system calls you, up to 100 characters.")
    return name


def open_channel(config: Config) -> "Webhook":
    """Connects to nothing yet."""
    return Webhook(config)


class Webhook:
    """A `service_desk.notices.ports.Channel`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._key = signing.key_of(config.secret.get_secret_value())
        self._host = urlsplit(config.url).hostname or ""
        trust = ssl.create_default_context(cafile=config.ca)
        self._http = urllib3.PoolManager(ssl_context=trust, retries=False, timeout=config.timeout_s)

    def hand(self, message: Message) -> Receipt:
        """Post it; a 2xx is its receipt."""
        data = {
            "address": message.address,
            "priority": message.priority,
            "subject": message.subject,
            "short": message.short,
            "notices": [msgspec.to_builtins(fact) for fact in message.facts],
        }
        status = self._post(f"notice.{message.facts[0].what}", message.id, message.at, data)
        return Receipt(f"HTTP {status}")

    def test(self, now: datetime) -> str:
        """A signed ping."""
        self._post("notice.ping", f"ping:{int(now.timestamp())}", now, {})
        return f"{self._host} takes what is signed"

    def close(self) -> None:
        """Let go of connections."""
        self._http.clear()

    def _post(self, kind: str, message_id: str, at: datetime, data: Mapping[str, object]) -> int:
        body = msgspec.json.encode({"type": kind, "timestamp": at, "data": data})
        headers = signing.headers(self._key, message_id, at, body) | {"Content-Type": "application/json"}
        with asking(self._host):
            answer = self._http.request("POST", self._config.url, body=body, headers=headers, redirect=False)
        if 200 <= answer.status < 300:
            return answer.status
        why = f"{self._host} says {answer.status}"
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise Unreachable(why)
        raise Refused(f"{why}; check the address and the secret")
