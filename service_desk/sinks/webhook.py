"""Incidents to any web server, signed.

By Standard Webhooks, https://www.standardwebhooks.com: the headers webhook-id, webhook-timestamp and webhook-signature.
The body is `{"type": "incident.opened", "timestamp", "data"}`; what stands in `data` is in docs/ticket-systems.md.
A message that is sent again has the same id: drop what you have seen.
"""

import json
from typing import Any

import msgspec
from pydantic import Field, SecretStr, field_validator

from collector.clock import Clock
from service_desk import signing
from service_desk.ports import TicketSink
from service_desk.remote.config import HttpConfig
from service_desk.remote.http import Http
from service_desk.remote.letters import Letter, Letters
from service_desk.surroundings import Surroundings

PROVEN = True


class Config(HttpConfig):
    """Whoever knows the secret can check that a message is ours."""

    secret: SecretStr = Field(description="Secret of the signature: whsec_ and base64 of 24 to 64 bytes.")

    @field_validator("secret")
    @classmethod
    def _a_key(cls, value: SecretStr) -> SecretStr:
        signing.key_of(value.get_secret_value())
        return value


class Webhook:
    """A `service_desk.remote.letters.Post`."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Asks nothing yet."""
        secret = config.secret.get_secret_value()
        self._http = Http(config, {"Content-Type": "application/json"}, [secret])
        self._key = signing.key_of(secret)
        self._clock = clock

    async def send(self, letter: Letter) -> str:
        """2xx is taken, whatever the answer's body."""
        body = json.dumps(_message(letter), ensure_ascii=False).encode()
        signed = signing.headers(self._key, letter.id, self._clock.now(), body)
        await self._http.ask("POST", "", body=body, headers=signed)
        return ""

    async def check(self) -> str:
        """Whatever is sent there is news."""
        return ""


def _message(letter: Letter) -> dict[str, Any]:
    incident = msgspec.to_builtins(letter.incident)
    what, at = incident.pop("what"), incident.pop("at")
    data = {**incident, "key": letter.key, "text": letter.text}
    if letter.evidence is not None:
        data["evidence"] = letter.evidence
    return {"type": f"incident.{what}", "timestamp": at, "data": data}


def build(config: Config, around: Surroundings) -> TicketSink:
    """A receiver of webhooks."""
    return Letters(Webhook(config, around.clock), around, 1.5 * config.timeout_s + config.request_limit_s)
