"""What somebody who delivers to a server keeps on this machine: how far it has come, and what was refused."""

from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from collector.durable import replace
from collector.errors import Unreachable

_LETTERS_BYTES = 16 << 20
_LINES_REMEMBERED = 10_000


class _Kept(msgspec.Struct):
    server: str
    position: int = 0
    settled: int = 0
    newest: float | None = None


class Cursor:
    """The position, written to disk after the batch: a crash between the two repeats a batch, which changes nothing.

    `settled` trails by `keep_s`: up to there the server has everything even if it is killed.
    `newest` is the newest time of all that was written, in ms. Another server begins at 0.
    """

    def __init__(self, path: Path, server: str, keep_s: float, now: Callable[[], float]) -> None:
        """`now`: seconds of a clock that is never set. Raises Unreachable."""
        self._path, self._keep_s, self._now = path, keep_s, now
        self._delivered: deque[tuple[float, int]] = deque()
        kept = _Kept(server)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                found = msgspec.json.decode(path.read_bytes(), type=_Kept)
                kept = found if found.server == server else kept
        except (OSError, msgspec.DecodeError) as trouble:
            raise Unreachable(f"{path}: {trouble}; without it what the spool holds is written again") from trouble
        self._kept = kept
        self.position = kept.settled if keep_s else kept.position

    @property
    def settled(self) -> int:
        """Up to here nothing can be lost any more."""
        return self._kept.settled

    @property
    def newest(self) -> float:
        """Nothing later was ever written."""
        return float("-inf") if self._kept.newest is None else self._kept.newest

    def advance(self, position: int, newest: float) -> None:
        """Everything up to `position` was confirmed. Raises Unreachable when it cannot be written down."""
        now = self._now()
        self._delivered.append((now, position))
        settled = self.settled
        while self._delivered and now - self._delivered[0][0] >= self._keep_s:
            settled = self._delivered.popleft()[1]
        kept = _Kept(self._kept.server, position, settled, None if newest == float("-inf") else newest)
        try:
            replace(self._path, msgspec.json.encode(kept))
        except OSError as trouble:
            raise Unreachable(f"{self._path}: {trouble}; is the disk full?") from trouble
        self._kept, self.position = kept, position

    def rewind(self) -> None:
        """The server may have lost what is not settled."""
        self.position = self.settled
        self._delivered.clear()


class DeadLetters:
    """Lines that the server will never take, each with why, in a file of JSON lines; beyond 16 MB only counted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = path.read_bytes().count(b"\n") if path.exists() else 0
        self.last = ""
        self._seen: set[str] = set()

    def keep(self, line: str, why: str) -> None:
        """Once, though it is refused again when it is sent again. Raises Unreachable when it cannot be written."""
        if line in self._seen:
            return
        if len(self._seen) >= _LINES_REMEMBERED:
            self._seen.clear()
        self._seen.add(line)
        self.count += 1
        self.last = why
        if self.path.exists() and self.path.stat().st_size > _LETTERS_BYTES:
            return
        try:
            with self.path.open("ab") as file:
                file.write(msgspec.json.encode({"why": why, "line": line}) + b"\n")
        except OSError as trouble:
            raise Unreachable(f"{self.path}: {trouble}; is the disk full?") from trouble
