"""What is written in an afternoon: paho as it is, json, influxdb-client's Point, a row a message in SQLite.

`python -m wardkeeper.bench.naive FOLDER PORT COUNT`, with the words of `wardkeeper.bench.product`. As careful as that:
a message is acknowledged after the commit of its batch.
"""

import json
import sqlite3
import sys
import time
from datetime import datetime
from pathlib import Path

from influxdb_client.client.write.point import Point
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

_BATCH = 500


def line_of(body: bytes | bytearray) -> str:
    """A message as line protocol, by the library's own means."""
    said = json.loads(body)
    at = datetime.fromisoformat(said["at"])
    point = Point("environment")  # type: ignore[no-untyped-call] # the client's own
    point.tag("device", said["device"]).field(said["metric"], said["value"]).time(at)  # type: ignore[no-untyped-call]
    return str(point.to_line_protocol())  # type: ignore[no-untyped-call]


class Naive:
    """One connection to broker and database."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir()
        self._database = sqlite3.connect(folder / "naive.db", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE point (line TEXT)")
        self._count = count
        self._waiting: list[MQTTMessage] = []
        self._kept = 0
        self.client = Client(CallbackAPIVersion.VERSION2, "naive", manual_ack=True)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self.client.on_subscribe = lambda *_: print("ready", flush=True)

    def _on_message(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._waiting.append(message)
        if len(self._waiting) < min(_BATCH, self._count - self._kept):
            return
        with self._database:
            lines = [(line_of(one.payload),) for one in self._waiting]
            self._database.executemany("INSERT INTO point VALUES (?)", lines)
        for one in self._waiting:
            client.ack(one.mid, 1)
        self._kept += len(self._waiting)
        self._waiting.clear()
        if self._kept >= self._count:
            print("done", json.dumps({"cpu_s": time.process_time()}), flush=True)


def main(folder: str, port: str, count: str) -> None:
    """Run until standard input ends."""
    naive = Naive(Path(folder), int(count))
    naive.client.connect("127.0.0.1", int(port))
    naive.client.loop_start()
    sys.stdin.read()
    naive.client.loop_stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
