"""What `wardkeeper demo` holds: Linden General's registry and rules, its link's settings, the simulator's process."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from asset_registry.db import Database
from collector.clock import SystemClock
from collector.supervisor import Supervised
from service_desk import rulebook
from wardkeeper.demo import bedside
from wardkeeper.demo.seed import seed
from wardkeeper.demo.staff import StaffAtWork
from wardkeeper.demo.stage import Stage
from wardkeeper.demo.wire import DIALECTS
from wardkeeper.demo.world import SITE, SITE_NAME, ZONE, build_world

SITE_SETTINGS = {"site": SITE, "site_name": SITE_NAME, "timezone": ZONE}
"""What the settings of a demo say about the site."""

RULES = Path(__file__).parent / "rules.yaml"

STAFF_EVERY_S = 5.0
_LINES_KEPT = 500


class DemoHospital:
    """One simulated hospital with its memory in `directory`; `clock` is the demo's, whatever its speed."""

    def __init__(self, directory: Path, clock: SystemClock, *, seed: int = 1) -> None:
        self.world = build_world(seed)
        self.stage = Stage(clock, self._command)
        self.said: list[str] = []
        self._directory = directory
        self._ports = directory / "serial"
        self._clock = clock
        self._process: subprocess.Popen[str] | None = None
        self._staff: Supervised | None = None

    def prepare(self, database: Database) -> bool:
        """Write the hospital into the registry, and its rules unless there are any; False when it is there already."""
        now = self._clock.now()
        self._staff = Supervised("staff", partial(self._work, database), self._clock)
        bedside.clear(self._ports)
        with database.write() as session:
            rulebook.seed(session, RULES.read_text(encoding="utf-8"), now, RULES.name)
        return seed(database, self.world, now)

    def link_config(self, port: int) -> dict[str, Any]:
        """The settings of the MQTT link that hears this hospital on the embedded broker."""
        return {"kind": "mqtt", "host": "127.0.0.1", "port": port, "dialects": [dict(one) for one in DIALECTS]}

    def serial_config(self) -> dict[str, Any]:
        """The settings of the serial link that hears the oximeters at its beds."""
        return bedside.link_config(self.world, self._ports)

    def start(self, port: int) -> None:
        """Let it talk to the broker on loopback, and its people work."""
        command = [sys.executable, "-m", "wardkeeper.demo.process", "--port", str(port)]
        command += ["--seed", str(self.world.seed), "--speed", str(self._clock.speed)]
        command += ["--start", self._clock.start.isoformat(), "--memory", str(self._directory / "demo.json")]
        command += ["--serial", str(self._ports)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # closed when this process ends: the child's sign to end too
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the parent
        )
        threading.Thread(target=self._listen, args=(self._process.stdout,), name="demo", daemon=True).start()
        if self._staff:
            self._staff.start()

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self, timeout_s: float = 5.0) -> None:
        """End it: closing its stdin is the sign; it is killed when it does not follow in time."""
        if self._staff:
            self._staff.stop()
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _work(self, database: Database, stop: threading.Event) -> None:
        """The people write down what they do."""
        people = StaffAtWork(database, self.world, self._clock.now())
        while not self._clock.wait(stop, max(STAFF_EVERY_S, self._clock.speed)):
            people.step(self._clock.now())
            self.stage.step(people)

    def _command(self, **what: str) -> None:
        """One line for the process. One that is gone hears nothing, and its silence is on every screen."""
        pipe = self._process.stdin if self._process else None
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.write(json.dumps(what) + "\n")
                pipe.flush()

    def _listen(self, lines: IO[str] | None) -> None:
        for line in lines or ():
            self.said.append(line.rstrip("\n"))
            del self.said[:-_LINES_KEPT]
        bedside.clear(self._ports)  # it has ended, and so have its terminals
