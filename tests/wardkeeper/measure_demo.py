"""What the demo costs: messages a second at its broker, processor and memory of its processes, the first ticket.

    python -m tests.wardkeeper.measure_demo [--seconds 60]

It starts a demo of its own in a new folder. The listener that counts is one more subscriber of the broker.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime

import httpx
import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

_PATIENCE_S = 240.0
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/enter/\S+")
MIB = 1024 * 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as data:
        began = time.monotonic()
        command = [sys.executable, "-m", "wardkeeper.cli", "demo", "--port", "0", "--data", data]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
            try:
                link = _link(demo)
                ready = datetime.now(UTC)
                print(f"ready after {time.monotonic() - began:.1f} s")
                _measure(psutil.Process(demo.pid), seconds)
                print(f"first ticket {(_first_ticket(link) - ready).total_seconds():.0f} s after that")
            finally:
                demo.terminate()


def _link(demo: "subprocess.Popen[str]") -> str:
    for line in demo.stdout or ():
        if found := _LINK.search(line):
            return found.group()
    raise SystemExit("the demo ended before it said where it is")


def _measure(demo: psutil.Process, seconds: float) -> None:
    """Count at the broker, whose port the simulator was given, while the processes work."""
    processes = [demo, *demo.children(recursive=True)]
    commands = {each: each.cmdline() for each in processes}
    port = next(int(words[words.index("--port") + 1]) for words in commands.values() if "--seed" in words)
    count = 0

    def on_message(*_: object) -> None:
        nonlocal count
        count += 1

    client = Client(CallbackAPIVersion.VERSION2, "measure-demo")
    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe("#")
    client.connect("127.0.0.1", port)
    client.loop_start()
    time.sleep(2)  # what is retained
    count, before, began = 0, {each: _cpu(each) for each in processes}, time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    print(f"{count / took:.0f} messages/s at the broker over {took:.0f} s")
    client.loop_stop()
    for each in processes:
        name = next((word for word in commands[each][1:] if word.startswith("wardkeeper") or "broker" in word), "child")
        memory = each.memory_info().rss / MIB
        print(
            f"{name} {each.pid}: {100 * (_cpu(each) - before[each]) / took:.0f}% of a core, {memory:.0f} MiB resident"
        )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _first_ticket(link: str) -> datetime:
    with httpx.Client(follow_redirects=True) as client:
        client.get(link)
        tickets, end = f"{link.partition('/enter/')[0]}/api/v1/tickets", time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            if opened := client.get(tickets).json()["items"]:
                return min(datetime.fromisoformat(each["created"]) for each in opened)
            time.sleep(0.5)
    raise SystemExit(f"no ticket within {_PATIENCE_S:.0f} s")


if __name__ == "__main__":
    main()
