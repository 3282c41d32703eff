"""The engine that `serve` locates with: the map in a child process where there is a plan, else the nearest gateway."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from asset_registry.locating.drawn import drawn, names_of
from asset_registry.locating.mapped import Ageing
from asset_registry.locating.model import Model
from asset_registry.locating.ports import Engine, Fix
from asset_registry.snapshot import Snapshot, SnapshotSource
from collector.errors import ConfigError, Unreachable
from collector.reading import Sighting
from wardkeeper.located.child import Begin, Judge, Judged, read, write

_log = logging.getLogger(__name__)

_GOODBYE_S = 5.0
Sited = tuple[Model, dict[str, int]]
"""A model, and the places of its rooms."""


class ChildSite:
    """An `Engine` whose work is done by a child process. One that dies is started again, with what was known."""

    def __init__(self, sited: Sited, ageing: Ageing, known: Iterable[Fix] = ()) -> None:
        """Starts the child."""
        self._begin = Begin(*sited, ageing, [])
        self._fixes = {fix.tag: fix for fix in known}
        self._heard: list[Sighting] = []
        self._alive: dict[str, datetime] = {}
        self._drift: dict[str, float] = {}
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        one_core = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "wardkeeper.located.child"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=one_core)
        if process.stdin is not None:
            write(process.stdin, msgspec.structs.replace(self._begin, known=list(self._fixes.values())))
        return process

    @property
    def known(self) -> list[Fix]:
        """The last fix of each tag."""
        return list(self._fixes.values())

    def hear(self, sighting: Sighting) -> None:
        """Take in that a gateway heard a tag."""
        self._heard.append(sighting)

    def alive(self, gateway: str, at: datetime) -> None:
        """Take in that a gateway spoke."""
        self._alive[gateway] = max(at, self._alive.get(gateway, at))

    def restore(self, fixes: Iterable[Fix]) -> None:
        """Go on from what was known before a restart."""
        self._fixes |= {fix.tag: fix for fix in fixes}
        self.close()
        self._process = self._start()

    def judge(self, now: datetime) -> list[Fix]:
        """Raises Unreachable when the child does not answer, and starts another."""
        said = Judge(self._heard, self._alive, now)
        self._heard, self._alive = [], {}
        try:
            fixes = self._ask(said)
        except OSError as error:
            self.close()
            self._process = self._start()
            raise Unreachable(f"the locating process ended ({error}); another was started") from error
        for fix in fixes:
            self._fixes[fix.tag] = fix
        return fixes

    def _ask(self, said: Judge) -> list[Fix]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BrokenPipeError("it has no pipes")
        write(stdin, said)
        packed = read(stdout)
        if not packed:
            raise BrokenPipeError(f"exit code {self._process.wait(_GOODBYE_S)}")
        judged = msgspec.msgpack.decode(packed, type=Judged)
        self._drift = judged.drift
        return judged.fixes

    def drift(self) -> dict[str, float]:
        """As of the last judgement."""
        return self._drift

    def close(self) -> None:
        """End the child."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    _log.debug("the locating process was gone already")
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Follows:
    """An `Engine` that follows the plan: another one takes over, with what is known, when rooms or gateways changed."""

    def __init__(
        self,
        snapshots: SnapshotSource,
        sited: Callable[[Snapshot], Sited | None],
        otherwise: Callable[[], Engine],
        ageing: Ageing | None = None,
    ) -> None:
        """`sited` makes a model of a snapshot if it can; `otherwise` is the engine without one."""
        self._snapshots, self._sited, self._otherwise = snapshots, sited, otherwise
        self._ageing = ageing or Ageing()
        self._seen: Snapshot | None = None
        self._facts: object = None
        self._child: ChildSite | None = None
        self._plain: Engine | None = None
        self._known: dict[str, Fix] = {}

    @property
    def _engine(self) -> Engine:
        snapshot = self._snapshots.current
        if snapshot is not self._seen:
            facts = (snapshot.places, snapshot.gateways, snapshot.content.map)
            if self._seen is None or facts != self._facts:
                self._facts = facts
                self._take_over(snapshot)
            self._seen = snapshot
        engine = self._child or self._plain
        if engine is None:
            raise Unreachable("locating has not begun")
        return engine

    def _take_over(self, snapshot: Snapshot) -> None:
        sited = self._sited(snapshot)
        known = list(self._known.values())
        self.close()
        if sited:
            self._plain, self._child = None, ChildSite(sited, self._ageing, known)
        elif self._plain is None:
            self._plain = self._otherwise()
            self._plain.restore(known)

    def hear(self, sighting: Sighting) -> None:
        """Take in that a gateway heard a tag."""
        self._engine.hear(sighting)

    def alive(self, gateway: str, at: datetime) -> None:
        """Take in that a gateway spoke."""
        self._engine.alive(gateway, at)

    def restore(self, fixes: Iterable[Fix]) -> None:
        """Go on from what was known before a restart."""
        known = list(fixes)
        self._known |= {fix.tag: fix for fix in known}
        if known:
            self._engine.restore(known)

    def judge(self, now: datetime) -> list[Fix]:
        """The fixes that may have changed."""
        fixes = list(self._engine.judge(now))
        self._known |= {fix.tag: fix for fix in fixes}
        return fixes

    def drift(self) -> Mapping[str, float]:
        """That of the engine of now."""
        return self._engine.drift()

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.close()
            self._child = None


def sited_by(
    given: Model | None, kept: Callable[[int], Model | None] = lambda _: None
) -> Callable[[Snapshot], Sited | None]:
    """How a snapshot becomes a model: the map in use, which `kept` finds, else the `given` one, else the plan as drawn.

    Rooms of a model that was trained are found by the names of `drawn.names_of`.
    """

    def sited(snapshot: Snapshot) -> Sited | None:
        in_use = snapshot.content.map
        model = (kept(in_use) if in_use is not None else None) or given
        if model is None:
            found = drawn(snapshot)
            return (found, {room.id: int(room.id) for room in found.plan.rooms}) if found else None
        known = {name: place for place, name in names_of(snapshot).items() if snapshot.places[place].kind == "room"}
        places = {room.id: known[room.id] for room in model.plan.rooms if room.id in known}
        if not places:
            names = ", ".join(room.id for room in model.plan.rooms[:5])
            raise ConfigError(f"location model: no room of the registry has the number of one of its rooms ({names})")
        return model, places

    return sited
