"""A real D-Bus with an `org.bluez` of the tests' own: what the doctor finds there."""

import pytest

from tests.bluez.process import BluezProcess
from wardkeeper.doctor import ble

LINK = "links:\n  radio: {kind: ble}\n"


def test_adapters_that_are_on(patient, bluez):
    bluez.add_adapter("hci0", "00:1A:7D:DA:71:00")
    patient.write(LINK)
    assert patient.says("ble") == [("well", "", "radio/hci0", "00:1A:7D:DA:71:00 is switched on")]


def test_an_adapter_that_is_off(patient, bluez):
    bluez.add_adapter("hci0", "00:1A:7D:DA:71:00")
    bluez.power("hci0", on=False)
    patient.write(LINK)
    assert patient.names("ble") == ["ble.off"]


@pytest.mark.parametrize(
    "kind,hard,blocked", [("bluetooth", "1", True), ("bluetooth", "0", False), ("wlan", "1", False)]
)
def test_a_switch_of_the_machine(tmp_path, kind, hard, blocked):
    (tmp_path / "rfkill0").mkdir()
    (tmp_path / "rfkill0" / "type").write_text(f"{kind}\n")
    (tmp_path / "rfkill0" / "hard").write_text(f"{hard}\n")
    assert ble.hard_blocked(tmp_path) is blocked


def test_an_adapter_that_a_switch_of_the_machine_holds_off(patient, bluez, monkeypatch):
    bluez.add_adapter("hci0", "00:1A:7D:DA:71:00", powered=False)
    monkeypatch.setattr(ble, "hard_blocked", lambda _folder: True)
    patient.write(LINK)
    assert patient.names("ble") == ["ble.blocked"]


def test_no_adapter(patient, bluez):
    patient.write(LINK)
    assert patient.names("ble") == ["ble.no-adapter"]


def test_the_adapter_of_the_settings_is_not_there(patient, bluez):
    bluez.add_adapter("hci0", "00:1A:7D:DA:71:00")
    patient.write('links:\n  radio: {kind: ble, adapters: ["00:1A:7D:DA:71:99"]}\n')
    [finding] = patient.findings("ble")
    assert finding.name == "ble.no-adapter"
    assert finding.what == "There is no adapter 00:1A:7D:DA:71:99; there are: hci0 (00:1A:7D:DA:71:00)"


def test_bluetoothd_does_not_run(patient, bus):
    bus()
    patient.write(LINK)
    [finding] = patient.findings("ble")
    assert (finding.name, finding.what) == ("ble.no-bluez", "bluetoothd does not run")


def test_a_bus_that_lets_nobody_talk_to_bluez(patient, bus):
    started = bus('<deny send_destination="org.bluez"/>')
    service = BluezProcess(started.address)
    patient.write(LINK)
    assert patient.names("ble") == ["ble.forbidden"]
    service.close()


def test_no_bus(patient, monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nowhere")
    patient.write(LINK)
    assert patient.names("ble") == ["ble.no-bluez"]


def test_without_a_link_of_this_kind_nobody_looks(patient, monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nowhere")
    assert patient.findings("ble") == []
