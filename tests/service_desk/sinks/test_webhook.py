import asyncio
import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr, ValidationError

from service_desk import signing
from service_desk.incidents.model import Outbox
from service_desk.sinks import webhook
from tests.service_desk.sinks.telling import Telling
from tests.service_desk.sinks.there import CUT, LOST, Reply, There

pytestmark = pytest.mark.dialects("sqlite")

SECRET = "whsec_" + b64encode(b"a key of twenty-four bytes").decode()


class Receiver(There):
    """Checks the signature and keeps what it has not seen by the message's id."""

    def settings(self):
        return {"url": f"{self.url}/hook/", "secret": SecretStr(SECRET)}

    def answer(self, request):
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        signed = signing.headers(signing.key_of(SECRET), request.headers["webhook-id"], at, request.body)
        if request.path != "/hook/" or signed["webhook-signature"] != request.headers["webhook-signature"]:
            return Reply(401)
        self.tickets.setdefault(request.headers["webhook-id"], request.json)
        return Reply(204)

    @property
    def got(self):
        return list(self.tickets.values())


@pytest.fixture
def there():
    there = Receiver()
    yield there
    there.stop()


@pytest.fixture
def telling(house, there):
    return Telling(house, there, webhook)


def test_the_signature_is_that_of_the_published_example():
    """Of the standard's own libraries."""
    key = signing.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signing.headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_thing_is_one_message_and_the_first_has_the_evidence(telling, there):
    for _ in telling.story():
        telling.tell()
    assert [told["type"] for told in there.got] == [
        "incident.opened",
        "incident.cleared",
        "incident.closed",
        "incident.reopened",
    ]
    first, normal, *_ = there.got
    assert first["data"]["evidence"]["metric"] == "battery"
    assert first["data"]["alarms"][0]["value"] == 20.0
    assert "Outside of normal" in first["data"]["text"]
    assert "evidence" not in normal["data"]
    assert len({told["data"]["key"] for told in there.got}) == 1
    assert datetime.fromisoformat(first["timestamp"]).tzinfo is not None


def test_the_same_news_again_sends_nothing(telling, there):
    for _ in telling.story():
        telling.tell()
    sent = len(there.requests)
    for what in telling.news:
        asyncio.run(telling.sink.sync(what))
    assert len(there.requests) == sent


@pytest.mark.parametrize("fault", [LOST, CUT, Reply(500)], ids=["reply lost", "request lost", "error"])
def test_what_is_sent_again_has_the_same_id(telling, there, fault):
    telling.low()
    there.faults.append(fault)
    telling.tell()
    telling.wait(60)
    assert len(there.requests) == 1, "the receiver may still be at work on it"
    telling.wait(60)
    assert telling.told
    assert len({request.headers["webhook-id"] for request in there.requests}) == 1
    assert len(there.got) == 1


def test_a_receiver_that_says_it_is_gone_is_a_dead_letter(telling, there):
    telling.low()
    there.faults.append(Reply(410))
    telling.tell()
    (row,) = telling.house.all(Outbox)
    assert "410" in row.refused


@pytest.mark.parametrize("secret", ["whsec_short", "not base64!", ""])
def test_a_secret_that_is_none_is_refused(secret):
    with pytest.raises(ValidationError):
        webhook.Config(url="https://hook.example", secret=SecretStr(secret))


def test_a_body_is_the_json_that_was_signed(telling, there):
    telling.low()
    telling.tell()
    assert json.loads(there.requests[0].body) == there.got[0]
    assert there.got[0]["data"]["priority"] == "medium"
