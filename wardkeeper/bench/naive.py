"""The usual way to write it: stock paho, `json.loads`, influxdb-client's `Point`, SQLite, an acknowledgement each.

It gathers 500 messages for a commit and acknowledges after it, so it loses nothing either.
"""

import json
import sqlite3
import sys
import time
from pathlib import Path

import msgspec
from influxdb_client.client.write.point import Point
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from wardkeeper.bench.child import say
from wardkeeper.bench.stream import FILTER

_COMMIT = 500


class Job(msgspec.Struct):
    """Listen to a broker until so many messages are in the database in `folder`."""

    port: int
    count: int
    window: int
    folder: str


class Naive:
    """`commit` at so many messages: no more than the broker's window, or both would wait for each other."""

    def __init__(self, job: Job) -> None:
        self._left = job.count
        self._commit = min(_COMMIT, job.window)
        self._waiting: list[paho.MQTTMessage] = []
        self._database = sqlite3.connect(Path(job.folder) / "naive.db", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE point(id INTEGER PRIMARY KEY, line TEXT)"
        )
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "bench-naive", manual_ack=True)
        self.client.on_connect = lambda client, *_: client.subscribe(FILTER, 1)
        self.client.on_subscribe = lambda *_: say(ready=True)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", job.port)

    def _on_message(self, client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._waiting.append(message)
        if len(self._waiting) < min(self._commit, self._left):
            return
        lines = [(self._line(one.payload),) for one in self._waiting]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO point(line) VALUES (?)", lines)
        self._database.execute("COMMIT")
        for one in self._waiting:
            client.ack(one.mid, 1)
        self._left -= len(self._waiting)
        self._waiting.clear()
        if not self._left:
            say(end=time.monotonic())
            client.disconnect()

    @staticmethod
    def _line(payload: bytes | bytearray) -> str:
        said = json.loads(payload)
        point = Point("environment").tag("device", said["device"])  # type: ignore[no-untyped-call]  # has no types
        return str(point.field(said["metric"], said["value"]).time(said["at"]).to_line_protocol())


if __name__ == "__main__":
    Naive(msgspec.json.decode(sys.argv[1], type=Job)).client.loop_forever()
