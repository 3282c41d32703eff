"""From an edge to the centre's broker: what the spool has, as `mqtt.wardkeeper` at QoS 1 (MQTT 5, OASIS Standard 2019).

MQTT 5, because there an acknowledgement says whether anybody gets the message: what a broker may not pass on, or what
nobody at the centre listens to, waits here. A consumer of the spool: when the broker is away it lags on disk.

A broker that is killed may lose what it had acknowledged. So the last minute is published again after every new
connection; at the centre the same reading twice is one point (docs/mqtt-wardkeeper.md).
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from collector.cursor import Cursor
from collector.errors import Unreachable
from collector.reading import Item, Reading
from collector.tls import Tls
from drivers.links.mqtt import OFFLINE, ONLINE, equip, words_of
from drivers.links.mqtt import Config as Broker
from drivers.mqtt.wardkeeper import encode

_KEEPALIVE_S = 30
_PATIENCE_S = 20.0
_SETTLES_S = 60.0
_WINDOW = 20  # payloads on the way; a broker may allow fewer
_ITEMS = 500
_PAYLOAD_BYTES = 256 << 10
_HEADER_BYTES = 512  # at most, beside topic and payload
_NOBODY = 0x10  # MQTT 5, 3.4.2.1: no matching subscribers
_LINK = "link:"


class Config(BaseModel):
    """The centre's broker. No two edges share a `client_id`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    host: str = Field(..., min_length=1, description="Name or address of the centre's broker, which speaks MQTT 5.")
    port: int = Field(1883, ge=1, le=65535, description="Its port; 8883 with TLS.")
    tls: Tls | None = Field(None, description="Files for TLS; without it nothing is encrypted.")
    username: str | None = Field(None, description="Whom to sign in as.")
    password: SecretStr | None = Field(None, description="Their password: !file PATH or !env NAME.")
    client_id: str = Field(
        ..., min_length=1, pattern=r"^[^/+#]*$", description="Name of this edge; no two at the centre are alike."
    )
    topic: str = Field(
        "", pattern=r"^[^+#]*$", description="Where to publish; `wardkeeper/<client_id>/readings` when empty."
    )

    def exclusive(self, _link: str) -> dict[tuple[str, ...], str]:
        """The broker's session: a second client of that name throws the first one out."""
        return {("client_id",): f"{self.host.casefold()}:{self.port} {self.client_id}"}

    def returns_by(self, link: Broker) -> bool:
        """Whether the link hears what is forwarded."""
        same = (link.host.casefold(), link.port) == (self.host.casefold(), self.port)
        return same and any(dialect.kind == "mqtt.wardkeeper" for dialect in link.dialects)


class Forward:
    """A `collector.ports.Consumer` that the spool keeps the last minute for. Used by one thread."""

    name = "forward"

    def __init__(self, config: Config, directory: Path, now: Callable[[], float] = time.monotonic) -> None:
        """`now`: seconds of a clock that is never set. Raises ConfigError or Unreachable."""
        self.topic = config.topic or f"wardkeeper/{config.client_id}/readings"
        self.address = f"{config.host}:{config.port}"
        self._config = config
        self._cursor = Cursor(directory / "forward.json", f"{self.address} {self.topic}", _SETTLES_S, now)
        self._line: _Line | None = None
        _Line(config).close()  # what is wrong with the files of TLS is known at once

    def position(self) -> int:
        return self._cursor.position

    def settled(self, _position: int) -> int:
        """Up to here nothing can be lost any more."""
        return self._cursor.settled

    def consume(self, items: Iterable[Item], position: int) -> None:
        """Publish, and return when the broker has everything. Raises Unreachable; then the last minute is repeated."""
        try:
            line = self._line = self._line or _Line(self._config).open()
            for payload in payloads(items, self._config.client_id, line.most_bytes - len(self.topic.encode())):
                line.publish(self.topic, payload)
            line.finish()
        except Unreachable as trouble:
            self.close()
            self._cursor.rewind()
            raise Unreachable(f"{self.address}: {trouble}") from trouble
        self._cursor.advance(position, float("-inf"))

    def close(self) -> None:
        """Say goodbye to the broker."""
        if self._line is not None:
            self._line.close()
            self._line = None


def payloads(items: Iterable[Item], edge: str, most_bytes: int) -> Iterator[bytes]:
    """`items` in their order, as few payloads as fit. A link of the edge is `link:<edge>/<name>` at the centre."""
    named = [_named(item, edge) for item in items]
    for start in range(0, len(named), _ITEMS):
        yield from _fitting(named[start : start + _ITEMS], most_bytes)


def _fitting(items: list[Item], most_bytes: int) -> Iterator[bytes]:
    payload = encode(items)
    if len(payload) <= most_bytes or len(items) == 1:
        yield payload
        return
    middle = len(items) // 2
    yield from _fitting(items[:middle], most_bytes)
    yield from _fitting(items[middle:], most_bytes)


def _named(item: Item, edge: str) -> Item:
    if isinstance(item, Reading) and item.device.startswith(_LINK):
        return replace(item, device=f"{_LINK}{edge}/{item.device.removeprefix(_LINK)}")
    return item


class _Line:
    """One connection, from `open` to the first trouble: it is not mended, another one is made."""

    def __init__(self, config: Config) -> None:
        """Raises ConfigError."""
        self.most_bytes = _PAYLOAD_BYTES
        self._config = config
        self._available = f"wardkeeper/{config.client_id}/available"
        self._changed = threading.Condition()
        self._up = False
        self._trouble = ""
        self._window = _WINDOW
        self._sent = self._done = 0
        client = self._client = paho.Client(
            CallbackAPIVersion.VERSION2, config.client_id, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        equip(client, "forward", config)
        client.will_set(self._available, OFFLINE, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish

    def open(self) -> "_Line":
        try:
            self._client.connect(self._config.host, self._config.port, _KEEPALIVE_S)
        except (OSError, UnicodeError) as trouble:
            raise Unreachable(words_of(trouble)) from trouble
        self._client.loop_start()
        try:
            self._wait(lambda: self._up)
        except Unreachable:
            self.close()
            raise
        self._sent += 1
        self._client.publish(self._available, ONLINE, retain=True)
        return self

    def publish(self, topic: str, payload: bytes) -> None:
        """Send when the window has room."""
        self._wait(lambda: self._sent - self._done < self._window)
        self._sent += 1
        self._client.publish(topic, payload, qos=1)

    def finish(self) -> None:
        """Wait until everything is acknowledged."""
        self._wait(lambda: self._done == self._sent)

    def close(self) -> None:
        if self._up:
            self._client.publish(self._available, OFFLINE, retain=True)
            self._client.disconnect()
        elif isinstance(sock := self._client.socket(), socket.socket):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # a broker that is silent is not waited for
        self._client.loop_stop()

    def _wait(self, done: Callable[[], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._trouble or done(), _PATIENCE_S):
                self._fail(f"No answer for {_PATIENCE_S:.0f} s")
            if self._trouble:
                raise Unreachable(self._trouble)

    # ------------------------------------------------------------------ what the broker says, from paho's thread

    def _on_connect(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fail(f"The broker refused the connection: {reason}; check username, password and client_id")
            return
        if properties is not None:
            self.most_bytes = min(_PAYLOAD_BYTES, getattr(properties, "MaximumPacketSize", 1 << 28) - _HEADER_BYTES)
            self._window = min(self._window, getattr(properties, "ReceiveMaximum", _WINDOW))
        with self._changed:
            self._up = True
            self._changed.notify_all()

    def _on_publish(
        self, _client: paho.Client, _userdata: object, _mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        if reason.is_failure:
            self._fail(f"The broker does not take it: {reason}; check its access list")
        elif reason.value == _NOBODY:
            self._fail(
                "Nobody at the centre listens; has a link there the dialect mqtt.wardkeeper, and was it ever up?"
            )
        with self._changed:
            self._done += 1
            self._changed.notify_all()

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._fail(f"The connection was lost: {reason}")

    def _fail(self, why: str) -> None:
        with self._changed:
            self._up = False
            self._trouble = self._trouble or why
            self._changed.notify_all()
