"""The folder `data` on a real disk: who owns it, whether there is room, how fast it syncs."""

import os

import pytest

from collector.segment import name as segment_name
from wardkeeper.doctor import disk

SOMEBODY = 12345


def test_a_folder_that_is_not_there_yet_will_be_made(patient):
    assert patient.says("disk")[0] == (
        "well",
        "",
        str(patient.data),
        f"It is not there yet and will be made in {patient.path.parent}",
    )


def test_all_is_well_with_a_folder_of_ones_own(patient):
    patient.data.mkdir()
    assert {each.state for each in patient.findings("disk")} == {"well"}


def test_a_folder_that_this_user_may_not_write(open_folder, somebody):
    found = disk.writable(open_folder, open_folder)
    assert (found.name, found.what) == ("disk.not-writable", "Nothing can be written: Permission denied")
    assert str(open_folder) in found.do


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_somebody_else(patient):
    patient.data.mkdir()
    os.chown(patient.data, SOMEBODY, SOMEBODY)
    [finding] = [each for each in patient.findings("disk") if each.name == "disk.other-user"]
    assert finding.what == "You are root, and it belongs to 12345"
    assert f"sudo -u 12345 wardkeeper doctor --config {patient.path}" in finding.do


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_that_a_command_run_as_another_user_left_behind(patient):
    (patient.data / "spool").mkdir(parents=True)
    for name in ("a", "b"):
        (patient.data / "spool" / name).touch()
        os.chown(patient.data / "spool" / name, SOMEBODY, SOMEBODY)
    [finding] = [each for each in patient.findings("disk") if each.state == "trouble"]
    assert finding.name == "disk.foreign-files"
    assert finding.what == "spool/a and 1 more belong to 12345, not root"


def test_a_spool_that_may_grow_beyond_the_disk(patient):
    patient.write("spool: {quota_mb: 1000000000}\n")
    assert patient.names("disk") == ["disk.small"]


def test_what_the_spool_has_already_it_need_not_grow_by(patient):
    patient.write("spool: {quota_mb: 100}\n")
    (patient.data / "spool").mkdir(parents=True)
    with (patient.data / "spool" / segment_name(1)).open("wb") as sparse:
        sparse.truncate(90 << 20)
    assert any("the spool may grow by 0.0 GB" in each.what for each in patient.findings("disk"))


@pytest.mark.parametrize(
    "kind,at,name",
    [("ext4", "/", ""), ("nfs4", "/", "disk.network"), ("nfs4", "{}", "disk.network"), ("cifs", "{}/other", "")],
)
def test_the_kind_of_file_system_is_that_of_the_nearest_mount(tmp_path, kind, at, name):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {at.format(tmp_path)} {kind} rw 0 0\n")
    assert disk.kind(tmp_path, mounts).name == name


def test_a_mount_with_a_blank_in_its_name(tmp_path):
    folder = tmp_path / "my data"
    folder.mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {str(folder).replace(' ', chr(92) + '040')} nfs rw 0 0\n")
    assert disk.kind(folder, mounts).name == "disk.network"


@pytest.mark.parametrize("seconds,name", [(0.001, ""), (0.03, "disk.slow")])
def test_a_disk_that_syncs_slowly(seconds, name):
    assert disk.speed([seconds] * 40, "data").name == name


def test_a_slow_disk_says_how_much_gets_through():
    assert "with 20 messages on the way only 667 a second" in disk.speed([0.03] * 40, "data").what


def test_one_slow_sync_among_many_is_no_slow_disk():
    assert disk.speed([0.001] * 39 + [0.5], "data").state == "well"


def test_gentle_does_not_write(patient):
    assert "How fast it syncs was not tried out: --gentle" in [each[3] for each in patient.says("disk", gentle=True)]
