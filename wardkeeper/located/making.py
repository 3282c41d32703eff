"""Makes a location map of the points that were walked: `wardkeeper locate train` in a child process, then its scores.

The same points are located by the plan alone too (`locate evaluate`), so that people see what the survey is worth.
"""

import csv
import json
import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from asset_registry.db import Database
from asset_registry.errors import Conflict, Invalid
from asset_registry.locating.drawn import plan_named
from asset_registry.locating.layout import Plan
from asset_registry.locating.model import Model, decode, encode
from asset_registry.locating.radiomap import BEHIND_WALLS
from asset_registry.locating.survey_files import COLUMNS, Row, gateways_out, rooms_out, standing, survey_rows
from asset_registry.locating.walked import SurveyPoint, keep_map, map_content, points_of
from asset_registry.snapshot import Snapshot, SnapshotSource
from collector.clock import Clock
from collector.errors import WardkeeperError

_log = logging.getLogger(__name__)

FEWEST_POINTS = 6
LONGEST_S = 3600.0


def kept_maps(database: Database) -> Callable[[int], Model | None]:
    """How the map in use is found in the database."""

    def kept(map_id: int) -> Model | None:
        with database.read() as session:
            content = map_content(session, map_id)
        return decode(content, f"map {map_id}") if content is not None else None

    return kept


class MapMaking:
    """A `dashboards.context.MapMaking`: one map at a time, in a thread that waits for the child process."""

    def __init__(self, database: Database, snapshots: SnapshotSource, clock: Clock, folder: Path) -> None:
        """`folder` is where the files for the child lie meanwhile."""
        self._database, self._snapshots, self._clock, self._folder = database, snapshots, clock, folder
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._ended = False
        self.begun: datetime | None = None
        self.trouble = ""

    def begin(self, who: str) -> None:
        """Make one. Raises Conflict while one is being made, Invalid when plan or points do not do."""
        snapshot = self._snapshots.current
        plan = plan_named(snapshot)
        if plan is None:
            raise Invalid("a map needs gateways, and every floor that has one must be drawn; draw them first")
        with self._database.read() as session:
            points = points_of(session)
        if len(points) < FEWEST_POINTS:
            raise Invalid(f"{len(points)} points are too few for a map: walk {FEWEST_POINTS} at least")
        with self._lock:
            if self.begun is not None:
                raise Conflict("a map is being made already; wait until it is done")
            self.begun, self.trouble = self._clock.now(), ""
        self._thread = threading.Thread(target=self._run, args=(snapshot, plan, points, who), name="map", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Until the one that is being made is done."""
        if self._thread is not None:
            self._thread.join(seconds)

    def close(self) -> None:
        """End the child; what it was making is lost."""
        self._ended = True
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
        self.wait(10)

    def _run(self, snapshot: Snapshot, plan: Plan, points: Sequence[SurveyPoint], who: str) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="map-", dir=self._folder) as folder:
                content, scores = self._make(Path(folder), snapshot, plan, points)
            with self._database.write() as session:
                keep_map(session, content, scores, len(points), who, self._clock.now())
        except (WardkeeperError, SQLAlchemyError, OSError, ValueError) as error:
            if not self._ended:
                _log.warning("no map was made: %s", error)
                self.trouble = str(error)
        finally:
            self.begun = None

    def _make(
        self, folder: Path, snapshot: Snapshot, plan: Plan, points: Sequence[SurveyPoint]
    ) -> tuple[bytes, Mapping[str, Any]]:
        files = {
            name: folder / name for name in ("survey.csv", "gateways.json", "rooms.json", "alone.model", "truth.csv")
        }
        rows = survey_rows(snapshot, plan, points)
        _write_csv(files["survey.csv"], rows)
        files["gateways.json"].write_text(json.dumps(gateways_out(plan)), encoding="utf-8")
        files["rooms.json"].write_text(json.dumps(rooms_out(plan)), encoding="utf-8")
        model = folder / "site.model"
        self._wardkeeper(
            *("train", files["survey.csv"], "--gateways", files["gateways.json"], "--rooms", files["rooms.json"]),
            *("-o", model, "--json"),
        )
        content = model.read_bytes()
        files["alone.model"].write_bytes(encode(Model(plan, radio=BEHIND_WALLS)))
        _write_csv(files["truth.csv"], standing(rows))
        alone = json.loads(self._wardkeeper("evaluate", files["alone.model"], files["truth.csv"], "--json"))
        return content, {**decode(content, "the map").scores, "plan_alone": alone["stationary"]}

    def _wardkeeper(self, *arguments: str | Path) -> str:
        """What the command says. Raises Invalid with its own words when it fails."""
        command = [sys.executable, "-m", "wardkeeper.cli", "locate", *map(str, arguments)]
        if self._ended:
            raise Invalid("Wardkeeper is being stopped")
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            said, why = self._child.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
            raise Invalid(
                f"it took longer than {LONGEST_S / 60:.0f} minutes and was ended; nothing was changed"
            ) from None
        if self._child.returncode:
            raise Invalid(why.strip().splitlines()[-1] if why.strip() else f"ended with {self._child.returncode}")
        return said


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
