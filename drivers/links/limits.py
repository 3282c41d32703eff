"""What a broker lets be on the way, and keeps for who is away: MQTT has no way to ask, so it is tried out.

Document: MQTT 3.1.1 (OASIS Standard 2014), §3.1.2.4 sessions, §4.4 delivery, §4.6 order. A visitor signs in under a
name of its own, so the running link is not disturbed. What it sends is small, QoS 1, not retained, on one topic of its
own below `wardkeeper/`; it leaves neither session nor message behind.
"""

import secrets
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.errors import Refused, Unreachable
from drivers.links.mqtt import Config, equip, words_of

PAYLOAD: Final = b"wardkeeper doctor"

_VERSION = "$SYS/broker/version"
_DROPPED = "$SYS/broker/publish/messages/dropped"  # mosquitto(8)
_ANSWER_S = 10.0
_QUIET_S = 0.5  # nothing more comes when nothing came for so long
_HUNG_UP = "It closed the connection without an answer; is that port the broker's, and does it want TLS?"


class Untrusted(Unreachable):
    """TLS did not come about."""


class Silenced(Refused):
    """The broker does not hand on what is sent to the topic of the trial."""


class Visitor:
    """One connection for the length of a `with`. Raises Unreachable, Untrusted or Refused when it does not come about.

    Without `answers` it takes messages and confirms none. A session that is not `clean` outlives the connection.
    """

    def __init__(self, link: str, config: Config, name: str, *, clean: bool = True, answers: bool = True) -> None:
        self.heard = 0  # messages of a trial
        self.version, self.dropped = "", 0
        self._address = f"{config.host}:{config.port}"
        self._config = config
        self._changed = threading.Condition()
        self._signed_in = self._over = False
        self._why = ""
        self._answers: dict[int, list[bool]] = {}
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, name, clean_session=clean, reconnect_on_failure=False, manual_ack=not answers
        )
        equip(self._client, f"Link {link}", config)
        self._client.max_inflight_messages_set(0)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        try:
            self._client.connect(self._config.host, self._config.port, self._config.keepalive)
        except (OSError, UnicodeError) as trouble:
            tls = self._config.tls is not None and isinstance(trouble, ssl.SSLError | ConnectionResetError)
            raise (Untrusted if tls else Unreachable)(f"{self._address}: {words_of(trouble)}") from trouble
        self._client.loop_start()
        try:
            self._await(lambda: self._signed_in)
        except (Unreachable, Refused):
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def subscribe(self, filters: Sequence[str], qos: int = 1) -> list[str]:
        """Listen; the filters that the broker refuses."""
        with self._changed:
            _, mid = self._client.subscribe([(one, qos) for one in filters])
        self._await(lambda: mid in self._answers)
        return [one for one, granted in zip(filters, self._answers[mid or 0], strict=False) if not granted]

    def publish(self, topic: str, count: int) -> None:
        """Send `count` messages; return when the broker has them."""
        sent = [self._client.publish(topic, PAYLOAD, qos=1) for _ in range(count)]
        for one in sent:
            try:
                one.wait_for_publish(_ANSWER_S)
            except (RuntimeError, ValueError) as trouble:
                raise Unreachable(f"{self._address}: The connection was lost while messages were sent") from trouble
            if not one.is_published():
                raise Unreachable(f"{self._address}: The broker did not confirm a message within {_ANSWER_S:.0f} s")

    def settle(self, topic: str) -> int:
        """Wait until everything has come that will come. How many messages of the trial that were."""
        self.subscribe([topic])  # again: its answer comes behind what was sent before
        with self._changed:
            count = -1
            while count != self.heard and not self._over:
                count = self.heard
                self._changed.wait_for(self._more_than(count), _QUIET_S)
            return self.heard

    def _more_than(self, count: int) -> Callable[[], bool]:
        return lambda: self.heard > count or self._over

    def _await(self, wanted: Callable[[], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: wanted() or self._over, _ANSWER_S):
                raise Unreachable(f"{self._address}: No answer within {_ANSWER_S:.0f} s")
            if not wanted():
                raise Refused(self._why) if self._why else Unreachable(f"{self._address}: {_HUNG_UP}")

    def _leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    # ------------------------------------------------------------------ called from paho's thread

    def _on_connect(
        self, _c: paho.Client, _u: object, _f: paho.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        with self._changed:
            if reason.is_failure:
                self._why = str(reason)
            else:
                self._signed_in = True
            self._changed.notify_all()

    def _on_disconnect(
        self, _c: paho.Client, _u: object, _f: paho.DisconnectFlags, _reason: ReasonCode, _p: Properties | None
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _on_subscribe(
        self, _c: paho.Client, _u: object, mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        with self._changed:
            self._answers[mid] = [not reason.is_failure for reason in reasons]
            self._changed.notify_all()

    def _on_message(self, _c: paho.Client, _u: object, message: paho.MQTTMessage) -> None:
        with self._changed:
            if message.topic == _VERSION:
                self.version = message.payload.decode(errors="replace")
            elif message.topic == _DROPPED:
                self.dropped = int(message.payload) if message.payload.isdigit() else 0
            else:
                self.heard += message.payload == PAYLOAD
            self._changed.notify_all()


class Welcome(msgspec.Struct, frozen=True):
    """What the broker calls itself ("" when it does not say), the filters that it refuses, how much it threw away."""

    version: str
    refused: Sequence[str]
    dropped: int = 0


def welcome(link: str, config: Config, filters: Sequence[str]) -> Welcome:
    """Sign in and listen for a moment, as the link does."""
    with Visitor(link, config, _name()) as visitor:
        refused = visitor.subscribe(filters, qos=0) if filters else []
        with suppress(Unreachable):  # some brokers hang up on who asks for their figures
            visitor.subscribe([_DROPPED], qos=0)
            visitor.settle(_VERSION)
        return Welcome(visitor.version, refused, visitor.dropped)


def on_the_way(link: str, config: Config, folder: str, count: int) -> int:
    """How many of `count` messages the broker sends while none is confirmed. Raises Silenced."""
    topic, name = f"{folder}/{_name()}", _name()
    with Visitor(link, config, name, answers=False) as listener, Visitor(link, config, _name()) as speaker:
        _try(listener, speaker, topic)
        speaker.publish(topic, count - 1)
        return listener.settle(topic)


def kept(link: str, config: Config, folder: str, count: int) -> int:
    """How many of `count` messages the broker keeps for a session that is away. Raises Silenced."""
    topic, name = f"{folder}/{_name()}", _name()
    try:
        with Visitor(link, config, name, clean=False) as listener, Visitor(link, config, _name()) as speaker:
            _try(listener, speaker, topic)
        with Visitor(link, config, _name()) as speaker:
            speaker.publish(topic, count)
        with Visitor(link, config, name, clean=False) as listener:
            return listener.settle(topic)
    finally:
        with Visitor(link, config, name):  # a clean session: the broker forgets the one before
            pass


def _try(listener: Visitor, speaker: Visitor, topic: str) -> None:
    """One message, to see whether it arrives at all."""
    refused = listener.subscribe([topic])
    speaker.publish(topic, 1)
    if refused or not listener.settle(topic):
        raise Silenced(f"{topic} is not handed on")


def _name() -> str:
    return f"wardkeeper-doctor-{secrets.token_hex(4)}"
