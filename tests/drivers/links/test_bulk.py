"""The bulk reader against paho as it is: the same packets, cut anywhere, give the same messages, answers and errors."""

import select
import socket
import struct
import threading
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from drivers.links.bulk import PRIVATE, BulkClient, PlainClient, open_client

VERSIONS = {"3.1.1": paho.MQTTv311, "5": paho.MQTTv5}


def length(size):
    out = bytearray()
    while True:
        out.append(size % 128 | (128 if size > 127 else 0))
        size //= 128
        if not size:
            return bytes(out)


def packet(head, body):
    return bytes([head]) + length(len(body)) + body


def publish(topic, payload, *, qos=0, mid=1, dup=False, retain=False, properties=b""):
    head = 0x30 | dup << 3 | qos << 1 | retain
    return packet(
        head,
        struct.pack("!H", len(topic)) + topic + (struct.pack("!H", mid) if qos else b"") + properties + payload,
    )


def connack(version):
    return packet(0x20, b"\0\0" if version == "3.1.1" else b"\0\0\0")


TORN = b"\x32\x04\0\x01a\0"  # half a message id
WRONG = [b"\x30\xff\xff\xff\xff\x01", b"\x30\x01\x00", b"\x30\x04\x00\x09ab", b"\x36\x05\0\x01a\0\1", TORN]

mids = st.integers(0, 65_535)
topics = st.sampled_from([b"a", b"a/b", b"z/" + b"x" * 130, b"\xff\xfe", b"", b"a\0b"])
payloads = st.binary(max_size=40) | st.sampled_from([b"y" * 200, b"y" * 20_000, b"y" * 70_000])


@st.composite
def packets(draw, version):
    """One packet a broker may send, now and then one it may not."""
    kind = draw(st.sampled_from(["publish"] * 6 + ["pubrel", "ping", "suback", "puback", "wrong"]))
    mid = struct.pack("!H", draw(mids))
    if kind == "publish":
        properties = b""
        if version == "5":
            properties = draw(st.sampled_from([b"\0"] * 3 + [b"\x02\x01\x01", b"\x06\x26\0\x01k\0\0", b"\xff\xff"]))
        flags = {"dup": draw(st.booleans()), "retain": draw(st.booleans()), "properties": properties}
        return publish(draw(topics), draw(payloads), qos=draw(st.integers(0, 2)), mid=draw(mids), **flags)
    if kind == "wrong":
        broken = st.sampled_from(
            [b"\x30\xff\xff\xff\xff\x01", b"\x30\x01\x00", b"\x30\x04\x00\x09ab", b"\x36\x05\0\x01a\0\1", TORN]
        )
        return draw(broken | st.binary(min_size=1, max_size=8))
    nothing = b"\0" if version == "5" else b""
    return {
        "pubrel": packet(0x62, mid),
        "ping": b"\xd0\x00",
        "suback": packet(0x90, mid + nothing + b"\x01"),
        "puback": packet(0x40, mid),
    }[kind]


class Wire:
    """A socket that brings what it is given, in pieces, and keeps what it is sent."""

    def __init__(self, pieces):
        self.pieces, self.left, self.sent = list(pieces), b"", b""

    def recv(self, size):
        if not self.left:
            if not self.pieces:
                raise BlockingIOError
            self.left = self.pieces.pop(0)
        taken, self.left = self.left[:size], self.left[size:]
        return taken

    def send(self, data):
        self.sent += bytes(data)
        return len(data)

    def fileno(self):
        return -1

    def close(self):
        pass

    @property
    def empty(self):
        return not (self.pieces or self.left)


def outcome(kind, version, pieces):
    """What a client makes of the pieces: messages, bytes answered, how it ended."""
    client = kind("differential", VERSIONS[version])
    client.on_socket_register_write = lambda *_: None
    wire, heard, ended = Wire(pieces), [], "waits"
    client._sock, client._state = wire, paho._ConnectionState.MQTT_CS_CONNECTED

    def take(batch):
        heard.extend(batch)
        client.acknowledge([one.mid for one in batch if one.mid])

    client.on_batch = take
    try:
        while not wire.empty and client.socket() is not None:
            code = client.loop_read()
            if code:
                ended = code
                break
        if client.socket() is not None:
            client.loop_write()
    except Exception as defect:  # noqa: BLE001 - whatever paho raises, the other must raise too
        ended = type(defect)
    return heard, ended, wire.sent if ended == "waits" else b""


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_paho_makes_of_any_stream_the_bulk_reader_makes_too(version, data):
    stream = b"".join([connack(version), *data.draw(st.lists(packets(version), max_size=8))])
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(stream) - 1)), max_size=6)))
    pieces = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True) if stop > start]
    assert outcome(BulkClient, version, pieces) == outcome(PlainClient, version, [stream])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("wrong", WRONG)
def test_what_no_broker_may_send(version, wrong):
    stream = connack(version) + wrong + publish(b"a", b"b", properties=b"\0" if version == "5" else b"")
    assert outcome(BulkClient, version, [stream]) == outcome(PlainClient, version, [stream])


@pytest.mark.parametrize("version", VERSIONS)
def test_split_at_every_byte(version):
    nothing = b"\0" if version == "5" else b""
    stream = b"".join(
        [
            connack(version),
            packet(0x90, b"\0\1" + nothing + b"\1"),
            publish(b"a/b", b"at most once", properties=nothing),
            publish(b"a/b", b"l" * 200, qos=1, mid=7, dup=True, properties=nothing),
            publish(b"a/b", b"exactly once", qos=2, mid=8, properties=nothing),
            packet(0x62, b"\0\x08"),
            b"\xd0\x00",
            publish(b"c", b"", qos=1, mid=9, retain=True, properties=nothing),
        ]
    )
    wanted = outcome(PlainClient, version, [stream])
    assert [one.mid for one in wanted[0]] == [0, 7, 8, 9]
    assert wanted[2].endswith(b"\x40\x02\x00\x09")
    for at in range(1, len(stream)):
        assert outcome(BulkClient, version, [stream[:at], stream[at:]]) == wanted
    assert outcome(BulkClient, version, [stream[at : at + 1] for at in range(len(stream))]) == wanted


def test_one_read_gives_one_batch_and_one_answer():
    stream = b"".join(publish(b"a", b"%d" % n, qos=1, mid=n) for n in range(1, 500))
    client, batches = BulkClient("bulk", paho.MQTTv311), []
    client.on_socket_register_write = lambda *_: None
    client._sock, client.on_batch = Wire([stream]), batches.append
    client.loop_read()
    ((first, *_, last),) = batches
    assert (first.mid, last.payload) == (1, b"499")
    client.acknowledge(range(1, 500))
    assert len(client._out_packet) == 1
    client.loop_write()
    assert client.socket().sent == b"".join(struct.pack("!BBH", 0x40, 2, mid) for mid in range(1, 500))


def test_a_new_connection_starts_empty(free_port):
    client = BulkClient("bulk", paho.MQTTv311)
    client._sock, heard = Wire([publish(b"a", b"x" * 300)[:100]]), []
    client.on_batch = heard.extend
    client.loop_read()
    with pytest.raises(OSError, match="refused"):
        client.connect("127.0.0.1", free_port())
    client._sock = Wire([publish(b"a", b"anew")])
    assert client.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS
    assert [one.payload for one in heard] == [b"anew"]


@pytest.mark.parametrize("name", ["_sock_recv", "_packet_read", "_packet_queue", "_loop_rc_handle"])
def test_with_another_paho_messages_are_read_one_by_one(monkeypatch, name):
    assert name in PRIVATE
    monkeypatch.setattr(paho.Client, f"{name}_renamed", getattr(paho.Client, name), raising=False)
    monkeypatch.delattr(paho.Client, name)
    client, why = open_client("other", paho.MQTTv311)
    assert type(client) is PlainClient
    assert name in why
    assert "one by one" in why


def test_this_paho_is_read_in_bulk():
    client, why = open_client("this", paho.MQTTv5)
    assert type(client) is BulkClient
    assert why == ""


def heard_over_tls(kind, version, broker, wanted):
    """What a client hears of a broker, with its session kept, acknowledging each batch at once."""
    client, heard, ready = kind(kind.__name__, VERSIONS[version]), [], []
    client.tls_set(broker.ca)
    client.on_connect = lambda *_: client.subscribe("#", 2)
    client.on_subscribe = lambda *_: ready.append(True)

    def take(batch):
        heard.extend(batch)
        client.acknowledge([one.mid for one in batch if one.mid])

    client.on_batch = take
    client.connect("localhost", broker.port)
    yield client
    while len(heard) < wanted or client.want_write():
        if not client.buffered():
            select.select([client.socket()], [client.socket()] if client.want_write() else [], [], 5)
        assert client.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS
        client.loop_write()
        if ready == [True]:
            yield ready.append(None)
    client.disconnect()
    yield heard


@pytest.mark.parametrize("version", VERSIONS)
def test_over_tls_a_real_broker_says_the_same_to_both(mosquitto, version):
    broker, sizes = mosquitto(tls=True), [0, 3, 100, 200, 20_000, 70_000]
    said = [(f"{n % 3}/{n}", b"%d" % n + b"y" * sizes[n // 3 % 6], n % 3) for n in range(300)]
    clients = [heard_over_tls(kind, version, broker, len(said)) for kind in (BulkClient, PlainClient)]
    for client in clients:
        next(client)
        next(client)  # subscribed
    sender = paho.Client(CallbackAPIVersion.VERSION2)
    sender.tls_set(broker.ca)
    sender.connect("localhost", broker.port)
    sender.loop_start()
    for topic, payload, qos in said:
        sender.publish(topic, payload, qos)
    bulk, plain = (next(client) for client in clients)
    sender.loop_stop()
    for heard in (bulk, plain):  # one level of quality may overtake another
        heard.sort(key=lambda one: one.topic[:1])
    assert bulk == plain
    wanted = sorted(said, key=lambda one: one[2])
    assert [(one.topic.decode(), one.payload, one.mid > 0) for one in bulk] == [(t, p, qos > 0) for t, p, qos in wanted]


CONNACK = connack("3.1.1")
SUBACK = packet(0x90, b"\x00\x01" + b"\x01" * 8)


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_packets_cut_anywhere_arrive_whole(link, intake, size):
    server = socket.create_server(("127.0.0.1", 0))
    sent = CONNACK + SUBACK + b"".join(publish(b"zigbee2mqtt/a", b'{"co2": %d}' % n) for n in range(300))

    def serve():
        with suppress(OSError), server.accept()[0] as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(sent), size):
                client.sendall(sent[start : start + size])
            while client.recv(1000):
                pass

    threading.Thread(target=serve, daemon=True).start()
    link(server.getsockname()[1])
    intake.wait(lambda memory: memory.values("co2") == list(range(300)))
    server.close()
