"""Paging by SNPP: RFC 1861, level 1, and LOGIN of level 2; many pagers of a hospital's own system take it.

A pager gets plain ASCII. 250 says that the terminal has queued it, 860 and above of two-way pagers more.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import BinaryIO, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from collector.errors import Refused, Unreachable
from service_desk.notices.plain import plain
from service_desk.notices.ports import Message, Receipt, Unsure
from service_desk.notices.trouble import words

PROVEN = False
ADDRESS = "Pager number"

_PAGER = re.compile(r"[A-Za-z0-9._@-]{1,40}")
_LATER = ("421", "554")
"""The gateway goes down; a message failed for a technical reason."""


class Config(BaseModel):
    """A paging terminal."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    host: str = Field(min_length=1, description="The paging terminal.")
    port: int = Field(444, ge=1, le=65535, description="Its port.")
    user: str = Field("", description="User for LOGIN; nobody signs in when empty.")
    password: SecretStr | None = Field(None, description="That user's password: !file PATH or !env NAME.")
    timeout_s: float = Field(10.0, gt=0, le=30, description="Seconds after which no answer is none.")


def address(text: str) -> str:
    """A pager's number or name. Raises ValueError."""
    if not _PAGER.fullmatch(text.strip()):
        raise ValueError("A pager has a number like 5550117, without blanks.")
    return text.strip()


def open_channel(config: Config) -> "Snpp":
    """Connects to nothing yet."""
    return Snpp(config)


class Snpp:
    """A `service_desk.notices.ports.Channel`; a connection a page."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def hand(self, message: Message) -> Receipt:
        """Page somebody; what the terminal says of it is the receipt."""
        with self._connected() as line:
            self._ask(line, f"PAGE {message.address}")
            self._ask(line, f"MESS {plain(message.short)}")
            line.write(b"SEND\r\n")
            line.flush()
            try:
                answer = self._answer(line)
            except OSError as gone:
                raise Unsure(f"{self._config.host} hung up when it had the page") from gone
        return Receipt(answer[:120])

    def test(self, now: datetime) -> str:  # noqa: ARG002 - as the protocol has it
        """Connect, greet, sign in: all but a page."""
        with self._connected():
            return f"{self._config.host} answers{' to ' + self._config.user if self._config.user else ''}"

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _connected(self) -> Iterator[BinaryIO]:
        """A terminal that knows us."""
        config = self._config
        try:
            with socket.create_connection((config.host, config.port), config.timeout_s) as connection:
                line = cast("BinaryIO", connection.makefile("rwb"))
                with line:
                    self._answer(line)
                    if config.user:
                        secret = config.password.get_secret_value() if config.password else ""
                        self._ask(line, f"LOGI {config.user} {secret}".rstrip())
                    yield line
                    with suppress(OSError):  # what was taken before was taken
                        line.write(b"QUIT\r\n")
                        line.flush()
        except OSError as trouble:
            raise Unreachable(f"{config.host}:{config.port} does not answer: {words(trouble)}") from trouble

    def _ask(self, line: BinaryIO, command: str) -> str:
        line.write(f"{command}\r\n".encode("ascii"))
        line.flush()
        return self._answer(line)

    def _answer(self, line: BinaryIO) -> str:
        """The last line of an answer; 214 has several. Raises OSError when there is none."""
        while True:
            said = line.readline(1000).decode("ascii", "replace").strip()
            if not said:
                raise ConnectionResetError("it hung up")
            if not said.startswith("214"):
                break
        code = said[:3]
        if code[:1] in ("2", "8", "9"):
            return said
        why = f"{self._config.host} says {said[:200]}"
        raise Refused(why) if code.startswith("5") and code not in _LATER else Unreachable(why)
