"""The simulated hospital as a process: publishes to a broker, follows the scaled clock, ends with its parent.

`python -m wardkeeper.demo.process --port 1883 --seed 1 --speed 1 --start 2026-11-24T06:42:00+00:00 --memory FILE`

On stdout one JSON object a line: {"connected"}, {"history"}, {"published", "at"}, and every command it followed. On
stdin the same: {"play": scene, "target", "at"} and {"end": at}. It ends when its stdin is closed, which happens when
its parent dies.
"""

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from collector.clock import SystemClock, monotonic
from wardkeeper.demo.bedside import Bedside
from wardkeeper.demo.history import history
from wardkeeper.demo.programme import Programme
from wardkeeper.demo.simulator import Hospital, Pace, events
from wardkeeper.demo.wire import Event
from wardkeeper.demo.world import World, build_world

LIVE_MOST = 600
"""Live messages a second, however fast the clock; at speed 1 they are LIVE_NORMAL."""

LIVE_NORMAL = 120

ALL_MOST = 850
"""Messages a second, the present and the past together."""

PAST_AFTER_S = 3.0
"""The past waits until the present has been seen."""

TICK_S = 0.02
IN_FLIGHT = 400


class Memory:
    """What a run leaves to the next one in the data directory: where the past begins, how much of it is told."""

    def __init__(self, path: Path | None, start: datetime) -> None:
        self._path = path
        self.start, self.told = start, 0
        if path is not None and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.start, self.told = datetime.fromisoformat(kept["start"]), int(kept["told"])
        else:
            self.keep(0)

    def keep(self, told: int) -> None:
        """Remember that so many messages of the past have been told."""
        self.told = told
        if self._path is not None:
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps({"start": self.start.isoformat(), "told": told}), encoding="utf-8")
            beside.replace(self._path)


@dataclass
class Progress:
    """How far this run is."""

    published: int = 0
    past_done: bool = False


class Publisher:
    """Publishes one hospital until told to stop."""

    def __init__(self, client: Client, world: World, clock: SystemClock, memory: Memory, programme: Programme) -> None:
        self._client = client
        self._clock = clock
        self._at_once = int((ALL_MOST - min(LIVE_MOST, LIVE_NORMAL * clock.speed)) * TICK_S)
        self._memory = memory
        start = clock.now()
        self._live = events(world, start, pace=Pace.at(clock.speed), programme=programme)
        self._past: Iterator[Event] = islice(history(Hospital(world, memory.start)), memory.told, None)
        self._waiting: list[MQTTMessageInfo] = []
        self.progress = Progress()

    def run(self, stop: threading.Event) -> None:
        """Publish what is due, and behind it the past, until `stop`."""
        began = reported = monotonic()
        pending = next(self._live)
        while not stop.wait(TICK_S):
            now = self._clock.now()
            while pending[0] <= now:
                self._publish(pending)
                pending = next(self._live)
            if not self.progress.past_done and monotonic() - began > PAST_AFTER_S:
                self._tell_past()
            if monotonic() - reported >= 60:
                reported = monotonic()
                say(published=self.progress.published, at=now.isoformat())

        self._memory.keep(self._memory.told)

    def _publish(self, event: Event) -> None:
        _, topic, payload, retain = event
        info = self._client.publish(
            topic, payload, qos=0 if topic.startswith("espresense/devices/") else 1, retain=retain
        )
        self.progress.published += 1
        self._waiting.append(info)
        if len(self._waiting) > IN_FLIGHT:
            self._waiting = [one for one in self._waiting if not one.is_published()]

    def _tell_past(self) -> None:
        """A few messages of the past, and none while the broker is behind."""
        if len(self._waiting) > IN_FLIGHT // 2:
            self._waiting = [one for one in self._waiting if not one.is_published()]
            if len(self._waiting) > IN_FLIGHT // 2:
                return
        some = list(islice(self._past, self._at_once))
        for event in some:
            self._publish(event)
        told = self._memory.told + len(some)
        if not some:
            self.progress.past_done = True
            self._memory.keep(told)
            say(history=told)
        elif told // 500 > self._memory.told // 500:
            self._memory.keep(told)
        else:
            self._memory.told = told


def say(**what: object) -> None:
    """One line for the parent."""
    print(json.dumps(what), flush=True)  # noqa: T201 - this is how the process reports


def connect(host: str, port: int) -> Client:
    """A client whose will says that the Zigbee bridge is gone. Raises OSError when there is no broker."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="linden-general")
    client.will_set("zigbee2mqtt/bridge/state", b'{"state":"offline"}', qos=1, retain=True)
    client.max_inflight_messages_set(IN_FLIGHT)
    client.connect(host, port, keepalive=30)
    client.loop_start()
    return client


def main(arguments: list[str] | None = None) -> int:
    """Run until stdin closes. 1 when there is no broker."""
    parser = argparse.ArgumentParser(prog="wardkeeper.demo.process", description="The simulated hospital.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--start", type=datetime.fromisoformat, help="when the scaled clock agreed with the wall clock")
    parser.add_argument("--memory", type=Path, help="file that says how much of the past has been told")
    parser.add_argument("--serial", type=Path, help="folder for the serial ports of the oximeters at the beds")
    options = parser.parse_args(arguments)
    clock = SystemClock(options.speed, options.start)
    try:
        client = connect(options.host, options.port)
    except OSError as error:
        print(f"No broker at {options.host}:{options.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    say(connected=f"{options.host}:{options.port}")
    stop, programme = threading.Event(), Programme(clock.now())
    threading.Thread(target=_obey, args=(programme, stop), name="parent", daemon=True).start()
    world = build_world(options.seed)
    beds = threading.Thread(target=_at_the_beds, args=(world, options.serial, clock, programme, stop), daemon=True)
    beds.start()
    Publisher(client, world, clock, Memory(options.memory, clock.now()), programme).run(stop)
    beds.join()
    client.publish("zigbee2mqtt/bridge/state", b'{"state":"offline"}', qos=1, retain=True)
    client.disconnect()
    client.loop_stop()
    return 0


def _at_the_beds(
    world: World, folder: Path | None, clock: SystemClock, programme: Programme, stop: threading.Event
) -> None:
    """The oximeters send, where the machine has pseudo-terminals."""
    try:
        if folder is not None:
            Bedside(world, folder, clock, programme).run(stop)
    except OSError as error:
        say(no_serial_ports=str(error))


def _obey(programme: Programme, stop: threading.Event) -> None:
    """Follow the parent's commands. It holds the other end of stdin, which closes with it."""
    for line in sys.stdin:
        command = json.loads(line)
        if "play" in command:
            programme.play(command["play"], command["target"], datetime.fromisoformat(command["at"]))
        else:
            programme.end(datetime.fromisoformat(command["end"]))
        say(**command)
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
