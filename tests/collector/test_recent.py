"""What is read out of memory is what stands on disk."""

import contextlib
import resource

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.reading import Reading
from collector.recent import Recent
from collector.spool import Spool

T0 = ManualClock().now()


def reading(value: float) -> Reading:
    return Reading("d", "co2", float(value), T0, T0)


def test_the_next_records_are_given_until_there_are_enough_items():
    recent = Recent()
    recent.add(0, 1, [reading(1), reading(2)], 10)
    recent.add(1, 2, [reading(3)], 10)
    recent.add(2, 3, [reading(4)], 10)
    assert recent.after(0, 3) == [(1, [reading(1), reading(2)]), (2, [reading(3)])]
    assert recent.after(2, 100) == [(3, [reading(4)])]
    assert recent.after(3, 100) == []


def test_who_lags_behind_what_is_kept_is_given_nothing():
    for bound in ({"items": 2}, {"size": 20}):
        recent = Recent(**bound)
        for position in range(1, 6):
            recent.add(position - 1, position, [reading(position)], 10)
        assert recent.after(2, 100) == []
        assert recent.after(3, 100) == [(4, [reading(4)]), (5, [reading(5)])]


def test_a_record_that_is_larger_than_all_of_it_is_not_kept():
    recent = Recent(items=2)
    recent.add(0, 1, [reading(1)] * 3, 10)
    assert recent.after(0, 100) == []


def test_a_head_that_moved_without_a_record_leaves_no_record_behind(tmp_path):
    with contextlib.closing(Spool(tmp_path, ManualClock())) as spool:
        spool.append([([reading(1)], None)])
        spool.register("store", 2)
        spool.append([([reading(3)], None)])
        assert spool.read(0, 100) == [(1, [reading(1)]), (3, [reading(3)])]


STEPS = st.one_of(
    st.tuples(st.just("append"), st.lists(st.integers(0, 3), min_size=1, max_size=4)),
    st.tuples(st.just("fail"), st.integers(0, 200)),
    st.tuples(st.just("flip"), st.integers(0, 10_000)),
    st.tuples(st.just("register"), st.integers(0, 40)),
    st.tuples(st.just("restart"), st.none()),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12), kept=st.integers(0, 8), limit=st.integers(1, 6))
def test_a_reader_is_given_the_same_from_memory_and_from_disk(tmp_path_factory, steps, kept, limit):
    """Whatever happened: appends that failed, a restart, a head moved on, a consumer behind what is kept.

    Of what was damaged on disk after it was written, memory still has what was written.
    """
    folder, clock = tmp_path_factory.mktemp("spool"), ManualClock()
    with contextlib.ExitStack() as stack:
        spool = stack.enter_context(contextlib.closing(Spool(folder, clock, segment_bytes=300, recent_items=kept)))
        written: dict[int, list[Reading]] = {}
        flipped = False
        for what, how in steps:
            if what == "append":
                items = [reading(number) for number in how]
                written[spool.append([(items, None)])] = items
            elif what == "fail":
                failing_append(spool, how, written)
            elif what == "register":
                spool.register("store", how)
            elif what == "flip":
                flipped |= flip_a_byte(spool, how)
            else:
                spool.close()
                spool = stack.enter_context(contextlib.closing(Spool(folder, clock, segment_bytes=300)))
        for after in range(spool.head + 1):
            told = spool.read(after, limit)
            on_disk = from_disk(spool, after, limit)
            if not flipped:
                assert told == on_disk
            assert all(items in ([], written.get(position, [])) for position, items in told)
            assert {position: items for position, items in told if items}.items() >= {
                position: items for position, items in on_disk if items and position <= told[-1][0]
            }.items()


def failing_append(spool, room, written):
    last = max((path.stat().st_size for path in spool.directory.glob("*.spool")), default=0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (last + room, hard))
    try:
        with contextlib.suppress(Unreachable):
            written[spool.append([([reading(-1)], None)])] = [reading(-1)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def flip_a_byte(spool, number):
    paths = sorted(spool.directory.glob("*.spool"))
    blob = bytearray(b"".join(path.read_bytes() for path in paths))
    if not blob:
        return False
    at = number % len(blob)
    for path in paths:
        if at < path.stat().st_size:
            one = bytearray(path.read_bytes())
            one[at] ^= 1
            path.write_bytes(one)
            break
        at -= path.stat().st_size
    return True


def from_disk(spool, after, limit):
    """The same question to the same spool, with an empty memory."""
    with pytest.MonkeyPatch.context() as forgetful:
        forgetful.setattr(spool, "_recent", Recent(items=0))
        return spool.read(after, limit)
