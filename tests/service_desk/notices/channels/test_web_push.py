"""Web push against a push service of its own: what stands beside the message, who is called, when a browser is gone."""

from datetime import UTC, datetime

import msgspec
import pytest
from pydantic import ValidationError

from collector.errors import Refused, Unreachable
from service_desk.notices.channels.web_push import Config, address, open_channel, shown
from service_desk.notices.ports import Gone
from tests.service_desk.notices.far import message
from tests.service_desk.notices.push_service import CONTACT, KEY, PushService


@pytest.fixture
def far(free_port):
    far = PushService(free_port()).start()
    yield far
    far.stop()


def config(far, **more):
    return Config(**far.where | more)


def to(far, **more):
    return msgspec.structs.replace(message(address=address(far.address)), at=datetime.now(UTC), **more)


def test_it_says_how_urgent_it_is_how_long_it_is_worth_keeping_and_who_sends_it(far):
    now = datetime.now(UTC)
    assert open_channel(config(far)).hand(to(far)).reference == "/message/7"
    assert {name: far.headers[name] for name in ("TTL", "Urgency")} == {"TTL": "3600", "Urgency": "high"}
    assert len(far.headers["Topic"]) == 32
    assert far.claims["sub"] == CONTACT
    assert 0 < far.claims["exp"] - now.timestamp() < 86400


def test_a_browser_shows_what_where_since_when_and_opens_the_page_and_only_that(far):
    open_channel(config(far)).hand(to(far))
    assert far.shown == {
        "id": "incident-1:opened",
        "title": "HIGH Vaccine fridge F-07 in 4.18 is at 8.9 °C",
        "body": "Vaccine fridge F-07 in 4.18 is at 8.9 °C.\nWhere: 4.18 Medication",
        "url": "https://ward.linden.example/alarms#incident-1",
        "high": True,
    }


def test_a_text_that_no_push_service_takes_is_cut(far):
    open_channel(config(far)).hand(to(far, text="Kühlschrank " * 1000))
    assert far.shown["body"].endswith("…")
    assert len(far.shown["body"]) > 1000


@pytest.mark.parametrize("host", ["db.linden.example", "127.0.0.1:8080", "push.example", "evil-push.example:443"])
def test_nobody_is_called_but_the_push_services_of_the_settings_whatever_a_browser_names(far, host):
    mine = config(far, services=["*.push.example", "push.example.org"])
    with pytest.raises(Refused, match="is no push service of this house"):
        open_channel(mine).hand(to(far, address=far.browser.address(f"https://{host}/x")))


def test_a_browser_that_has_ended_its_subscription_is_gone(far):
    far.mode = "gone"
    with pytest.raises(Gone, match="does not take notices any more"):
        open_channel(config(far)).hand(to(far))


def test_a_certificate_that_nobody_known_has_signed_gets_nothing(far):
    for act in (lambda channel: channel.hand(to(far)), lambda channel: channel.test(message().at)):
        with pytest.raises(Unreachable, match=r"localhost:\d+ does not answer: .*certificate"):
            act(open_channel(config(far, ca=None)))
    assert (far.got, far.heads) == ([], 0)


def test_the_hourly_test_asks_each_push_service_and_shows_nothing_in_any_browser(far, free_port):
    away = f"localhost:{free_port()}"
    channel = open_channel(config(far, services=[f"localhost:{far.port}", away, "*.push.example"]))
    assert channel.test(message().at).startswith(f"localhost:{far.port} answers; {away} does not answer: ")
    assert (far.got, far.heads) == ([], 1)


def test_people_read_the_name_of_a_browser(far):
    assert shown(address(far.address)) == "Firefox on Linux"


@pytest.mark.parametrize(
    "wrong, why",
    [({"secret": "guess"}, "push-key"), ({"contact": "it"}, "contact"), ({"services": ["https://a"]}, "services")],
)
def test_settings_that_cannot_work_are_named(wrong, why):
    with pytest.raises(ValidationError, match=why):
        Config(**{"secret": KEY, "contact": CONTACT} | wrong)
