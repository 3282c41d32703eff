"""Runs a guide as its reader does: writes the files it shows, runs its commands in order, and compares what they print.

A block `sh` runs as it stands, but for what only an administrator may do (`sudo` before a command is left out);
`console` cannot run here (apt-get, flashing); `conf` and `yaml` are files, named in their first line; `text` is what
the block before it printed, where `…` stands for anything.
"""

import fnmatch
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tools.tree import ROOT

_BLOCK = re.compile(r"^```(sh|conf|yaml|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# (\S+)\n")
_SERVERS = {"wardkeeper serve": "Wardkeeper is at", "wardkeeper collect": "Wardkeeper collects"}
"""What keeps running, and what it says when it does."""


class Guide:
    """One guide in a folder of its own. `replace` are texts that stand for something else here: ports, folders."""

    def __init__(self, name: str, folder: Path, replace: dict[str, str]):
        self.folder = folder
        (folder / "bin").mkdir()
        command = folder / "bin" / "wardkeeper"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m wardkeeper.cli "$@"\n')
        command.chmod(0o755)
        folders = {place: f"{folder}{place}" for place in ("/etc/mosquitto/", "/opt/", "/var/lib/")}
        self._replace = {**folders, "sudo ": "", **replace}
        path = f"{folder}/bin:{os.environ['PATH']}:/usr/sbin"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        text = (ROOT / "docs" / "guides" / name).read_text()
        self.blocks = [(found.group(1), self.here(found.group(2))) for found in _BLOCK.finditer(text)]
        self.brokers: dict[str, subprocess.Popen[bytes]] = {}
        self.servers: dict[str, subprocess.Popen[str]] = {}

    def append(self, name: str, text: str) -> None:
        """Add to the block that is the file of that name."""
        self.blocks = [
            (k, block + self.here(text) if block.startswith(f"# {name}\n") else block) for k, block in self.blocks
        ]

    def here(self, text: str) -> str:
        """The text as it is on this machine."""
        for theirs, ours in self._replace.items():
            text = text.replace(theirs, ours)
        return text

    def run(self) -> int:
        """Do what it says; how many blocks were compared with what the guide says they print.

        A broker starts before the first command that talks to it, when its passwords are there.
        """
        printed, compared = "", 0
        for kind, block in self.blocks:
            named = _NAMED.match(block)
            if kind in ("conf", "yaml") and named:
                path = self.folder / named.group(1)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block)
            elif kind == "sh" and block.startswith(tuple(_SERVERS)):
                self._start_brokers()
                self.serve(block.strip())
            elif kind == "sh":
                printed = self.shell(block)
            elif kind == "text":
                wanted = block.strip().replace("[", "[[]").replace("…", "*")
                assert fnmatch.fnmatchcase(printed.strip(), wanted), f"{printed!r} is not {block!r}"
                compared += 1
        return compared

    def shell(self, block: str) -> str:
        """Run commands; what they print."""
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _start_brokers(self) -> None:
        for conf in sorted(self.folder.glob("etc/mosquitto/conf.d/*.conf")):
            if conf.stem not in self.brokers:
                self.start_broker(conf.stem)

    def start_broker(self, name: str) -> None:
        """Start the broker of `conf.d/<name>.conf` below a `mosquitto.conf` as Debian's, or start it again."""
        conf, kept = self.folder / "etc/mosquitto/conf.d" / f"{name}.conf", self.folder / "kept" / name
        kept.mkdir(parents=True, exist_ok=True)
        lines = ["persistence true", f"persistence_location {kept}/", conf.read_text()]
        if os.geteuid() == 0:
            lines.append("user root")  # else it steps down to a user that cannot read this folder
        main = self.folder / f"{name}.conf"
        main.write_text("\n".join(lines) + "\n")
        with (self.folder / f"{name}.log").open("ab") as log:
            program = shutil.which("mosquitto", path=self.environment["PATH"])
            assert program
            process = subprocess.Popen([program, "-v", "-c", main], stdout=log, stderr=log)
        self.brokers[name] = process
        port = int(re.search(r"^listener (\d+)", conf.read_text(), re.MULTILINE).group(1))
        until(lambda: process.poll() is None and _listens(port))

    def serve(self, command: str) -> None:
        """Start what keeps running, or start it again."""
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.servers[command] = process
        sign = next(sign for start, sign in _SERVERS.items() if command.startswith(start))
        said: list[str] = []
        ready = threading.Event()

        def listen() -> None:
            for line in process.stdout or ():
                said.append(line)
                if sign in line:
                    ready.set()

        threading.Thread(target=listen, daemon=True).start()
        assert ready.wait(30), "".join(said)
        here = re.search(r"http://[^/\s]+", next(line for line in said if sign in line)).group(0)
        until(lambda: _ready(f"{here}/readyz"))  # before it hears its links nobody would hold what is published

    def stop_broker(self, name: str) -> None:
        """Stop a broker: its line is out."""
        _end(self.brokers.pop(name))

    def cut(self, command: str) -> None:
        """A power cut."""
        process = self.servers.pop(command)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        """Stop what the guide started."""
        for process in (*self.servers.values(), *self.brokers.values()):
            _end(process)


def _end(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def _ready(address: str) -> bool:
    with suppress(HTTPError), urlopen(address) as answer:
        return answer.status == 200
    return False


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def until(condition, seconds=20.0):
    """Ask until it is so: the other side is another process."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.05)
