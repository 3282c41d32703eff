"""What the documents tell people to type works as it stands there, and their links lead somewhere."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from service_desk.rules_yaml import read
from tools.tree import ROOT
from wardkeeper import catalog, settings

ROOTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [*ROOTS, *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = re.compile(r"^(\./run|\./test|wardkeeper serve)\b")
"""Run by tests of their own: tests/house/test_scripts.py, tests/wardkeeper/test_serve.py and test_demo.py."""


FOLLOWED = {
    *(ROOT / "docs" / "guides").glob("*.md"),
    *(ROOT / "docs" / name for name in ("alerts.md", "line-protocol.md", "rooms.md")),
}
"""Their commands need those before them: tests/guides follows each from its beginning."""


def blocks(language, pages=PAGES):
    for page in pages:
        for found in re.finditer(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            yield pytest.param(found.group(1), id=f"{page.name}:{page.read_text()[: found.start()].count(chr(10)) + 1}")


@pytest.mark.parametrize("block", list(blocks("sh", [page for page in PAGES if page not in FOLLOWED])))
def test_commands_work(block, tmp_path):
    example = re.search(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL).group(1)
    (tmp_path / "wardkeeper.yaml").write_text(example.replace("/var/lib/wardkeeper", str(tmp_path / "data")))
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "wardkeeper"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m wardkeeper.cli "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for line in block.splitlines():
        words = line.partition("#")[0].strip()
        if words and not ELSEWHERE.match(words):
            done = subprocess.run(
                ["sh", "-c", words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{words}\n{done.stderr}"


RULES = [block for block in blocks("yaml") if block.values[0].startswith("rules:")]


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if block not in RULES])
def test_examples_of_settings_are_good(block, tmp_path):
    (tmp_path / "secret").write_text("0" * 32)  # a password, or a key of 16 bytes
    text = block if re.search(r"^site:", block, re.MULTILINE) else f"site: linden\n{block}"
    path = tmp_path / "wardkeeper.yaml"
    path.write_text(re.sub(r"!file \S+", f"!file {tmp_path}/secret", text))
    assert settings.load(path, catalog.config_of, catalog.kinds(), {}).site == "linden"


@pytest.mark.parametrize("document", [*PAGES, ROOT / "deploy" / "README.md"], ids=lambda document: document.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("block", RULES)
def test_examples_of_rules_are_good(block):
    assert len(read(block)) == len(yaml.safe_load(block)["rules"])


def test_the_example_rules_are_good():
    text = (ROOT / "config" / "rules.example.yaml").read_text()
    assert len(read(text)) == len(yaml.safe_load(text)["rules"])
