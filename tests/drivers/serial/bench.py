"""A device on a pseudo-terminal that answers, the real link that asks it, and every byte that it was sent."""

import threading
import time
from contextlib import contextmanager

from collector.clock import SystemClock
from collector.counters import Counters
from drivers.links.link import House
from drivers.links.serial import Config, open_link
from tests.drivers.links.conftest import Memory
from tests.ptys import Device


class Answering(threading.Thread):
    """`answer(heard)` takes what was sent since the last answer and gives what the device says; b"" while unsure."""

    def __init__(self, device, answer):
        super().__init__(daemon=True)
        self._device, self._answer, self._ended = device, answer, threading.Event()
        self.sent = b""

    def run(self):
        heard = b""
        while not self._ended.is_set():
            new = self._device.heard()
            self.sent += new
            heard += new
            if new and (said := self._answer(heard)):
                heard = b""
                self._device.send(said)
            time.sleep(0.002)  # the bytes of a pseudo-terminal come without an event that could be awaited here

    def stop(self):
        self._ended.set()
        self.join()


@contextmanager
def asked(path, protocol, answer, settings=None, greeting=b""):
    """The intake of a link to such a device, and the device; at the end the link has stopped."""
    device, intake, clock = Device(path / "device"), Memory(), SystemClock()
    far, stop = Answering(device, answer), threading.Event()
    ports = {"bed": {"protocol": protocol, "address": str(device.path), "settings": settings or {}}}
    link = open_link("ward", Config(ports=ports), House(intake, Counters(clock), clock, lambda *_: ""))
    running = threading.Thread(target=link.run, args=(stop,), daemon=True)
    running.start()
    try:
        intake.wait(lambda memory: any(getattr(one, "metric", "") == "link_up" for one in memory.items))
        far.start()
        device.send(greeting)
        yield intake, far
    finally:
        stop.set()
        running.join()
        if far.is_alive():
            far.stop()
        device.close()


def said(intake):
    """What the device said so far, the newest of each metric."""
    return {
        one.metric: one.value
        for one in intake.items
        if getattr(one, "device", "") == "serial:ward/bed" and hasattr(one, "metric")
    }
