"""Who is told when nobody answers: rosters from a file, policies in a form, and what they mean in words."""

import pytest
from sqlalchemy import select

from service_desk.notices.model import Policy, Schedule
from tests.service_desk.notices.test_icalendar import calendar

pytestmark = pytest.mark.dialects("sqlite")

PATH = "/alarms/escalation"
SHIFT = "DTSTART:20261124T060000Z\r\nDTEND:20261124T140000Z\r\nSUMMARY:facilities"


def bring(client, text, name="Facilities", number=0):
    files = {"file": ("roster.ics", text.encode(), "text/calendar")}
    form = {"csrf": client.csrf, "name": name}
    return client.post(f"/alarms/on-call/{number}", data=form, files=files, follow_redirects=False)


def save(client, number=0, **form):
    usual = {"csrf": client.csrf, "name": "Facilities", "rank": "1", "enabled": "yes"}
    return client.post(f"{PATH}/{number}", data=usual | form, follow_redirects=False)


def all_of(hospital, table):
    with hospital.database.read() as session:
        return list(session.scalars(select(table)))


def test_without_anything_it_says_what_that_means_and_how_to_begin(signed_in):
    page = signed_in("facilities").get(PATH).text
    assert "Nobody is told when nobody answers: there is no policy yet" in page
    assert "Bring one in" in page
    assert "Write the first one" in page
    assert "Write the first one" not in signed_in("clinician").get(PATH).text


def test_a_roster_says_who_is_on_call_until_when_and_when_nobody_is(signed_in, hospital):
    client = signed_in("facilities")
    assert bring(client, calendar(SHIFT, SHIFT.replace("facilities", "Somebody"))).status_code == 303
    page = client.get(PATH).text
    assert "Facilities Person is on call" in page
    assert "Nobody here is called Somebody." in page
    assert "15:00" in page  # of the house's clock
    hospital.clock.advance(10 * 3600)
    assert "Nobody is on call: Facilities" in client.get(PATH).text


def test_a_file_that_is_no_calendar_is_refused_with_its_line_and_nothing_is_kept(signed_in, hospital):
    refused = bring(signed_in("facilities"), "Kim on Monday")
    assert refused.status_code == 422
    assert "Line 1 is no line of a calendar" in refused.text
    assert "Choose a file" in bring(signed_in("facilities"), "").text
    assert all_of(hospital, Schedule) == []


def test_a_policy_is_written_said_in_words_changed_and_removed(signed_in, hospital):
    client = signed_in("facilities")
    bring(client, calendar(SHIFT))
    [roster] = all_of(hospital, Schedule)
    form = {
        "priority": ["high", "medium"],
        "place": str(hospital.places["floor"]),
        "after": ["0", "10", "30", "", ""],
        "who": [f"schedule:{roster.id}", "person:biomed", "role:facilities", "", ""],
        "repeat_min": "15",
        "repeats": "2",
        "fallback": "role:it_agent",
    }
    assert save(client, **form).status_code == 303
    page = client.get(PATH).text
    for words in (
        "High, medium, Level 4",
        "At once: on call, Facilities",
        "After 10\u00a0min: Biomed Person",
        "After 30\u00a0min: everybody in facilities",
        "then again, 2 times, 15 min later",
        "everybody in it agent",
    ):
        assert words in page
    [policy] = all_of(hospital, Policy)
    shown = client.get(f"{PATH}/{policy.id}").text
    assert shown.count(" selected") == 4
    assert save(client, policy.id, after="0", who="person:biomed").status_code == 303
    [policy] = all_of(hospital, Policy)
    assert policy.levels == [{"after_min": 0, "kind": "person", "who": "biomed"}]
    client.post(f"{PATH}/{policy.id}/remove", data={"csrf": client.csrf})
    assert all_of(hospital, Policy) == []


def test_what_makes_no_sense_is_said_and_what_was_written_stays(signed_in, hospital):
    client = signed_in("facilities")
    refused = save(client, after=["10", "5"], who=["person:biomed", "person:facilities"])
    assert refused.status_code == 422
    assert "Each level comes later than the one before" in refused.text
    assert refused.text.count(" selected") == 2
    assert all_of(hospital, Policy) == []


def test_a_roster_that_a_policy_asks_stays(signed_in, hospital):
    client = signed_in("facilities")
    bring(client, calendar(SHIFT))
    [roster] = all_of(hospital, Schedule)
    save(client, after="0", who=f"schedule:{roster.id}")
    kept = client.post(f"/alarms/on-call/{roster.id}/remove", data={"csrf": client.csrf})
    assert kept.status_code == 409
    assert "The policy Facilities asks this schedule" in kept.text
