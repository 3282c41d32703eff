"""MQTT broker: subscribe, decode, spool, acknowledge (MQTT 3.1.1 and 5, OASIS Standards 2014 and 2019).

The session is persistent and nothing is acknowledged before it is fsynced, so the broker keeps what this link has not.
When the intake is full the link stops reading: the broker keeps that too. Brokers limit how much they keep and how
much may be on the way; for mosquitto set `max_inflight_messages 1000` and `max_queued_messages 0`.
"""

import random
import select
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from collector.clock import monotonic
from collector.errors import ConfigError, Unreachable
from collector.tls import Tls
from drivers.dialects import Dialect, DialectChoice, Dialects, dialect, open_dialects
from drivers.links.bell import Bell
from drivers.links.bulk import PlainClient, open_client
from drivers.links.delivery import Delivery
from drivers.links.link import House, LinkStatus, State
from drivers.links.sys_topics import OwnWords

ONLINE, OFFLINE = "online", "offline"

_FILTER = r"^(\+|[^+#\x00/]*)(/(\+|[^+#\x00/]*))*(/#)?$|^#$"  # MQTT 3.1.1 §4.7
_BROKER = "mqtt.mosquitto"
_CONNECT_TIMEOUT_S = 5.0
_TURN_S = 0.25
_PAUSE_S = 0.1
_BREATH_S = 0.003
"""Brokers send a packet at a time: after a small read the next one is larger when it comes a moment later."""
_FEW = 128
"""With so few at a time it comes once they are acknowledged: a small window may be all that the broker waits for."""
_FOREVER = 0xFFFF_FFFF  # MQTT 5 §3.1.2.11.2: the session does not expire
_FIRST_DELAY_S, _LONGEST_DELAY_S = 1.0, 60.0
_STEADY_S = 10.0  # a connection that held this long was a good one: the next delay is the first again
_LAST_WORDS_S = 1.0


EVERYTHING = (
    "mqtt.zigbee2mqtt", "mqtt.tasmota", "mqtt.espresense", "mqtt.shelly", "mqtt.esphome", "mqtt.homie",
    "mqtt.wardkeeper", "mqtt.sparkplug", "mqtt.chirpstack", "mqtt.openmqttgateway", "mqtt.minew_gateway",
    "mqtt.mqtt_room",
)  # fmt: skip
"""Dialects of a link that names none: all that need not be told where to listen."""


class Config(BaseModel):
    """One broker. `client_id` is this link's alone on that broker; `max_payload` in bytes.

    `topics` are further filters to listen to: what nobody understands is counted on /inputs.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    host: str = Field("127.0.0.1", min_length=1, description="Name or address of the broker.")
    port: int = Field(1883, ge=1, le=65535, description="Its port; 8883 with TLS.")
    tls: Tls | None = Field(None, description="Files for TLS; without it nothing is encrypted.")
    username: str | None = Field(None, description="Whom to sign in as.")
    password: SecretStr | None = Field(None, description="Their password: !file PATH or !env NAME.")
    client_id: str = Field(
        "",
        pattern=r"^[^/+#]*$",
        description="Name of the broker's session; `wardkeeper-<link>` when empty. One broker, two sites: two names.",
    )
    protocol: Literal["3.1.1", "5"] = Field("3.1.1", description="The version of MQTT.")
    share: str = Field(
        "",
        pattern=r"^[^/+#\x00]*$",
        description="Name of a group of collectors among which the broker deals out the messages; each has a"
        " `client_id` of its own. Retained messages are not sent to those who share.",
    )
    keepalive: int = Field(
        60, ge=5, le=65535, description="Seconds after which a silent connection is asked for a sign of life."
    )
    max_payload: int = Field(8 * 1024 * 1024, ge=1, description="Bytes; a larger message is counted and left out.")
    dialects: list[DialectChoice] = Field(
        default_factory=lambda: [DialectChoice(kind=kind) for kind in EVERYTHING],
        description="Dialects to understand, each with its own settings; when not given, those that need no setting."
        " Those of `ble` are for the advertisements of gateways: without any, what the BLE link takes.",
    )
    topics: list[Annotated[str, Field(min_length=1, pattern=_FILTER)]] = Field(
        [], description="Further filters to listen to: what nobody understands is counted on the inputs page."
    )

    def exclusive(self, link: str) -> dict[tuple[str, ...], str]:
        """The broker's session: a second client of that name throws the first one out."""
        return {("client_id",): f"{self.host.casefold()}:{self.port} {self.client_id or f'wardkeeper-{link}'}"}


def open_link(name: str, config: Config, house: House) -> "MqttLink":
    """The link to one broker. Raises ConfigError."""
    return MqttLink(name, config, open_dialects(config.dialects), house)


class MqttLink:
    """Keeps one connection to one broker. `run` is for a supervised thread; `start` makes a thread of its own."""

    kind = "mqtt"

    def __init__(self, name: str, config: Config, dialects: Sequence[Dialect], house: House) -> None:
        self.name = name
        self.client_id = config.client_id or f"wardkeeper-{name}"
        self.available_topic = f"wardkeeper/{self.client_id}/available"
        self._config = config
        self._address = f"{config.host}:{config.port}"
        self._counters = house.counters
        self._clock = house.clock
        self._session_of = house.session_of
        broker = dialect(_BROKER)
        tree = Dialects([*dialects, broker])
        asked = [one for other in dialects if other.family == "mqtt" for one in other.claims]
        filters = dict.fromkeys([*asked, *config.topics])
        self._filters = [f"$share/{config.share}/{one}" if config.share else one for one in filters]
        self._own_words = OwnWords(broker.claims)
        self._bell = Bell()
        self._rest_until = 0.0
        self._delivery = Delivery(name, tree, house, config.max_payload, self._bell.ring)
        self._random = random.SystemRandom()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._state: State = "stopped"
        self._since = house.clock.now()
        self._error = ""
        self._refused = ""
        self._client, self._hint = _client(name, self.client_id, config)
        self._client.will_set(self.available_topic, OFFLINE, qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_batch = self._delivery.receive

    # ------------------------------------------------------------------ from outside

    def start(self) -> None:
        """Run in a thread of its own."""
        self._stop.clear()
        self._thread = threading.Thread(target=self.run, args=(self._stop,), name=f"mqtt:{self.name}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Say goodbye to the broker and end the thread."""
        self._stop.set()
        self._bell.ring()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    @property
    def status(self) -> LinkStatus:
        """How the link is now."""
        figures = next((one for one in self._counters.inputs() if one.link == self.name), None)
        paused = self._state == "up" and self._delivery.paused
        return LinkStatus(
            name=self.name,
            kind=self.kind,
            address=self._address,
            state="paused" if paused else self._state,
            since=self._since,
            error=self._error,
            last_frame=figures.last_frame if figures else None,
            frames_per_minute=figures.frames_per_minute if figures else 0,
            hint=self._hint,
        )

    def run(self, stop: threading.Event) -> None:
        """Connect, listen, come back, until `stop`. Raises only for a defect of a decoder; then run it again."""
        self._delivery.recover()
        delay = _FIRST_DELAY_S
        try:
            while not stop.is_set():
                if self._state != "down":  # it is down since it was lost, however often it is tried again
                    self._enter("connecting")
                try:
                    self._connect(stop)
                    self._listen(stop)
                except Unreachable as trouble:
                    delay = _FIRST_DELAY_S if self._was_steady() else delay
                    self._down(str(trouble))
                    self._clock.wait(stop, delay * self._random.uniform(0.5, 1.0))
                    delay = min(delay * 2, _LONGEST_DELAY_S)
        finally:
            self._leave()

    # ------------------------------------------------------------------ one connection

    def _connect(self, stop: threading.Event) -> None:
        while self._delivery.paused and not self._clock.wait(stop, _PAUSE_S):
            self._delivery.retry()
        self._refused = ""
        try:
            self._client.connect(self._config.host, self._config.port, self._config.keepalive, **_session(self._config))
        except (OSError, UnicodeError) as trouble:  # UnicodeError: a host that cannot be a host's name
            raise Unreachable(f"{self._address}: {words_of(trouble)}") from trouble

    def _listen(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._delivery.retry()
            self._client.acknowledge(self._delivery.acknowledged())
            code = self._turn()
            if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                why = self._refused or f"The connection was lost: {paho.error_string(code)}"
                raise Unreachable(f"{self._address}: {why}")

    def _turn(self) -> MQTTErrorCode:
        """Wait a moment for the broker or the spool, and do what there is to do."""
        sock = self._client.socket()
        if sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        seen = self._wait_for(sock)
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        if seen & (select.POLLERR | select.POLLNVAL) or (self._delivery.paused and seen & select.POLLHUP):
            code = MQTTErrorCode.MQTT_ERR_CONN_LOST
        elif seen & (select.POLLIN | select.POLLHUP):
            code = self._client.loop_read()
        if not code and self._client.want_write():
            code = self._client.loop_write()
        return code or self._client.loop_misc()

    def _wait_for(self, sock: "paho.SocketLike") -> int:
        """What there is to do with the socket. Nothing is read while the intake has no room: the broker keeps it."""
        paused = self._delivery.paused
        if not paused and self._client.buffered():
            return select.POLLIN
        if self._client.sipped:
            self._client.sipped = False
            self._rest_until = monotonic() + _BREATH_S
        rest = max(0.0, self._rest_until - monotonic())
        poll = select.poll()
        poll.register(self._bell.socket, select.POLLIN)
        reading = 0 if paused or rest else select.POLLIN
        poll.register(sock, reading | (select.POLLOUT if self._client.want_write() else 0))
        ready = dict(poll.poll(1000 * (rest or (_PAUSE_S if paused else _TURN_S))))
        if self._bell.quiet() and self._client.brought < _FEW:
            self._rest_until = 0.0
        return ready.get(sock.fileno(), 0)

    def _leave(self) -> None:
        """Last words: what a clean end says instead of the will."""
        if self._state == "up":
            self._delivery.report(up=False)
        if self._client.is_connected():
            self._client.acknowledge(self._delivery.acknowledged())
            self._client.publish(self.available_topic, OFFLINE, qos=0, retain=True)
        self._client.disconnect()
        while (sock := self._client.socket()) is not None and self._client.want_write():
            poll = select.poll()
            poll.register(sock, select.POLLOUT)
            if not poll.poll(1000 * _LAST_WORDS_S) or self._client.loop_write():
                break
        self._enter("stopped")

    # ------------------------------------------------------------------ what the broker says

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refused = f"The broker refused the connection: {reason}; check username, password and client_id"
            return
        self._delivery.begin(self._session_of(self.name, flags.session_present))
        client.subscribe([(one, 1) for one in self._filters])

    def _on_subscribe(
        self,
        client: paho.Client,
        _userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        """Only now is the link up: from here on the broker keeps what is published."""
        if self._own_words.answered(mid):
            return
        refused = [one for one, reason in zip(self._filters, reasons, strict=False) if reason.is_failure]
        if refused:
            self._error = f"The broker lets nobody listen to {', '.join(refused)}; check its access list"
        client.publish(self.available_topic, ONLINE, qos=1, retain=True)
        self._own_words.ask(client)
        self._enter("up")
        self._delivery.report(up=True)

    # ------------------------------------------------------------------ how it is

    def _enter(self, state: State) -> None:
        if state != self._state:
            self._state, self._since = state, self._clock.now()

    def _down(self, why: str) -> None:
        self._own_words.lost()
        if self._state == "up":
            self._delivery.report(up=False)
        self._error = why
        self._enter("down")

    def _was_steady(self) -> bool:
        return self._state == "up" and (self._clock.now() - self._since).total_seconds() >= _STEADY_S


def _client(name: str, client_id: str, config: Config) -> tuple[PlainClient, str]:
    client, hint = open_client(
        client_id, MQTTProtocolVersion.MQTTv5 if config.protocol == "5" else MQTTProtocolVersion.MQTTv311
    )
    client.on_socket_register_write = _write_later
    equip(client, f"Link {name}", config)
    return client, hint


def _session(config: Config) -> dict[str, Any]:
    """What `connect` must be told in MQTT 5 so that the broker keeps the session."""
    if config.protocol == "3.1.1":
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
    properties.SessionExpiryInterval = _FOREVER
    return {"clean_start": False, "properties": properties}


class Account(Protocol):
    """What one signs in to a broker with."""

    tls: Tls | None
    username: str | None
    password: SecretStr | None


def equip(client: paho.Client, whose: str, config: Account) -> None:
    """Give a client what it needs to sign in. Raises ConfigError."""
    client.connect_timeout = _CONNECT_TIMEOUT_S
    client.on_socket_open = _no_delay
    if config.username is not None:
        client.username_pw_set(config.username, config.password.get_secret_value() if config.password else None)
    if config.tls is not None:
        try:
            client.tls_set(config.tls.ca, config.tls.cert, config.tls.key)
        except (OSError, ValueError) as trouble:
            raise ConfigError(f"{whose}: the files under tls cannot be used: {trouble}") from trouble


def _write_later(_client: paho.Client, _userdata: object, _sock: "paho.SocketLike") -> None:
    """Having this makes paho leave all writing to the loop above, whichever thread asks for it."""


def _no_delay(_client: paho.Client, _userdata: object, sock: "paho.SocketLike") -> None:
    """An acknowledgement is small and nothing comes back for it: the kernel would keep it for 40 ms."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def words_of(trouble: OSError | UnicodeError) -> str:
    """Why there is no connection, for a person."""
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"The broker's certificate is not trusted ({trouble.verify_message}); check tls.ca and host"
    if isinstance(trouble, ssl.SSLError):
        return f"TLS failed ({trouble.reason}); check that this port speaks TLS, and tls.cert"
    return next((words for kind, words in _WORDS.items() if isinstance(trouble, kind)), str(trouble))


_WORDS: dict[type[OSError], str] = {
    ConnectionRefusedError: "Nobody listens there; is the broker running?",
    ConnectionResetError: "It closed the connection at once; does that port want TLS, or none?",
    socket.gaierror: "No such host",
    TimeoutError: "No answer",
}
