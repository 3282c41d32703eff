"""Files with secrets and who can read them; read as bits, so that it is true for root too."""

import pytest

from wardkeeper.checkup import look


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "mqtt-password"
    path.write_text("secret\n")
    return path


@pytest.mark.parametrize("mode,names", [(0o600, []), (0o640, []), (0o644, ["permissions.readable"])])
def test_a_secret_that_everybody_can_read(patient, secret, mode, names):
    secret.chmod(mode)
    patient.write(f"links:\n  ward: {{kind: mqtt, username: w, password: !file {secret}}}\n")
    assert patient.names("permissions") == names


def test_it_names_the_file_and_what_to_do(patient, secret):
    secret.chmod(0o644)
    patient.write(f"links:\n  ward: {{kind: mqtt, username: w, password: !file {secret}}}\n")
    [finding] = [each for each in patient.findings("permissions") if each.state == "trouble"]
    assert finding.where == str(secret)
    assert f"chmod 600 {secret}" in finding.do


def test_a_private_key_is_a_secret_too(patient, tmp_path):
    key = tmp_path / "client.key"
    key.touch(0o644)
    patient.write(f"links:\n  ward: {{kind: mqtt, tls: {{cert: {tmp_path}/client.pem, key: {key}}}}}\n")
    assert patient.names("permissions") == ["permissions.readable"]


def test_settings_that_everybody_can_change(patient):
    patient.path.chmod(0o666)
    assert patient.names("permissions") == ["permissions.writable"]
    patient.path.chmod(0o644)
    assert patient.names("permissions") == []


def test_a_check_that_cannot_be_made_is_said_and_the_others_are_made_all_the_same(patient):
    case = patient.case()
    patient.path.unlink()
    found = list(look(case, ["permissions", "settings"]))
    assert [each.name for each in found if each.topic == "permissions"] == ["doctor.stumbled"]
    assert found[0].where == str(patient.path)
    assert [each for each in found if each.topic == "settings"]
