"""Time-series servers of one's own, as processes: a real InfluxDB 1 and a real VictoriaMetrics."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

_INFLUXD = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  {lines}
"""


class Process:
    """`start`, `stop`, `kill` (as a power cut does it) and `restart` it; its data stay where they are."""

    def __init__(self, command, folder, url, health):
        self.command, self.folder, self.url, self._health = command, folder, url, health
        self.process = None

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                self.listens()
                return self
            time.sleep(0.02)
        self.kill()
        raise RuntimeError((self.folder / "log").read_text(errors="replace")[-3000:])

    def listens(self):
        """Raises OSError while it does not; an error page is a sign of life too."""
        try:
            urllib.request.urlopen(f"{self.url}{self._health}", timeout=2).close()
        except urllib.error.HTTPError:
            return
        except urllib.error.URLError as no:
            if "CERTIFICATE_VERIFY_FAILED" not in str(no):
                raise

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def _end(self, how):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None


def _ask(url, form=None):
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:
        return answer.read()


class Influxd(Process):
    """InfluxDB 1.6. `database()` makes an empty database and gives its name."""

    made = 0

    def database(self):
        self.made += 1
        self.statement(f'CREATE DATABASE "db{self.made}"')
        return f"db{self.made}"

    def statement(self, text):
        return _ask(f"{self.url}/query", {"q": text})


class VictoriaMetrics(Process):
    """VictoriaMetrics. `flush` makes what was written visible at once. It is written to when it is a second old."""

    def listens(self):
        super().listens()
        time.sleep(1.1)

    def flush(self):
        _ask(f"{self.url}/internal/force_flush")


class Alertmanager(Process):
    """Prometheus's Alertmanager. `alerts()` that fire; `say` it something."""

    def alerts(self):
        return json.loads(_ask(f"{self.url}/api/v2/alerts"))

    def say(self, *alerts):
        body, headers = json.dumps(alerts).encode(), {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers), timeout=10).close()


def alertmanager(folder: Path, free_port, config):
    """A new one with that configuration."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        pytest.skip("alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)")
    port = free_port()
    (folder / "alertmanager.yml").write_text(config)
    where = [f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data"]
    listens = [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    return Alertmanager([program, *where, *listens], folder, f"http://127.0.0.1:{port}", "/-/ready").start()


def influxd(folder: Path, free_port, *lines, https=False):
    """A new one in `folder`; `lines` go into the section [http]."""
    program = shutil.which("influxd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("influxd is not installed (Debian: apt-get install influxdb)")
    port, config = free_port(), folder / "influxd.conf"
    config.write_text(_INFLUXD.format(rpc=free_port(), port=port, folder=folder, lines="\n  ".join(lines)))
    scheme, host = ("https", "localhost") if https else ("http", "127.0.0.1")
    return Influxd([program, "-config", config], folder, f"{scheme}://{host}:{port}", "/ping").start()


def victoria_metrics(folder: Path, free_port, *flags, https=False, prefix="", dedup="1ms"):
    """A new one in `folder`, which keeps points of any age."""
    program = shutil.which("victoria-metrics")
    if program is None:
        pytest.skip("victoria-metrics is not installed (Debian: apt-get install victoria-metrics)")
    port = free_port()
    scheme, host = ("https", "localhost") if https else ("http", "127.0.0.1")
    command = [
        program,
        f"-storageDataPath={folder}/data",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        f"-dedup.minScrapeInterval={dedup}",
        f"-http.pathPrefix={prefix}",
        *flags,
    ]
    return VictoriaMetrics(command, folder, f"{scheme}://{host}:{port}{prefix}", "/health").start()
