"""Files that people bring in: each is looked through first, then taken in when they say so, in a thread of its own."""

import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from asset_registry.csv_rows import Rejection, csv_table
from asset_registry.errors import Conflict, Invalid
from asset_registry.gudid import GudidReport, import_gudid
from asset_registry.imports import KINDS, ImportReport, import_csv, import_in_parts, parts_of
from asset_registry.people import Principal
from asset_registry.sheets import is_sheet, sheet_table
from dashboards.api.models import refreshed
from dashboards.context import Context

LARGEST: Final = 32 << 20
"""Bytes of a file."""
KEPT: Final = 8
"""Files that wait or were taken in; the oldest gives way."""
GUDID: Final = "gudid"


@dataclass
class Job:
    """One file. `steps`: looking through it, then taking it in; `done` of `total` rows of the newest step."""

    key: str
    kind: str
    name: str
    owner: int
    atomic: bool
    table: Sequence[tuple[int, Sequence[str] | str]] | str
    steps: list[Future[ImportReport]] = field(default_factory=list)
    done: int = 0
    total: int = 0

    @property
    def running(self) -> bool:
        """Whether it is being worked on."""
        return not self.steps[-1].done()

    @property
    def seen(self) -> ImportReport | None:
        """What would come of it."""
        return _result(self.steps[0])

    def standing(self) -> "Standing":
        """How it stands at this moment: it goes on while a page is made of it."""
        running, steps = self.running, len(self.steps)  # asked first: what is over then stays so
        error = None if running else self.steps[steps - 1].exception()
        trouble = f"{self.name} {error}" if isinstance(error, Invalid) else str(error) if error else ""
        taken = _result(self.steps[1]) if steps > 1 and not running else None
        return Standing(
            self.key, self.name, self.atomic, steps > 1, running, trouble, self.seen, taken, self.done, self.total
        )


@dataclass(frozen=True)
class Standing:
    """A file at one moment. `going_in`: it was said to be taken in; `seen` what would come of it, `taken` what did.

    `trouble`: why the newest step came to nothing, "" when it did not.
    """

    key: str
    name: str
    atomic: bool
    going_in: bool
    running: bool
    trouble: str
    seen: ImportReport | None
    taken: ImportReport | None
    done: int
    total: int


def _result(step: Future[ImportReport]) -> ImportReport | None:
    return step.result() if step.done() and step.exception() is None else None


class Imports:
    """The files of this process; they are forgotten when it ends."""

    def __init__(self, here: Context) -> None:
        self._here = here
        self._jobs: dict[str, Job] = {}
        self._worker = ThreadPoolExecutor(1, "import")
        self._closing = threading.Event()

    def close(self) -> None:
        """Finish what is being taken in."""
        self._closing.set()
        self._worker.shutdown(cancel_futures=True)

    def begin(self, kind: str, name: str, content: bytes, owner: Principal, *, atomic: bool) -> Job:
        """Look a file through. Raises Invalid for one that cannot be read, Conflict when all places are taken."""
        if kind not in (*KINDS, GUDID):
            raise Invalid(f"there is no import of {kind}; there are {', '.join((*KINDS, GUDID))}")
        if not content:
            raise Invalid(f"{name or 'The file'} is empty; choose another one")
        idle = [key for key, job in self._jobs.items() if not job.running]
        if len(self._jobs) >= KEPT:
            if not idle:
                raise Conflict("other files are being taken in; try again in a minute")
            del self._jobs[idle[0]]
        table = list(sheet_table(content)) if is_sheet(content) and kind != GUDID else _decoded(content)
        job = Job(secrets.token_urlsafe(12), kind, name[:120], owner.person_id, atomic, table)
        self._jobs[job.key] = job
        job.steps.append(self._worker.submit(self._run, job, owner.login, True))
        return job

    def go(self, job: Job, who: str) -> None:
        """Take it in. Raises Conflict when that is being done, or was."""
        if len(job.steps) > 1 or job.seen is None:
            raise Conflict(f"{job.name} is being taken in, or was")
        job.done = 0
        job.steps.append(self._worker.submit(self._run, job, who, False))

    def of(self, key: str, owner: Principal) -> Job | None:
        """The file, for whoever brought it."""
        job = self._jobs.get(key)
        return job if job is not None and job.owner == owner.person_id else None

    def _run(self, job: Job, who: str, dry_run: bool) -> ImportReport:  # noqa: FBT001 - a step of two
        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total

        report = self._take(job, who, dry_run=dry_run, progress=progress)
        if not dry_run:
            job.table = ""  # nobody needs it any more
            refreshed(self._here)
        return report

    def _take(self, job: Job, who: str, *, dry_run: bool, progress: Callable[[int, int], None]) -> ImportReport:
        here, now = self._here, self._here.clock.now()
        if job.kind == GUDID:
            with here.database.write() as session:
                return _as_rows(import_gudid(session, str(job.table), who, now, dry_run=dry_run))
        table = csv_table(job.table) if isinstance(job.table, str) else job.table
        about: dict[str, Any] = {
            "site": here.snapshots.current.site,
            "who": who,
            "now": now,
            "dry_run": dry_run,
            "progress": progress,
            "title": job.name,
        }
        alone = dry_run and job.kind == "assets"  # writes nothing: nobody need wait for it
        if not alone and parts_of(job.kind, atomic=job.atomic, dry_run=dry_run):
            return import_in_parts(here.database, job.kind, table, rest=self._closing.wait, **about)
        with here.database.read() if alone else here.database.write() as session:
            return import_csv(session, job.kind, table, atomic=job.atomic, **about)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if b"\0" in content[:4096]:
        raise Invalid("The file is neither CSV nor a spreadsheet (.xlsx); choose another one")
    return content.decode("cp1252", errors="replace")  # what older spreadsheets write


def _as_rows(report: GudidReport) -> ImportReport:
    rejected = [Rejection(1, "", why) for why in report.wrong]
    return ImportReport(report.records, 0, report.filled, report.records - report.filled, report.change_set, rejected)
