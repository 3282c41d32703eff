"""A real mosquitto of one's own, and the packages a benchmark needs beside Wardkeeper's."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from collector.errors import Unreachable

_START_S = 10.0
_LOOK_S = 0.005


def program(name: str) -> str:
    """Where it is. Raises Unreachable with the command that installs it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise Unreachable(f"{name} is not installed; Debian and Ubuntu: apt-get install mosquitto mosquitto-clients")
    return found


def free_port() -> int:
    """A TCP port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """On loopback, keeping nothing on disk, with `window` messages on their way to a client; ends with the `with`."""

    def __init__(self, folder: Path, window: int) -> None:
        self.port = free_port()
        self._log = folder / "mosquitto.log"
        config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false"]
        lines += [f"max_inflight_messages {window}", "max_queued_messages 0", "log_type error", "log_type subscribe"]
        if os.geteuid() == 0:
            lines.append("user root")  # else it steps down to one that cannot write its log here
        config.write_text("\n".join([*lines, ""]))
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([program("mosquitto"), "-c", config], stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise Unreachable(f"mosquitto does not start: {self._log.read_text(errors='replace')}")
            time.sleep(_LOOK_S)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def wait_for_subscription(self, topic_filter: str) -> None:
        """Return once somebody has subscribed to it. Raises Unreachable."""
        deadline = time.monotonic() + _START_S
        while topic_filter not in self._log.read_text(errors="replace"):
            if time.monotonic() > deadline:
                raise Unreachable(f"nobody subscribed to {topic_filter} within {_START_S:.0f} s")
            time.sleep(_LOOK_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_START_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
