"""Child processes of a benchmark: a job as JSON in the first argument, news as JSON lines, "go" on standard input."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec

from collector.errors import Unreachable

_GOODBYE_S = 5.0


def say(**news: object) -> None:
    """In the child: a line for the parent."""
    print(json.dumps(news), flush=True)


def wait_for_go() -> None:
    """In the child: the parent says when."""
    if not sys.stdin.readline():
        raise SystemExit(1)  # the parent is gone


class Child:
    """In the parent: one child, which ends with the `with`."""

    def __init__(self, module: str, job: msgspec.Struct, name: str) -> None:
        """Start `python -m module job`; `name` is what a message calls it."""
        self.name = name
        self.heard: dict[str, Any] = {}
        command = [sys.executable, "-m", module, msgspec.json.encode(job).decode()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def wait(self, word: str, seconds: float, tick: Callable[[], None] = lambda: None) -> Any:  # noqa: ANN401 - JSON
        """What the child says of `word`. Raises Unreachable when it ends or takes longer than `seconds`."""
        out = self.process.stdout
        deadline = time.monotonic() + seconds
        while word not in self.heard and out is not None:
            if time.monotonic() > deadline:
                raise Unreachable(f"{self.name} did not come to {word!r} within {seconds:.0f} s")
            if select.select([out], [], [], 0.1)[0]:
                line = out.readline()
                if not line:
                    raise Unreachable(f"{self.name} ended before it came to {word!r}")
                self.heard.update(json.loads(line))
            tick()
        return self.heard[word]

    def go(self) -> None:
        """Let it begin."""
        if self.process.stdin is not None:
            self.process.stdin.write(b"go\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        if kind is not None:
            self.process.terminate()
        try:
            self.process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
