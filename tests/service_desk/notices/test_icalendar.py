"""Calendars of RFC 5545: its own examples (3.6.1, 3.6.5, 3.8.5.3), and what rosters are made of."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from asset_registry.errors import Invalid
from service_desk.notices.icalendar import read

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def calendar(*events, before=""):
    body = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{before}{body}END:VCALENDAR\r\n"


def starts(text, start="1997-01-01", end="1998-12-31", zone=NEW_YORK):
    span = (datetime.fromisoformat(f"{each}T00:00+00:00") for each in (start, end))
    return [shift.start.astimezone(zone) for shift in read(text, zone).shifts(*span)]


def test_every_day_until_a_day_at_the_same_time_of_the_clock_over_the_change_of_it():
    text = calendar(
        "DTSTART;TZID=America/New_York:19970902T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;UNTIL=19971224T000000Z"
    )
    found = starts(text)
    assert (len(found), found[0].date().isoformat(), found[-1].date().isoformat()) == (113, "1997-09-02", "1997-12-23")
    assert {moment.hour for moment in found} == {9}
    assert {moment.astimezone(UTC).hour for moment in found} == {13, 14}


def test_every_other_week_on_three_days():
    text = calendar(
        "DTSTART;TZID=America/New_York:19970901T090000\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR"
    )
    assert " ".join(f"{moment:%m-%d}" for moment in starts(text)) == (
        "09-01 09-03 09-05 09-15 09-17 09-19 09-29 10-01 10-03 10-13 10-15 10-17 10-27 10-29 10-31 "
        "11-10 11-12 11-14 11-24 11-26 11-28 12-08 12-10 12-12 12-22"
    )


def test_an_occurrence_left_out_added_moved_and_cancelled():
    base = "DTSTART:20261102T080000Z\r\nDTEND:20261102T160000Z\r\n"
    text = calendar(
        base + "RRULE:FREQ=DAILY;COUNT=5\r\nEXDATE:20261103T080000Z\r\nRDATE:20261110T080000Z",
    ).replace("END:VCALENDAR", "{moved}{gone}END:VCALENDAR")
    moved = (
        "BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID:20261104T080000Z\r\n"
        "DTSTART:20261104T180000Z\r\nDTEND:20261104T200000Z\r\nEND:VEVENT\r\n"
    )
    gone = moved.replace("20261104T08", "20261105T08").replace("\r\nDTSTART", "\r\nSTATUS:CANCELLED\r\nDTSTART")
    found = starts(text.format(moved=moved, gone=gone), "2026-11-01", "2026-11-30", UTC)
    assert [f"{moment:%d %H}" for moment in found] == ["02 08", "04 18", "06 08", "10 08"]


def test_the_newest_of_two_versions_of_an_event_counts():
    one = "BEGIN:VEVENT\r\nUID:a\r\nSEQUENCE:{}\r\nDTSTART:20261102T{}0000Z\r\nDURATION:PT2H\r\nEND:VEVENT\r\n"
    text = f"BEGIN:VCALENDAR\r\n{one.format(2, '10')}{one.format(1, '08')}END:VCALENDAR\r\n"
    assert [moment.hour for moment in starts(text, "2026-11-01", "2026-11-30", UTC)] == [10]


def test_a_night_shift_ends_with_the_morning_also_when_the_clocks_change_in_it():
    text = calendar("DTSTART:20261023T200000\r\nDTEND:20261024T080000\r\nRRULE:FREQ=DAILY;COUNT=3")
    shifts = read(text, BERLIN).shifts(datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
    assert [shift.end.astimezone(BERLIN).hour for shift in shifts] == [8, 8, 8]
    assert [shift.end - shift.start for shift in shifts] == [
        timedelta(hours=12),
        timedelta(hours=13),
        timedelta(hours=12),
    ]


def test_a_day_without_times_is_a_day_of_the_house():
    text = calendar("DTSTART;VALUE=DATE:20261124\r\nSUMMARY:A. Brandt")
    [shift] = read(text, BERLIN).shifts(datetime(2026, 11, 24, 6, tzinfo=UTC), datetime(2026, 11, 24, 7, tzinfo=UTC))
    assert (shift.start, shift.end - shift.start) == (datetime(2026, 11, 23, 23, tzinfo=UTC), timedelta(days=1))


OUTLOOK = """BEGIN:VTIMEZONE\r
TZID:W. Europe Standard Time\r
BEGIN:STANDARD\r
DTSTART:16010101T030000\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:16010101T020000\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r
END:DAYLIGHT\r
END:VTIMEZONE\r
"""


def test_a_zone_that_the_calendar_brings_along():
    text = calendar(
        "DTSTART;TZID=W. Europe Standard Time:20260701T080000\r\nDURATION:PT8H\r\nRRULE:FREQ=MONTHLY;COUNT=6",
        before=OUTLOOK,
    )
    assert [moment.hour for moment in starts(text, "2026-06-01", "2026-12-31", UTC)] == [6, 6, 6, 6, 7, 7]


def test_folded_lines_quoted_parameters_and_escaped_words():
    text = calendar(
        "DTSTART:20261124T000000Z\r\nDURATION:P1D\r\n"
        'ATTENDEE;CN="Brandt, A.: facilities";ROLE=REQ-PARTICIPANT:mailto:bra\r\n'
        " ndt@linden.example\r\nSUMMARY:On call\\, level 1"
    )
    [shift] = read(text, UTC).shifts(datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))
    assert (shift.attendees, shift.summary) == (("brandt@linden.example",), "On call, level 1")


@pytest.mark.parametrize(
    "text,why",
    [
        ("", "cut off"),
        ("hello", "Line 1 is no line of a calendar: hello"),
        ("DTSTART:20261124T000000Z", "begins with BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no VEVENT"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "END:VCALENDAR where END:VEVENT belongs"),
        (calendar("SUMMARY:Night"), '"Night" has no DTSTART'),
        (calendar("DTSTART:yesterday"), "makes no sense"),
        (calendar("DTSTART;TZID=Mars:20261124T000000"), 'no time zone "Mars"'),
        (calendar("DTSTART:20261124T000000Z\nRRULE:FREQ=SECONDLY"), "does not recur every minute"),
        (calendar("DTSTART:20261124T000000Z\nRRULE:FREQ=OFTEN"), "makes no sense"),
        (calendar("DTSTART:20261124T000000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261124T000000Z"), "RANGE"),
    ],
)
def test_what_makes_no_sense_is_named(text, why):
    with pytest.raises(Invalid) as wrong:
        read(text, UTC)
    assert why in str(wrong.value)
