"""The real Request Tracker of Debian, on SQLite, behind a server of this process that loses what it is told to lose."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
import urllib3
from pydantic import SecretStr

from tests.service_desk.sinks.there import Reply, There, Ticket

PROGRAMS = Path("/usr/share/request-tracker5/libexec")
SETUP = shutil.which("rt-setup-database-5", path=f"{os.environ['PATH']}:/usr/sbin")
FIELD = "wardkeeper_key"
PRIORITIES = {"100": "high", "50": "medium", "0": "low"}

DATA = f"""
@CustomFields = ({{ Name => '{FIELD}', Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket', ApplyTo => 0 }});
@Users = ({{ Name => 'okafor', RealName => 'M. Okafor', Privileged => 1 }});
@ACL = ({{ UserId => 'okafor', Right => 'OwnTicket' }});
@Final = (sub {{
    my $token = RT::AuthToken->new( RT->SystemUser );
    my $root = RT::User->new( RT->SystemUser );
    $root->Load('root');
    my ( $id, $said, $secret ) = $token->Create( Owner => $root->Id, Description => 'tests' );
    open my $file, '>', $ENV{{RT_TOKEN_FILE}} or die;
    print $file $secret;
    close $file;
}});
1;
"""


class RequestTracker:
    """The program. Made once for a machine (4 s), then copied; started once for a process (2 s)."""

    def __init__(self):
        if SETUP is None or not PROGRAMS.is_dir():
            pytest.skip("Request Tracker is not installed (Debian: apt-get install request-tracker5 rt5-standalone)")
        self.folder = Path(tempfile.mkdtemp(prefix="wardkeeper-rt-"))
        for name in ("more", "mason", "session"):
            (self.folder / name).mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._configure()
        self._database()
        self.token = (self.folder / "token").read_text()
        self._start()

    def _configure(self):
        lines = {
            "rtname": "test",
            "Organization": "test",
            "WebDomain": "127.0.0.1",
            "WebPort": self.port,
            "WebPath": "",
            "MailCommand": "testfile",
            "DatabaseType": "SQLite",
            "DatabaseName": self.folder / "rt.sqlite",
            "DatabaseUser": "",
            "DatabasePassword": "",
            "LogToSyslog": "",
            "LogToSTDERR": "warning",
            "Timezone": "UTC",
            "BcryptCost": 4,
            "MasonDataDir": self.folder / "mason",
            "MasonSessionDir": self.folder / "session",
        }
        text = "".join(f"Set(${name}, '{value}');\n" for name, value in lines.items())
        (self.folder / "RT_SiteConfig.pm").write_text(f"{text}1;\n")
        self.environment = {
            **os.environ,
            "RT_SITE_CONFIG": str(self.folder / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "more"),
            "RT_TOKEN_FILE": str(self.folder / "token"),
        }

    def _database(self):
        """From the template, which the first process makes."""
        template = Path(tempfile.gettempdir()) / f"wardkeeper-rt-{os.geteuid()}-{abs(hash_of(DATA))}"
        with Path(f"{template}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.is_dir():
                (self.folder / "data").write_text(DATA)
                self._setup("--action", "init", "--skip-create")
                self._setup("--action", "insert", "--datafile", str(self.folder / "data"))
                made = Path(tempfile.mkdtemp(prefix="wardkeeper-rt-"))
                for name in ("rt.sqlite", "token"):
                    shutil.copy(self.folder / name, made / name)
                made.rename(template)
                return
        for name in ("rt.sqlite", "token"):
            shutil.copy(template / name, self.folder / name)

    def _setup(self, *options):
        done = subprocess.run([SETUP, *options], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"rt-setup-database-5 {options}:\n{done.stdout}{done.stderr}")

    def _start(self):
        command = [PROGRAMS / "rt-server", "--server", "Starlet", "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--max-workers", "3"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"Request Tracker did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def hash_of(text):
    return uuid.uuid5(uuid.NAMESPACE_OID, text).int % 10**12


@cache
def running():
    return RequestTracker()


class System(There):
    """What `tickets` says is asked anew; those of earlier tests do not count."""

    def __init__(self):
        self.site = uuid.uuid4().hex
        self.rt = running()
        self.http = urllib3.PoolManager(headers={"Authorization": f"token {self.rt.token}"}, retries=False, timeout=30)
        self.deleted = set()
        self.newest = max(self._numbers(0), default=0)
        super().__init__()
        self.lock = threading.RLock()

    def settings(self):
        return {"url": self.url, "token": SecretStr(self.rt.token), "key_field": FIELD}

    def answer(self, request):
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        reply = self.http.request(
            request.method,
            self._address(request.path),
            fields=request.query if request.method == "GET" else None,
            body=request.body or None,
            headers=headers,
        )
        kept = {name: value for name, value in reply.headers.items() if name.lower() in ("etag", "content-type")}
        return Reply(reply.status, reply.data, kept)

    @property
    def tickets(self):
        return {str(number): self._ticket(number) for number in self._numbers(self.newest)}

    @tickets.setter
    def tickets(self, _nothing):
        pass

    def take(self, number, who):
        self._ask("PUT", f"/ticket/{number}", {"Owner": "okafor"})
        assert self._ask("GET", f"/ticket/{number}")["Owner"]["id"] == "okafor"

    def move(self, number, state):
        self._ask("PUT", f"/ticket/{number}", {"Status": {"solved": "resolved", "closed": "rejected"}[state]})

    def delete(self, number):
        self._ask("PUT", f"/ticket/{number}", {"Status": "deleted"})

    def _address(self, path):
        return f"http://127.0.0.1:{self.rt.port}{path}"

    def _ask(self, method, path, body=None, fields=None):
        answer = self.http.request(
            method, self._address(f"/REST/2.0{path}"), **({"json": body} if body else {"fields": fields})
        )
        assert answer.status in (200, 201), answer.data
        return answer.json()

    def _numbers(self, after):
        fields = {"query": f"id > {after} AND Status != 'deleted'", "per_page": "100", "orderby": "id"}
        first = self._ask("GET", "/tickets", fields=fields)
        numbers = [int(item["id"]) for item in first["items"]]
        for page in range(2, int(first["pages"]) + 1):
            more = self._ask("GET", "/tickets", fields={**fields, "page": str(page)})
            numbers += [int(item["id"]) for item in more["items"]]
        return numbers

    def _ticket(self, number):
        known = self._ask("GET", f"/ticket/{number}")
        fields = {"fields": "Subject,Filename,ContentType,Content", "per_page": "100"}
        parts = self._ask("GET", f"/ticket/{number}/attachments", fields=fields)["items"]
        texts = [part["Content"] for part in parts if part["ContentType"] == "text/plain"]
        return Ticket(
            str(number),
            next((one["values"][0] for one in known["CustomFields"] if one["name"] == FIELD and one["values"]), ""),
            known["Subject"],
            texts[0],
            PRIORITIES.get(known["Priority"], known["Priority"]).lower(),
            {"resolved": "solved", "rejected": "closed"}.get(known["Status"], "open"),
            "" if known["Owner"]["id"] == "Nobody" else "M. Okafor",
            texts[1:],
            [
                (part["Filename"], part["ContentType"], part["Content"].encode())
                for part in parts
                if part["ContentType"] not in ("text/plain", "multipart/mixed")
            ],
        )
