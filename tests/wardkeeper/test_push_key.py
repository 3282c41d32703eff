"""`wardkeeper push-key`: a key that only its owner reads, and never in place of another."""

from typer.testing import CliRunner

from collector.errors import ConfigError
from service_desk.notices.push_message import key_of
from wardkeeper.cli import application


def test_the_key_is_one_only_its_owner_reads_it_and_it_replaces_none(tmp_path):
    file = tmp_path / "push.key"
    said = CliRunner().invoke(application(), ["push-key", str(file)])
    assert f"secret: !file {file}" in said.output
    assert file.stat().st_mode & 0o777 == 0o600
    key_of(made := file.read_text())
    again = CliRunner().invoke(application(), ["push-key", str(file)])
    assert isinstance(again.exception, ConfigError)
    assert "File exists" in str(again.exception)
    assert file.read_text() == made
