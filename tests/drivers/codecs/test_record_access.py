"""Asking a meter for its records: what is ever written, and what is remembered of the answers."""

import pytest

from drivers.codecs.record_access import CONTROL_POINT, QUERIES, Records

ALL = b"\x01\x01"
DONE, NO_RECORDS, REFUSED = b"\x06\x00\x01\x01", b"\x06\x00\x01\x06", b"\x06\x00\x01\x04"


def record(number):
    return b"\x00" + number.to_bytes(2, "little") + bytes(7)


@pytest.fixture
def records():
    return Records()


def told(records, *numbers, answer):
    for number in numbers:
        records.heard("2a18", record(number))
    return records.heard(CONTROL_POINT, answer)


def test_first_everything_is_asked_for_then_what_is_not_older_than_the_last(records):
    assert records.ask().data == ALL
    assert told(records, 1, 2, 0x0103, answer=DONE) == ""
    assert records.ask().data == b"\x01\x03\x01\x03\x01"


def test_a_report_that_ended_early_is_asked_for_again(records):
    records.ask()
    records.heard("2a18", record(7))
    assert records.ask().data == ALL


@pytest.mark.parametrize("answer, words", [(NO_RECORDS, ""), (REFUSED, "it cannot report records from a number on")])
def test_a_meter_that_no_longer_has_the_record_or_cannot_look_for_it_is_asked_for_everything(records, answer, words):
    records.ask()
    told(records, 7, answer=DONE)
    records.ask()
    assert told(records, answer=answer) == words
    assert records.ask().data == ALL


def test_a_report_of_nothing_new_changes_nothing(records):
    records.ask()
    told(records, 7, answer=DONE)
    records.ask()
    told(records, answer=DONE)
    assert records.ask().data == b"\x01\x03\x01\x07\x00"


def test_nothing_but_report_stored_records_can_be_asked(records):
    records.ask()
    told(records, 0xFFFF, answer=DONE)
    for _ in range(2):
        query = records.ask()
        assert isinstance(query, QUERIES)
        assert query.data[0] == 0x01
        told(records, answer=b"\x05\x00\x01")
