"""Notices in a browser: its subscription becomes a way of one person; the service worker shows what comes."""

import json

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from dashboards.context import Telling
from service_desk.notices.channels.web_push import ADDRESS, Config, address, shown
from service_desk.notices.model import Notice, Way
from service_desk.notices.telling import Known, Teller
from service_desk.notices.worker import ChannelState
from tests.service_desk.notices.push_service import CONTACT, KEY, Browser

pytestmark = pytest.mark.dialects("sqlite")

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/one"


@pytest.fixture
def woken(hospital):
    """The house tells browsers; gives how often the channel was woken."""
    calls = []
    key = Config(secret=KEY, contact=CONTACT).browser_key
    known = {"browsers": Known("channel.web_push", ADDRESS, address, shown, key)}
    states = [ChannelState("browsers", "channel.web_push", True, hospital.clock.now(), "fcm.googleapis.com answers")]
    teller = Teller(hospital.snapshots, known, hospital.context.zone)
    hospital.context.told_by = Telling(teller, lambda: states, wake=lambda: calls.append(1))
    return calls


def ways(hospital):
    with hospital.database.read() as session:
        return [(way.person_id, shown(way.address)) for way in session.scalars(select(Way).order_by(Way.id))]


def subscribe(client, browser, agent=CHROME, endpoint=ENDPOINT):
    given = json.loads(browser.address(endpoint)) | {"csrf": client.csrf}
    return client.post("/me/notices/browser", data=given, headers={"User-Agent": agent})


def test_a_house_without_a_key_offers_no_browser(signed_in):
    assert 'id="browser"' not in signed_in("clinician").get("/me/notices").text


def test_browsers_become_ways_under_names_and_each_gets_a_test_at_once(signed_in, hospital, woken):
    client, me = signed_in("facilities"), hospital.people["facilities"]
    for agent, endpoint in ((CHROME, ENDPOINT), (CHROME.replace("Chrome", "Edg/1 Chrome"), f"{ENDPOINT}2")):
        assert subscribe(client, Browser(), agent, endpoint).headers["location"] == "/me/notices#told"
    day = hospital.clock.now().astimezone(hospital.context.zone).strftime("%d %b")
    assert ways(hospital) == [(me, f"Chrome on Linux ({day})"), (me, f"Edge on Linux ({day})")]
    assert woken == [1, 1]
    with hospital.database.read() as session:
        assert {notice.what for notice in session.scalars(select(Notice))} == {"test"}
    page = client.get("/me/notices").text
    assert f"Chrome on Linux ({day})" in page
    assert "p256dh&#34;" not in page
    assert 'id="channel"' not in page  # nobody types the address of a browser


def test_who_subscribes_last_has_the_browser(signed_in, hospital, woken):
    browser = Browser()
    for role in ("facilities", "biomed", "biomed"):
        subscribe(signed_in(role), browser)
    assert [person for person, _ in ways(hospital)] == [hospital.people["biomed"]]


def test_what_is_no_subscription_is_said(signed_in, woken):
    refused = subscribe(signed_in("biomed"), Browser(), endpoint="http://db.linden.example/")
    assert refused.status_code == 422
    assert "This is no subscription of a browser." in refused.text


def test_the_worker_is_served_at_an_address_that_never_changes(signed_in, woken):
    answer = signed_in("biomed").get("/push-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


SHOWN = """navigator.serviceWorker.ready.then(worker => worker.getNotifications())
  .then(all => all.length && all.map(each => [each.title, each.body, each.tag, each.data]))"""
COMES = '{"id":"a","title":"HIGH Leak","body":"Since 07:52","url":"https://b.example/alarms#i","high":true}'


def test_a_page_subscribes_says_why_it_cannot_and_its_worker_shows_what_comes(
    page, context, server, woken, good_to_look_at
):
    server.enter(page, "biomed")
    context.grant_permissions(["notifications"], origin=server.url)
    good_to_look_at(page, f"{server.url}/me/notices")
    card = page.locator("#browser")
    card.get_by_role("button", name="Tell me in this browser").click()
    expect(card.get_by_role("status")).to_contain_text("cannot reach its maker's push service", timeout=20_000)
    workers, found = context.new_cdp_session(page), []
    workers.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    workers.send("ServiceWorker.enable")
    while not found:
        page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    for _ in range(2):  # what is sent again replaces the first
        pushed = {"origin": server.url, "registrationId": found[0]["registrationId"], "data": COMES}
        workers.send("ServiceWorker.deliverPushMessage", pushed)
    shown = page.wait_for_function(SHOWN).json_value()
    assert shown == [["HIGH Leak", "Since 07:52", "a", "https://b.example/alarms#i"]]
