"""What I am told: ways, wishes, a test that goes out now; each sees and changes only their own."""

import re

import pytest
from sqlalchemy import select

from asset_registry.people import Person
from dashboards.context import Telling
from service_desk.notices.channels import email
from service_desk.notices.model import Notice, Way, Wish
from service_desk.notices.telling import Known, Teller
from service_desk.notices.worker import ChannelState

pytestmark = pytest.mark.dialects("sqlite")


@pytest.fixture
def woken(hospital):
    """The house has mail and SMS, and SMS is dead; gives how often the channels were woken."""
    calls = []
    known = {
        "mail": Known("channel.email", email.ADDRESS, email.address),
        "sms": Known("channel.sms", "Mobile number", str),
    }
    now = hospital.clock.now()
    states = [
        ChannelState("mail", "channel.email", True, now, "mail.linden.example answers"),
        ChannelState("sms", "channel.sms", False, now, "the modem does not answer"),
    ]
    teller = Teller(hospital.snapshots, known, hospital.context.zone)
    hospital.context.told_by = Telling(teller, lambda: states, wake=lambda: calls.append(1))
    return calls


def all_of(hospital, table):
    with hospital.database.read() as session:
        return list(session.scalars(select(table)))


def send(client, path, **form):
    return client.post(path, data={"csrf": client.csrf, **form}, follow_redirects=False)


def test_a_house_without_channels_says_so_and_what_to_do(signed_in):
    page = signed_in("clinician").get("/me/notices").text
    assert "Nobody can reach you: you have no way yet" in page
    assert "This house has no channel yet." in page


def test_a_way_is_added_checked_tried_first_and_taken_away(signed_in, hospital, woken):
    client = signed_in("facilities")
    refused = send(client, "/me/notices/ways", channel="mail", address="kim")
    assert refused.status_code == 422
    assert "An e-mail address looks like name@hospital.example." in refused.text
    for channel, address in (("sms", "+49 171 555"), ("mail", "kim@linden.example")):
        assert send(client, "/me/notices/ways", channel=channel, address=address).status_code == 303
    page = client.get("/me/notices").text
    assert "You are told by sms, then by mail, and only when it is your turn" in page
    assert re.search(r"dead\s*</span>", page)
    second = max(way.id for way in all_of(hospital, Way))
    send(client, f"/me/notices/ways/{second}/first")
    assert "You are told by mail, then by sms" in client.get("/me/notices").text
    send(client, f"/me/notices/ways/{second}/remove")
    assert [way.channel for way in all_of(hospital, Way)] == ["sms"]


def test_a_wish_is_kept_with_its_places_departments_and_quiet_hours(signed_in, hospital, woken):
    client = signed_in("facilities")
    send(client, "/me/notices/ways", channel="mail", address="kim@linden.example")
    form = {"priority": "medium", "place": str(hospital.places["floor"]), "department": "Level 4"}
    assert send(client, "/me/notices", **form, quiet_from="22:00", quiet_until="06:00", over="yes").status_code == 303
    [wish] = all_of(hospital, Wish)
    assert (wish.priority, wish.places, wish.departments) == ("medium", [hospital.places["floor"]], ["Level 4"])
    assert (wish.quiet_from, wish.quiet_until, wish.over) == ("22:00", "06:00", True)
    page = client.get("/me/notices").text
    assert "You are told of high and medium alarms by mail" in page
    assert page.count(" checked") == 4
    refused = send(client, "/me/notices", priority="high", quiet_from="22:00")
    assert "Quiet hours need a beginning and another end" in refused.text
    assert all_of(hospital, Wish)[0].priority == "medium"


def test_a_test_goes_out_now_and_its_fate_stands_below(signed_in, hospital, woken):
    client = signed_in("biomed")
    send(client, "/me/notices/ways", channel="mail", address="kim@linden.example")
    [way] = all_of(hospital, Way)
    assert send(client, f"/me/notices/ways/{way.id}/test").headers["location"] == "/me/notices#told"
    assert woken == [1]
    [notice] = all_of(hospital, Notice)
    assert (notice.what, notice.address) == ("test", "kim@linden.example")
    assert "A test" in client.get("/me/notices").text


def test_nobody_touches_the_ways_of_another(signed_in, hospital, woken):
    send(signed_in("biomed"), "/me/notices/ways", channel="mail", address="kim@linden.example")
    [way] = all_of(hospital, Way)
    other = signed_in("clinician")
    for act in ("remove", "first", "test"):
        assert send(other, f"/me/notices/ways/{way.id}/{act}").status_code == 404
    assert "kim@linden.example" not in other.get("/me/notices").text


def test_who_chose_no_way_is_told_that_the_address_in_the_registry_is_used(signed_in, hospital, woken):
    with hospital.database.write() as session:
        session.get(Person, hospital.people["auditor"]).email = "au@linden.example"
    assert "You are reached at au@linden.example." in signed_in("auditor").get("/me/notices").text
