"""What a process costs: processor time by the name of its threads, memory, and what machine this is."""

import os
import platform
import threading
from importlib.metadata import version
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class ThreadTimes:
    """Processor seconds of this process's threads since `start`, on Linux; nothing elsewhere."""

    def __init__(self) -> None:
        self._before: dict[int, float] = {}

    def start(self) -> None:
        """Count from here."""
        self._before = _seconds()

    def shares(self) -> dict[str, float]:
        """Seconds by the name of the thread; those that Python does not know are a library's."""
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        found: dict[str, float] = {}
        for thread, seconds in _seconds().items():
            name = names.get(thread, "libraries")
            found[name] = round(found.get(name, 0.0) + seconds - self._before.get(thread, 0.0), 3)
        return found


def _seconds() -> dict[int, float]:
    times = {}
    for stat in Path("/proc/self/task").glob("*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        times[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return times


def memory_mib(process: int) -> float:
    """What a process has in memory now, and 0 where nobody says so."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def machine() -> dict[str, str]:
    """What a figure is worth nothing without."""
    names = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("wardkeeper", "duckdb", "msgspec", "paho-mqtt")},
    }
