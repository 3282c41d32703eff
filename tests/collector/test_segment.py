"""A torn or flipped byte costs one record."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.segment import HEADER, MAGIC, Damage, Record, frame, scan

PAYLOADS = [b"one", b"", b"three" * 100, MAGIC * 5, frame(99, b"a record inside a record"), b"last"]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "x.spool"


def written(path: Path, payloads=PAYLOADS) -> list[tuple[int, int]]:
    """Write records 1, 2, …; where each starts and ends."""
    blob = b""
    spans = []
    for position, payload in enumerate(payloads, 1):
        spans.append((len(blob), len(blob) + HEADER.size + len(payload)))
        blob += frame(position, payload)
    path.write_bytes(blob)
    return spans


def records(path: Path) -> dict[int, bytes]:
    return {found.position: found.payload for found in scan(path) if isinstance(found, Record)}


def test_what_was_written_is_read_in_order(path):
    spans = written(path)
    assert list(scan(path)) == [Record(n + 1, PAYLOADS[n], *spans[n]) for n in range(len(PAYLOADS))]


def test_reading_can_start_after_a_record_and_stop_before_another(path):
    spans = written(path)
    assert [found.position for found in scan(path, spans[1][1], spans[3][0])] == [3]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_costs_only_its_own_record_and_is_reported(path, data):
    spans = written(path)
    blob = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(blob)
    hit = next(n for n, (start, end) in enumerate(spans, 1) if start <= at < end)
    got = records(path)
    inside = {99} if hit == 5 else set()  # a whole record inside the payload may come to light
    assert set(got) - inside == set(range(1, len(PAYLOADS) + 1)) - {hit}
    damage = [found for found in scan(path) if isinstance(found, Damage)]
    assert damage
    assert damage[0].start == spans[hit - 1][0]
    assert str(damage[0]).startswith(f"x.spool, bytes {damage[0].start} to ")
    assert not any(found.torn for found in damage[:1] if hit < len(PAYLOADS))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_anywhere_gives_all_whole_records_and_a_torn_end(path, data):
    spans = written(path)
    size = data.draw(st.integers(0, spans[-1][1]))
    path.write_bytes(path.read_bytes()[:size])
    whole = [n for n, (_, end) in enumerate(spans, 1) if end <= size]
    assert list(records(path)) == whole
    torn = [found for found in scan(path) if isinstance(found, Damage)]
    clean = size == (spans[len(whole) - 1][1] if whole else 0)
    assert [found.torn for found in torn] == ([] if clean else [True])


def test_megabytes_of_rubbish_between_two_records_are_skipped(path):
    rubbish = (MAGIC + b"\0" * 30) * 100_000
    path.write_bytes(frame(1, b"a") + rubbish + frame(2, b"b"))
    assert records(path) == {1: b"a", 2: b"b"}


def test_a_header_across_the_border_of_two_chunks_is_found(path):
    for shift in range(-30, 5):
        path.write_bytes(b"x" * ((1 << 20) + shift) + frame(2, b"b"))
        assert records(path) == {2: b"b"}
