"""paho's client, reading many messages at once and acknowledging many at once (MQTT 3.1.1 and 5, OASIS Standards).

paho asks the kernel four times for each packet and sends each acknowledgement by itself. Here one read is taken apart,
and whatever is not a plain message at QoS 0 or 1 goes paho's own way, byte for byte. That takes names that are private
to paho, which is why its version is pinned; where they are missing, messages are read one by one.
"""

import ssl
from collections.abc import Callable, Sequence
from typing import overload

import msgspec
import numpy as np
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from collector.clock import monotonic

PRIVATE = ("_sock_recv", "_packet_read", "_packet_queue", "_loop_rc_handle", "_msgtime_mutex", "_last_bytes_received")
"""What `BulkClient` uses of paho that is not promised."""

_GULP = 262_144
_SIP = 32_768
_PUBACK = 0x40
_LENGTH_BYTES = 4  # no remaining length has more: MQTT 3.1.1 §2.2.3


class Message(msgspec.Struct, frozen=True, gc=False):
    """One PUBLISH. `mid` is 0 at QoS 0; `duplicate` is the broker's word that it may have been delivered before."""

    topic: bytes
    payload: bytes
    mid: int = 0
    duplicate: bool = False
    retained: bool = False


class Messages(Sequence[Message]):
    """The messages of one read as columns; `heads` are the first bytes of their packets (MQTT 3.1.1 §3.3.1)."""

    __slots__ = ("heads", "mids", "payloads", "topics")

    def __init__(self) -> None:
        self.heads = bytearray()
        self.topics: list[bytes] = []
        self.mids: list[int] = []
        self.payloads: list[bytes] = []

    def __len__(self) -> int:
        return len(self.heads)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> list[Message]: ...
    def __getitem__(self, place: int | slice) -> Message | list[Message]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        head = self.heads[place]
        return Message(self.topics[place], self.payloads[place], self.mids[place], head & 8 > 0, head & 1 > 0)


class PlainClient(paho.Client):
    """As paho reads: one by one. Messages go to `on_batch`; `acknowledge` says that they are safe."""

    sipped = False
    """Whether the last read brought little: more is likely to come by itself in a moment."""
    brought = 0
    """How many messages one read brought, at the most, of late."""

    def __init__(self, client_id: str, protocol: MQTTProtocolVersion) -> None:
        """A client whose session the broker keeps."""
        clean = None if protocol == MQTTProtocolVersion.MQTTv5 else False
        super().__init__(CallbackAPIVersion.VERSION2, client_id, clean, protocol=protocol, manual_ack=True)
        self.on_batch: Callable[[Sequence[Message]], None] = lambda _: None
        self.on_message = self._on_one
        self._twice: set[int] = set()  # received at QoS 2, whose last word is another

    def buffered(self) -> bool:
        """Whether there is something to read that no poll of the socket would tell."""
        sock = self.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def acknowledge(self, mids: Sequence[int]) -> None:
        """The broker can forget these."""
        for mid in mids:
            self._acknowledge_one(mid)

    def _acknowledge_one(self, mid: int) -> None:
        self.ack(mid, 2 if mid in self._twice else 1)
        self._twice.discard(mid)

    def _on_one(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        if message.qos == 2:
            self._twice.add(message.mid)
        topic = message._topic  # noqa: SLF001 - the property raises for a topic that is not UTF-8
        self.on_batch([Message(topic, bytes(message.payload), message.mid, message.dup, message.retain)])


class BulkClient(PlainClient):
    """Takes apart what one read brings."""

    def __init__(self, client_id: str, protocol: MQTTProtocolVersion) -> None:
        super().__init__(client_id, protocol)
        self._properties = protocol == MQTTProtocolVersion.MQTTv5
        self._chunks: list[bytes] = []
        self._missing = 0
        self._packet, self._at = b"", 0

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; what is left of the old connection is void."""
        self._forget()
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002 - paho leaves it unused too
        """Read once, and handle every packet that is whole by then."""
        if self.socket() is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = super()._sock_recv(_GULP)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            data = b""
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = monotonic()
        self.sipped, self.brought = len(data) < _SIP, self.brought * 7 // 8
        self._chunks.append(data)
        self._missing -= len(data)
        if self._missing > 0:  # a large one: it is not looked at again for every piece
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        taken, self._chunks = b"".join(self._chunks), []
        code = self._handle(taken)
        return self._loop_rc_handle(code) if code else code

    def acknowledge(self, mids: Sequence[int]) -> None:
        """The broker can forget these: one packet each, all in one piece."""
        if self._twice:
            super().acknowledge(mids)
        elif mids:
            packets = np.empty((len(mids), 2), ">u2")
            packets[:, 0], packets[:, 1] = _PUBACK << 8 | 2, mids
            self._packet_queue(_PUBACK, packets.tobytes(), mids[-1], 1)

    def _forget(self) -> None:
        self._chunks, self._missing = [], 0

    def _handle(self, data: bytes) -> MQTTErrorCode:
        """Every whole packet of `data`; what is left of it waits for more."""
        batch = Messages()
        add_head, add_topic = batch.heads.append, batch.topics.append
        add_mid, add_payload = batch.mids.append, batch.payloads.append
        at, end, properties = 0, len(data), self._properties
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        while at < end:
            if at + 2 < end and data[at + 2] < 128 <= data[at + 1]:  # as nearly always, and a call is felt
                start, size = at + 3, data[at + 1] & 127 | data[at + 2] << 7
            else:
                start, size = _body(data, at)
            stop = start + size
            if stop > end:
                self._chunks, self._missing = [data[at:]], stop - end
                break
            head = data[at]
            if head & 0xF4 == 0x30 and size > 2:  # a message at QoS 0 or 1
                topic = start + 2
                after = topic + (data[start] << 8 | data[start + 1])
                payload = after + (head & 2) + properties
                if topic < after and payload <= stop and not (properties and data[payload - 1]):
                    add_head(head)
                    add_topic(data[topic:after])
                    add_mid(data[after] << 8 | data[after + 1] if head & 2 else 0)
                    add_payload(data[payload:stop])
                    at = stop
                    continue
            self._give(batch)
            batch = Messages()
            add_head, add_topic = batch.heads.append, batch.topics.append
            add_mid, add_payload = batch.mids.append, batch.payloads.append
            code = self._as_paho_does(data[at:stop])
            if code or self.socket() is None:
                self._forget()
                return code
            at = stop
        self._give(batch)
        return code

    def _give(self, batch: Messages) -> None:
        if len(batch):
            self.brought = max(self.brought, len(batch))
            self.on_batch(batch)

    def _as_paho_does(self, packet: bytes) -> MQTTErrorCode:
        self._packet, self._at = packet, 0
        code: MQTTErrorCode = self._packet_read()
        return code

    def _sock_recv(self, bufsize: int) -> bytes:
        start, self._at = self._at, self._at + bufsize
        return self._packet[start : self._at]


def _body(data: bytes, at: int) -> tuple[int, int]:
    """Where the body of the packet at `at` starts and its size, at least as far as can be seen.

    A length with too many bytes ends there: paho shall say that it is wrong.
    """
    if at + 2 < len(data):  # one byte or two, as nearly always
        low, high = data[at + 1], data[at + 2]
        if low < 128:
            return at + 2, low
        if high < 128:
            return at + 3, low & 127 | high << 7
    size = shift = 0
    at += 1
    for start in range(at, min(at + _LENGTH_BYTES, len(data))):
        size |= (data[start] & 127) << shift
        if data[start] < 128:
            return start + 1, size
        shift += 7
    return (at + _LENGTH_BYTES + 1, 0) if shift == 7 * _LENGTH_BYTES else (len(data) + 1, 0)


def open_client(client_id: str, protocol: MQTTProtocolVersion) -> tuple[PlainClient, str]:
    """The client, and why it is the slower one; "" when it is not."""
    plain = PlainClient(client_id, protocol)
    missing = [name for name in PRIVATE if not hasattr(plain, name)]
    if not missing:
        return BulkClient(client_id, protocol), ""
    return plain, (
        f"This paho-mqtt ({paho.__name__} without {', '.join(missing)}) is not the one Wardkeeper was made for: "
        "messages are read one by one, which is slower; install the version in requirements.lock"
    )
