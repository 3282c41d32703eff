"""What is in the spool stays in the spool."""

import contextlib
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.points import moment_of
from collector.reading import Announcement, DeliveryKey, Quality, Reading, Sighting
from collector.segment import HEADER, Record, scan
from collector.spool import Spool

T0 = ManualClock().now()
MOMENTS = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(moment_of)
ITEMS = st.one_of(
    st.builds(
        Reading,
        st.text(max_size=5),
        st.text(max_size=5),
        st.one_of(st.floats(allow_nan=False), st.booleans(), st.text(max_size=5)),
        MOMENTS,
        MOMENTS,
        st.text(max_size=5),
        st.sampled_from(Quality),
    ),
    st.builds(Sighting, st.text(), st.text(), st.floats(-120, 0), MOMENTS, st.none() | st.integers(0, 255)),
    st.builds(Announcement, st.text(), st.dictionaries(st.text(max_size=3), st.text(max_size=3)), MOMENTS),
)


def reading(value: float, at: float = 0) -> Reading:
    moment = T0 + timedelta(seconds=at)
    return Reading("d", "co2", value, moment, moment)


def key(mid: int, session: str = "1", redelivered: bool = True) -> DeliveryKey:
    return DeliveryKey("mqtt", session, mid, b"digest", redelivered)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def spool(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock)) as opened:
        yield opened


@pytest.fixture
def disk(tmp_path, clock):
    """A spool that keeps nothing in memory."""
    with contextlib.closing(Spool(tmp_path, clock, recent_items=0)) as opened:
        yield opened


def reopened(spool: Spool, **settings) -> Spool:
    spool.close()
    return Spool(spool.directory, spool._clock, **settings)


def values(spool: Spool, after: int = 0, limit: int = 1_000_000) -> list[float]:
    return [item.value for _, items in spool.read(after, limit) for item in items]


def put(spool: Spool, *numbers: float) -> None:
    for number in numbers:
        spool.append([([reading(number)], None)])


def segments(spool: Spool) -> list[Path]:
    return sorted(spool.directory.glob("*.spool"))


def record(path: Path, position: int) -> Record:
    return next(found for found in scan(path) if isinstance(found, Record) and found.position == position)


def flip(path: Path, offset: int) -> None:
    blob = bytearray(path.read_bytes())
    blob[offset] ^= 0x40
    path.write_bytes(blob)


# ---------------------------------------------------------------- what was appended is read


def test_an_empty_spool_is_at_0(spool):
    assert spool.head == 0
    assert spool.read(0, 10) == []
    assert not spool.wait(0, timeout=0)
    assert spool.written_at is None


def test_positions_grow_by_one_from_one_also_across_a_restart(spool):
    assert [spool.append([([reading(n)], None)]) for n in range(3)] == [1, 2, 3]
    with contextlib.closing(reopened(spool)) as again:
        assert again.head == 3
        assert again.append([([reading(3)], None)]) == 4
        assert values(again) == [0, 1, 2, 3]
        assert again.written_at == T0


def test_a_record_is_a_batch_and_reading_goes_on_after_a_position(spool):
    spool.append([([reading(1), reading(2)], None), ([], key(1)), ([reading(3)], key(2))])
    spool.append([([reading(4)], None)])
    spool.append([([reading(5)], None)])
    assert [(p, [r.value for r in items]) for p, items in spool.read(0, 4)] == [(1, [1, 2, 3]), (2, [4])]
    assert values(spool, after=2) == [5]
    assert spool.read(3, 10) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(ITEMS, max_size=4), max_size=5))
def test_any_items_come_back_as_they_were_after_a_restart(tmp_path_factory, clock, batches):
    spool = Spool(tmp_path_factory.mktemp("spool"), clock, segment_bytes=200)
    for batch in batches:
        spool.append([(batch, None)])
    with contextlib.closing(reopened(spool, segment_bytes=200)) as again:
        assert again.read(0, 1000) == [(n, batch) for n, batch in enumerate(batches, 1)]


def test_waiting_ends_when_something_is_appended(spool):
    threading.Timer(0.05, put, (spool, 1.0)).start()
    assert spool.wait(0, timeout=20)
    assert values(spool) == [1]


def test_readers_at_different_places_read_across_segments(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=300, recent_items=7)) as spool:
        put(spool, *range(50))
        assert len(segments(spool)) > 5
        places = {"a": 0, "b": 17, "c": 49}
        read: dict[str, list[float]] = {name: [] for name in places}
        for _ in range(60):
            for name, after in places.items():
                for position, items in spool.read(after, 1):
                    read[name] += [item.value for item in items]
                    places[name] = position
        assert read == {"a": list(range(50)), "b": list(range(17, 50)), "c": [49]}


# ---------------------------------------------------------------- damage


def test_a_torn_end_is_cut_off_and_the_next_record_takes_its_number(spool):
    put(spool, 1, 2)
    spool.close()
    (path,) = segments(spool)
    whole = path.read_bytes()
    end = record(path, 1).end
    for cut in (end + 1, end + HEADER.size - 1, end + HEADER.size, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with contextlib.closing(Spool(spool.directory, spool._clock)) as again:
            assert path.stat().st_size == end
            assert again.head == 1
            assert not again.damage
            assert again.append([([reading(9)], None)]) == 2
            assert values(again) == [1, 9]


def test_a_flipped_bit_is_reported_and_costs_one_record(disk):
    put(disk, 1, 2, 3)
    (path,) = segments(disk)
    flip(path, record(path, 2).end - 1)
    assert disk.read(0, 100) == [(1, [reading(1)]), (3, [reading(3)])]
    values(disk)
    (damage,) = disk.damage
    assert (damage.segment, damage.why) == (path.name, "record 2 was changed")


def test_a_flipped_length_is_reported_and_reading_resumes_at_the_next_header(disk):
    put(disk, 1, 2, 3)
    (path,) = segments(disk)
    flip(path, record(path, 2).start + 4)
    assert values(disk) == [1, 3]
    assert disk.damage[0].why == "no header"


def test_the_number_of_a_record_that_was_damaged_at_the_end_is_not_given_again(spool):
    put(spool, 1, 2)
    (path,) = segments(spool)
    flip(path, record(path, 2).end - 1)
    with contextlib.closing(reopened(spool)) as again:
        assert again.damage
        assert again.append([([reading(3)], None)]) == 3
        assert again.read(0, 100) == [(1, [reading(1)]), (3, [reading(3)])]


def test_consumers_get_past_damage_at_the_end(disk):
    put(disk, 1, 2)
    (path,) = segments(disk)
    flip(path, record(path, 2).end - 1)
    assert disk.read(1, 100) == [(2, [])]


def test_a_preface_that_was_changed_costs_no_record_and_no_key(tmp_path, clock):
    spool = Spool(tmp_path, clock, segment_bytes=300)
    for mid in range(20):
        spool.append([([reading(mid)], key(mid))])
    flip(segments(spool)[-1], HEADER.size)
    with contextlib.closing(reopened(spool, segment_bytes=300)) as again:
        assert values(again) == list(range(20))
        assert all(again.known(key(mid)) for mid in range(20))


def test_a_segment_of_which_nothing_is_left_is_removed(tmp_path, clock):
    spool = Spool(tmp_path, clock, segment_bytes=1)
    put(spool, 1, 2)
    spool.close()
    last = segments(spool)[-1]
    last.write_bytes(last.read_bytes()[:10])
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=1)) as again:
        assert again.append([([reading(9)], None)]) == 2
        assert values(again) == [1, 9]


def test_a_second_process_or_spool_cannot_open_it(spool):
    with pytest.raises(Unreachable, match=r"spool .*: another Wardkeeper is using it"):
        Spool(spool.directory, spool._clock)


# ---------------------------------------------------------------- what may go


def test_segments_go_when_every_consumer_has_them_and_some_time_has_passed(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=300, keep_s=60, recent_items=0)) as spool:
        spool.register("store")
        spool.register("alarms")
        put(spool, *range(30))
        clock.advance(61)
        spool.advance("store", 30)
        assert values(spool) == list(range(30))  # alarms has nothing yet
        spool.advance("alarms", 10)
        left = values(spool)
        assert left[0] <= 10
        assert left[-1] == 29
        assert len(left) < 29
        spool.advance("alarms", 30)
        assert len(segments(spool)) == 1
        spool.append([([reading(30)], None)])
        assert values(spool, after=30) == [30]


def test_delivered_segments_stay_for_a_minute_so_that_a_store_can_be_given_them_again(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=300, keep_s=60)) as spool:
        spool.register("store")
        put(spool, *range(30))
        clock.advance(59)
        spool.advance("store", 30)
        assert values(spool) == list(range(30))
        clock.advance(2)
        spool.advance("store", 30)
        assert len(segments(spool)) == 1


def test_a_consumer_that_is_gone_holds_nothing(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=300, keep_s=0)) as spool:
        spool.register("store")
        spool.register("old")
        put(spool, *range(30))
        spool.forget("old")
        spool.advance("store", 30)
        assert len(segments(spool)) == 1


def test_a_position_once_consumed_is_never_given_to_another_record(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock)) as spool:  # an empty directory, but a store that knows better
        spool.register("store", 1000)
        assert spool.append([([reading(1)], None)]) == 1001
        assert values(spool, after=1000) == [1]


# ---------------------------------------------------------------- redelivery


def test_a_message_is_known_once_it_is_on_disk_and_after_a_restart(spool):
    assert not spool.known(key(1))
    spool.append([([reading(1)], key(1, redelivered=False))])
    assert spool.known(key(1))
    with contextlib.closing(reopened(spool)) as again:
        assert again.known(key(1))
        assert not again.known(key(2))


def test_keys_survive_though_the_segments_they_came_in_are_gone(tmp_path, clock):
    spool = Spool(tmp_path, clock, segment_bytes=300, keep_s=0)
    spool.register("store")
    for mid in range(100):
        clock.advance(1)
        spool.append([([reading(mid)], key(mid))])
    spool.advance("store", 100)
    assert len(segments(spool)) == 1
    with contextlib.closing(reopened(spool, segment_bytes=300)) as again:
        assert all(again.known(key(mid)) for mid in range(100))
        assert again.written_at == clock.now()


def test_the_session_stays_while_the_broker_has_it_and_its_messages_go_with_it(spool):
    first = spool.session("mqtt", present=False)
    spool.append([([reading(1)], key(1, first))])
    assert spool.session("mqtt", present=True) == first
    spool = reopened(spool)
    with contextlib.closing(spool):
        assert spool.session("mqtt", present=True) == first
        assert spool.known(key(1, first))
        second = spool.session("mqtt", present=False)
        assert second != first
        assert not spool.known(key(1, first))
        assert not spool.known(key(1, second))
        assert spool.session("other", present=True) != ""


def test_a_preface_longer_than_a_segment_does_not_make_a_segment_of_every_record(tmp_path, clock):
    with contextlib.closing(Spool(tmp_path, clock, segment_bytes=2000)) as spool:
        for mid in range(500):
            spool.append([([reading(mid)], key(mid))])
        before = len(segments(spool))
        with contextlib.closing(reopened(spool, segment_bytes=2000)) as again:
            for mid in range(500, 600):
                again.append([([reading(mid)], key(mid))])
            assert len(segments(again)) - before <= 100 * 150 / 2000


def test_the_next_run_knows_how_far_a_burst_ran_ahead_of_the_clock(tmp_path, clock):
    spool = Spool(tmp_path, clock)
    ahead = clock.now() + timedelta(seconds=3)
    spool.append([([Reading("d", "temperature", 1.0, ahead, ahead)], None)])
    spool.append([([Reading("e", "temperature", 1.0, clock.now(), clock.now())], None)])
    spool.close()
    assert Spool(tmp_path, clock).written_at == ahead
