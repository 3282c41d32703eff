"""What the spool does when the disk does not: full, failing, or without power."""

import contextlib
import errno
import os
import resource
from pathlib import Path

import pytest

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.reading import Reading
from collector.spool import Spool

T0 = ManualClock().now()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def spool(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock)) as opened:
        yield opened


def reopened(spool: Spool) -> Spool:
    spool.close()
    return Spool(spool.directory, spool._clock)


def put(spool: Spool, *numbers: float) -> None:
    for number in numbers:
        spool.append([([Reading("d", "co2", float(number), T0, T0)], None)])


def values(spool: Spool) -> list[float]:
    return [item.value for _, items in spool.read(0, 1_000_000) for item in items]


def segments(spool: Spool) -> list[Path]:
    return sorted(spool.directory.glob("*.spool"))


# ---------------------------------------------------------------- a disk that is full


@contextlib.contextmanager
def disk_full_at(size: int):
    """The kernel refuses to make a file longer than `size` bytes, in the middle of a write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_half_written_remains_when_the_disk_is_full_and_it_goes_on_when_it_is_not(spool):
    put(spool, 1)
    (path,) = segments(spool)
    size = path.stat().st_size
    with disk_full_at(size + 40):
        for _ in range(3):
            with pytest.raises(Unreachable, match=r"spool .*disk full"):
                put(spool, 2)
            assert path.stat().st_size == size
        assert spool.head == 1
        assert values(spool) == [1]
    put(spool, 2, 3)
    assert values(spool) == [1, 2, 3]
    with contextlib.closing(reopened(spool)) as again:
        assert values(again) == [1, 2, 3]
        assert not again.damage


def test_a_new_segment_that_finds_no_room_leaves_nothing(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=1)) as spool:
        put(spool, 1)
        for room in (10, 50):  # not even the preface; the preface but not the record
            with disk_full_at(room), pytest.raises(Unreachable):
                put(spool, 2)
        put(spool, 2)
        assert values(spool) == [1, 2]
        assert [int(path.stem) for path in segments(spool)] == [1, 2]


def test_the_quota_counts_as_a_full_disk_once_what_is_consumed_is_gone(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=300, quota_bytes=1500)) as spool:
        spool.register("store")
        with pytest.raises(Unreachable, match="1500 bytes are used up"):
            put(spool, *range(100))
        assert 0.8 < spool.fullness <= 1
        kept = values(spool)
        spool.advance("store", spool.head)
        put(spool, -1)
        assert values(spool)[-1] == -1
        assert kept == list(range(len(kept)))


# ---------------------------------------------------------------- what only a power cut would show


@pytest.fixture
def synced(monkeypatch):
    """What the kernel was asked to put on disk, in order: (file name, its size then). It really is put there."""
    asked: list[tuple[str, int]] = []

    def spy(sync):
        def call(handle):
            sync(handle)
            asked.append((Path(f"/proc/self/fd/{handle}").readlink().name, os.fstat(handle).st_size))

        return call

    monkeypatch.setattr(os, "fdatasync", spy(os.fdatasync))
    monkeypatch.setattr(os, "fsync", spy(os.fsync))
    return asked


def test_a_record_is_synced_before_append_returns_and_a_new_segment_with_its_name(tmp_path, clock, synced):
    with contextlib.closing(Spool(tmp_path / "s", clock, segment_bytes=1)) as spool:
        for position in (1, 2):
            synced.clear()
            put(spool, position)
            path = segments(spool)[-1]
            names = [name for name, _ in synced]
            assert names == [path.name, "s", path.name]  # preface, directory, record
            assert synced[-1][1] == path.stat().st_size


def test_a_session_is_synced_with_its_name_before_it_is_used(spool, synced):
    spool.session("mqtt", present=False)
    assert [name for name, _ in synced] == ["sessions.json.new", spool.directory.name]


def test_a_record_whose_sync_fails_is_cut_off_and_written_again(spool, monkeypatch):
    put(spool, 1)
    (path,) = segments(spool)
    size = path.stat().st_size

    def fail(handle):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fail)
        with pytest.raises(Unreachable, match="Input/output error"):
            put(spool, 2)
    assert path.stat().st_size == size
    put(spool, 2)
    assert values(spool) == [1, 2]


def test_what_cannot_even_be_cut_off_is_left_behind_in_its_segment(spool, monkeypatch):
    put(spool, 1)

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fail)
        broken.setattr(os, "ftruncate", fail)
        with pytest.raises(Unreachable):
            put(spool, 2)
    assert values(spool) == [1]
    put(spool, 2, 3)
    assert values(spool) == [1, 2, 3]
    with contextlib.closing(reopened(spool)) as again:
        assert values(again) == [1, 2, 3]  # the left-behind copy of 2 is not read twice
