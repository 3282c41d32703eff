"""What a broker says of itself: what it threw away while the link was away, and those that hang up when asked."""

import socket
import threading
from contextlib import suppress

from tests.drivers.links.test_mqtt import AIR, figures, until


def test_what_the_broker_dropped_meanwhile(mosquitto, link, intake, counters, peer):
    broker = mosquitto("max_queued_messages 2", "sys_interval 1", persistent=True)
    away = link(broker.port, client_id="ward-box")
    away.stop()
    sender = peer(broker.port)
    for n in range(9):
        sender.publish(AIR, b'{"co2": %d}' % n)
    link(broker.port, client_id="ward-box", name="again")
    intake.wait(lambda memory: 7 in memory.values("broker_dropped") and memory.values("broker_dropped_rate"))
    assert {one.device for one in intake.items if one.metric == "broker_dropped"} == {"link:again"}
    assert figures(counters, "again").frames == 2, "what the broker says of itself is not heard of devices"


def test_a_broker_that_keeps_this_to_itself_is_no_trouble(mosquitto, tmp_path, link, intake, peer):
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite zigbee2mqtt/#\ntopic readwrite wardkeeper/#\ntopic deny $SYS/#\n")
    broker = mosquitto(f"acl_file {rules}")
    one = link(broker.port)
    peer(broker.port).publish(AIR, b'{"co2": 640}')
    intake.wait(lambda memory: memory.values("co2") == [640])
    until(lambda: one.status.state == "up")
    assert "$SYS" not in one.status.error


def hang_up_on_the_second_subscribe(listener):
    """A broker of few words (MQTT 3.1.1 §3): it lets people in, grants the first SUBSCRIBE, and that was all."""
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        granted = 0
        with suppress(OSError), caller, caller.makefile("rb") as said:
            while head := said.read(1):
                body = said.read(said.read(1)[0])
                if head == b"\x10":
                    caller.sendall(b"\x20\x02\x00\x00")
                elif head == b"\x82" and granted:
                    break
                elif head == b"\x82":
                    granted = 1
                    caller.sendall(b"\x90\x03" + body[:2] + b"\x01")
                elif head[0] >> 4 == 3:  # PUBLISH at QoS 1: its id stands behind the topic
                    at = 2 + int.from_bytes(body[:2])
                    caller.sendall(b"\x40\x02" + body[at : at + 2])


def test_a_broker_that_hangs_up_on_who_asks_for_its_words_is_not_asked_again(link, intake, monkeypatch):
    monkeypatch.setattr("drivers.links.mqtt._FIRST_DELAY_S", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up_on_the_second_subscribe, args=(listener,), daemon=True).start()
        one = link(listener.getsockname()[1], up=False, dialects=[], topics=["ward/#"])
        intake.wait(lambda memory: memory.values("link_up") == [True, False] * 3 + [True])
        until(lambda: one.status.state == "up" and one._own_words._asked is None)
        one.stop()
