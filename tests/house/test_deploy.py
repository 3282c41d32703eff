"""deploy/: units that systemd accepts, a compose file whose pieces fit, settings that `check` calls good."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tools.tree import ROOT
from wardkeeper import catalog
from wardkeeper.settings import load

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
SETTINGS = sorted(COMPOSE.glob("*.yaml"))
SETTINGS.remove(COMPOSE / "compose.yaml")
HARDENED = {
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "DevicePolicy=closed",
    "DeviceAllow=char-ttyUSB rw",
    "StateDirectory=wardkeeper",
    "CapabilityBoundingSet=",
}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_accepts_the_units_which_are_hardened(unit, tmp_path):
    text = unit.read_text()
    assert set(text.splitlines()) >= HARDENED
    [command] = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    here = tmp_path / unit.name
    here.write_text(text.replace(command, "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, timeout=30, check=False)
    ours = [line for line in done.stderr.splitlines() if "wardkeeper" in line]  # others' units are looked at too
    assert (done.returncode, ours) == (0, [])


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())


def test_every_image_is_pinned_and_every_volume_and_service_that_is_named_is_there(compose):
    services, declared = compose["services"], set(compose["volumes"])
    assert set(services) >= {"broker", "collect-a", "collect-b", "wardkeeper", "database", "influxdb", "grafana"}
    used = set()
    for name, service in services.items():
        assert re.search(r":\d+\.\d+(\.\d+)?(-\w+)?$", service["image"]), name
        assert set(service.get("depends_on", ())) <= set(services), name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (COMPOSE / source).exists(), source
            else:
                used.add(source)
    assert used == declared
    assert all(
        service.get("build", {}).get("dockerfile") in {None, "deploy/Dockerfile"} for service in services.values()
    )


def loaded(path):
    """The settings, as `wardkeeper check` takes them, with secrets that are there; and the names of those."""
    names = set(re.findall(r"!env (\w+)", path.read_text()))
    given = dict.fromkeys(names, "secret") | {"DATABASE": "postgresql+psycopg://a:b@database/c"}
    return load(path, catalog.config_of, catalog.kinds(), given), names


def test_no_two_collectors_are_one_and_the_same_and_the_centre_hears_what_they_hand_on(compose):
    collectors = [loaded(COMPOSE / f"collect-{which}.yaml")[0] for which in "ab"]
    names = [name for one in collectors for name in (one.links["wards"]["client_id"], one.forward.client_id)]
    assert len(set(names)) == 4
    assert len({one.links["wards"]["share"] for one in collectors}) == 1
    folders = [compose["services"][f"collect-{which}"]["volumes"][-1] for which in "ab"]
    assert folders == ["collect-a:/var/lib/wardkeeper", "collect-b:/var/lib/wardkeeper"]
    centre, _ = loaded(COMPOSE / "wardkeeper.yaml")
    assert centre.links["collectors"]["dialects"] == [{"kind": "mqtt.wardkeeper"}]
    assert centre.links["collectors"]["host"] == collectors[0].forward.host


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda path: path.stem)
def test_the_settings_are_good_and_their_secrets_come_from_the_compose_file(settings, compose):
    _, names = loaded(settings)
    users = [one for one in compose["services"].values() if any(settings.name in volume for volume in one["volumes"])]
    assert users
    assert all(names <= set(one["environment"]) for one in users)


def test_the_brokers_file_is_one_that_mosquitto_takes(mosquitto, tmp_path):
    broker = mosquitto()
    broker.stop()
    for path in (COMPOSE / "broker").iterdir():
        text = path.read_text().replace("/mosquitto/config/", f"{tmp_path}/").replace("/mosquitto/data", str(tmp_path))
        (tmp_path / path.name).write_text(text.replace("listener 1883", f"listener {broker.port} 127.0.0.1\nuser root"))
    subprocess.run(["mosquitto_passwd", "-c", "-b", tmp_path / "passwords", "wardkeeper", "secret"], check=True)
    broker.config = Path(tmp_path / "mosquitto.conf")
    broker.start()
    assert "Error" not in broker.log
