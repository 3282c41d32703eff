"""The larger gulp: packets arrive whole however the network cuts them, and nothing of an old connection stays."""

import socket
import threading
from contextlib import suppress

import pytest
from paho.mqtt.enums import CallbackAPIVersion

from drivers.links.buffered import BufferedClient

CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x0a\x00\x01" + b"\x01" * 8


def publish_packet(number):
    body = b"\x00\x0dzigbee2mqtt/a" + b'{"co2": %d}' % number
    return bytes([0x30, len(body)]) + body


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_packets_cut_anywhere_arrive_whole(link, intake, size):
    server = socket.create_server(("127.0.0.1", 0))
    sent = CONNACK + SUBACK + b"".join(publish_packet(number) for number in range(300))

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


def test_a_new_connection_starts_empty(free_port):
    client = BufferedClient(CallbackAPIVersion.VERSION2)
    client._taken = b"half a pack"
    assert client.buffered()
    with pytest.raises(OSError, match="refused"):
        client.connect("127.0.0.1", free_port())
    assert not client.buffered()
