"""The folder `data`: may this user write there, is there room, does it keep up.

Every confirmation to a broker waits for a sync of this disk (docs/spool.md).
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from collector.clock import monotonic
from collector.errors import Unreachable
from collector.segment import SUFFIX
from wardkeeper.checkup import Case, Finding, Trouble, unseen, well

NOT_WRITABLE = Trouble(
    "disk.not-writable",
    "Wardkeeper cannot write where it is to keep what it hears.",
    "Make the folder and give it to the user that runs Wardkeeper: `install -d -o wardkeeper -g wardkeeper {folder}`; "
    "or name another one under `data`.",
)
OTHER_USER = Trouble(
    "disk.other-user",
    "Doctor was started by another user than the one that owns the data, so what it may write says nothing.",
    "Run it as the owner: `sudo -u {owner} wardkeeper doctor --config {config}`.",
)
FOREIGN = Trouble(
    "disk.foreign-files",
    "Files in the folder belong to somebody else, as a rule because a command was once run as root: Wardkeeper cannot "
    "write them.",
    "Give them back: `chown -R {owner} {folder}`; and run commands as that user.",
)
SMALL = Trouble(
    "disk.small",
    "The spool may grow to more than there is room for. When the disk is full before the quota is reached, sightings "
    "are given up, then rooms are thinned, and at last brokers have to keep what comes (docs/spool.md).",
    "Give `data` more room, or lower `spool.quota_mb`.",
)
NETWORK = Trouble(
    "disk.network",
    "The data lies on a network file system. SQLite and DuckDB lose data there when locks are not what they promise.",
    "Put `data` on a disk of this machine.",
)
SLOW = Trouble(
    "disk.slow",
    "A sync takes so long that it bounds what can be heard: a broker that lets few messages be on the way waits for it "
    "each time.",
    "Put `data` on an SSD of this machine; look for what else writes there (`iostat -x 1`). Let the broker have more "
    "on the way (mqtt.max_inflight_messages).",
)

_SYNCS, _BLOCK = 40, bytes(4096)
_SLOW_S = 0.02
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs", "fuse.glusterfs")
_GB = 1e9


def look(case: Case) -> Iterator[Finding]:
    """Owner, room, kind of file system, speed."""
    data = case.settings.data
    folder = next(each for each in (data, *data.absolute().parents) if each.exists())
    yield writable(data, folder)
    if data.exists():
        yield from owners(case, data)
    yield room(case, folder)
    yield kind(folder, Path("/proc/self/mounts"))
    if case.gentle:
        yield unseen(str(folder), "How fast it syncs was not tried out: --gentle")
    elif os.access(folder, os.W_OK, effective_ids=True):
        case.say("how fast the disk syncs")
        yield speed(sync_times(folder), str(folder))


def writable(data: Path, folder: Path) -> Finding:
    """Whether a file can be made in `folder`, the nearest to `data` that is there."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as trouble:
        return NOT_WRITABLE.at(str(data), f"Nothing can be written: {trouble.strerror}", folder=data)
    if folder != data:
        return well(str(data), f"It is not there yet and will be made in {folder}")
    return well(str(data), "It can be written")


def owners(case: Case, data: Path) -> Iterator[Finding]:
    """Whether everything belongs to the user who runs it."""
    owner = data.stat().st_uid
    if owner != os.geteuid():
        what = f"You are {_name(os.geteuid())}, and it belongs to {_name(owner)}"
        yield OTHER_USER.at(str(data), what, owner=_name(owner), config=case.path)
    foreign = [path for path in sorted(data.rglob("*")) if path.lstat().st_uid != owner]
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        what = f"{foreign[0].relative_to(data)}{more} belong to {_name(foreign[0].lstat().st_uid)}, not {_name(owner)}"
        yield FOREIGN.at(str(data), what, owner=_name(owner), folder=data)


def room(case: Case, folder: Path) -> Finding:
    """Free space against what the spool may still grow by."""
    spool = sum(path.stat().st_size for path in (case.settings.data / "spool").glob(f"*{SUFFIX}"))
    quota = case.settings.spool.quota_mb << 20
    free = shutil.disk_usage(folder).free
    words = f"{free / _GB:,.1f} GB are free, and the spool may grow by {max(0, quota - spool) / _GB:,.1f} GB"
    return SMALL.at(str(folder), words) if free < quota - spool else well(str(folder), words)


def kind(folder: Path, mounts: Path) -> Finding:
    """The kind of file system: of the mount that is nearest above `folder`."""
    try:
        table = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return unseen(str(folder), "This system does not say what kind of file system it is")
    real = folder.resolve()
    above = [(Path(_plain(row[1])), row[2]) for row in reversed(table)]  # of two at one place the later counts
    found = max((each for each in above if real.is_relative_to(each[0])), key=lambda each: len(each[0].parts))
    if found[1] in _NETWORK:
        return NETWORK.at(str(folder), f"It lies on {found[1]}, mounted at {found[0]}")
    return well(str(folder), f"It lies on this machine ({found[1]})")


def sync_times(folder: Path) -> list[float]:
    """Seconds that each of some small writes took until it was on disk. Raises Unreachable."""
    took = []
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            for _ in range(_SYNCS):
                start = monotonic()
                file.write(_BLOCK)
                os.fsync(file.fileno())
                took.append(monotonic() - start)
    except OSError as trouble:
        raise Unreachable(f"{folder}: {trouble.strerror}; is the disk full?") from trouble
    return took


def speed(took: list[float], where: str) -> Finding:
    """What the time of a sync means for messages."""
    middle, longest = median(took), max(took)
    words = f"A sync takes {1000 * middle:.1f} ms, {1000 * longest:.0f} ms at worst"
    if middle > _SLOW_S:
        return SLOW.at(where, f"{words}: with 20 messages on the way only {20 / middle:,.0f} a second")
    return well(where, words)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _plain(mount: str) -> str:
    """Blanks in /proc/mounts are octal."""
    return mount.replace("\\040", " ")
