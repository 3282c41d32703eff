"""The signature: the example of the Standard Webhooks specification, and what a receiver does with a wrong one."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from collector.errors import Refused
from service_desk.notices.channels.webhook import Config, open_channel
from service_desk.signing import headers, key_of
from tests.service_desk.notices.far import Hook, message


def test_the_signature_is_that_of_the_published_example():
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    said = headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert said == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_who_signs_with_another_key_is_refused(free_port):
    far = Hook(free_port()).start()
    other = "whsec_" + b64encode(b"x" * 32).decode()
    with pytest.raises(Refused, match="says 401; check the address and the secret"):
        open_channel(Config(url=far.where["url"], secret=other)).hand(message(address="brandt"))
    far.stop()


def test_a_ping_is_signed_too(free_port):
    far = Hook(free_port()).start()
    assert open_channel(Config(**far.where)).test(message().at) == "127.0.0.1 takes what is signed"
    assert far.pings == 1
    far.stop()


@pytest.mark.parametrize("wrong", ["guess", "whsec_c2hvcnQ=", "whsec_" + b64encode(b"y" * 65).decode()])
def test_a_secret_that_is_none_is_named(wrong):
    with pytest.raises(ValidationError, match="a webhook's secret is"):
        Config(url="https://a.example/", secret=wrong)
