"""An MQTT broker for a machine without one: amqtt in a child process, on loopback only, open to everybody there.

Good for the demo and for trying things out; beside mosquitto it lacks what a hospital needs. Retained messages and
sessions live in memory and are gone when it ends. Sessions of anonymous clients end with their connection. A message
not acknowledged within 5 s, or before the connection drops, is not sent again. It carries some 2,000 messages a second.
Wills are as they should be, and so are retained messages, though a new client may hear one twice.
"""

import asyncio
import errno
import logging
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final

from amqtt.broker import Broker
from amqtt.errors import BrokerError

from collector.errors import ConfigError, Unreachable

HOST: Final = "127.0.0.1"

_READY = "ready"
_TAKEN = "taken"
_START_S = 20.0
_STOP_S = 5.0


class EmbeddedBroker:
    """The broker as a child process. It ends with `stop`, or with this process, however that ends."""

    def __init__(self, port: int, directory: Path) -> None:
        """`port` 0 takes any free one; the broker's log goes to `directory`."""
        self.host = HOST
        self.port = port or _free_port()
        self._log = directory / "broker.log"
        self._process: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it listens. Raises ConfigError when the port is taken, Unreachable when it fails."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "drivers.links.broker", str(self.port)],
                stdin=subprocess.PIPE,  # closed when this process ends: the child's sign to end too
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for the parent: its links still have something to say
            )
        said = _first_line(self._process)
        if said != _READY:
            self.stop()
            if said == _TAKEN:
                raise ConfigError(f"Port {self.port} on {HOST} is taken; stop what listens there, or take another port")
            raise Unreachable(f"The embedded broker did not start; {self._log} says why")

    def stop(self) -> None:
        """End it, gently if it listens to reason."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(process: subprocess.Popen[str]) -> str:
    """What the child says first; "" when it ends or stays silent."""
    if process.stdout is None:
        return ""
    timer = threading.Timer(_START_S, process.kill)
    timer.start()
    try:
        return process.stdout.readline().strip()
    finally:
        timer.cancel()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


# ---------------------------------------------------------------------- the child


async def _serve(port: int) -> str:
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    try:
        await broker.start()
    except BrokerError as trouble:
        cause = trouble.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
            return _TAKEN
        raise
    _say(_READY)
    await _end_of(sys.stdin)
    await broker.shutdown()
    return ""


async def _end_of(pipe: IO[str]) -> None:
    """Wait until whoever holds the other end is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    await reader.read()


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> None:
    """The child: serve until stdin ends."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    last = asyncio.run(_serve(int(sys.argv[1])))
    if last:
        _say(last)


if __name__ == "__main__":
    main()
