"""A patient: a settings file, and what a topic of the doctor finds there."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from collector.clock import SystemClock
from wardkeeper import catalog, settings
from wardkeeper.checkup import Case, look

SOMEBODY = 12345


class Patient:
    """`says` a topic gives (trouble's name or "", where, what) of each finding; `names` only the troubles'."""

    def __init__(self, folder):
        self.path = folder / "wardkeeper.yaml"
        self.data = folder / "data"
        self.clock = SystemClock()
        self.told = []
        self.write("")

    def write(self, more, timezone="UTC"):
        self.path.write_text(f"site: test\ntimezone: {timezone}\ndata: {self.data}\n{more}")

    def case(self, gentle=False):
        loaded = settings.load(self.path, catalog.config_of, catalog.kinds(), {})
        return Case(self.path, loaded, self.clock, gentle, self.told.append)

    def findings(self, topic, **how):
        return list(look(self.case(**how), [topic]))

    def says(self, topic, **how):
        return [(each.state, each.name, each.where, each.what) for each in self.findings(topic, **how)]

    def names(self, topic, **how):
        return [each.name for each in self.findings(topic, **how) if each.state == "trouble"]


@pytest.fixture
def patient(tmp_path):
    return Patient(tmp_path)


@pytest.fixture
def somebody():
    """Root may write everywhere: for this test the process is somebody else."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    os.seteuid(SOMEBODY)
    yield
    os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that everybody can look into; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
