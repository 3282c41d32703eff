"""RFC 8291, section 5 and appendix A: the published message, octet by octet; what is no subscription is refused."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service_desk.notices.push_message import Subscription, b64, encrypted, key_of, subscription, unb64
from tests.service_desk.notices.push_service import Browser

TEXT = b"When I grow up, I want to be a watermelon"
UA_PRIVATE, AUTH = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94", "BTBZMqHH6r4Tts7J_aSIgg"
UA_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AS_PRIVATE, SALT = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
    "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
BROWSER = Subscription("https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV", UA_PUBLIC, AUTH)


def private(text):
    return ec.derive_private_key(int.from_bytes(unb64(text), "big"), ec.SECP256R1())


def test_the_message_is_the_published_one():
    assert b64(encrypted(TEXT, BROWSER, private(AS_PRIVATE), unb64(SALT))) == BODY


def test_the_browser_of_the_tests_reads_the_published_message():
    assert Browser(private(UA_PRIVATE), unb64(AUTH)).read(unb64(BODY)) == TEXT


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example.net/a"},
        {"endpoint": "https:///a"},
        {"endpoint": "https://push.example.net/a\r\nX: y"},
        {"endpoint": "https://push.example.net/" + "a" * 1000},
        {"p256dh": UA_PUBLIC[:-4] + "AAAA"},
        {"p256dh": "*"},
        {"auth": "BTBZ"},
        {"auth": 7},
    ],
)
def test_what_is_no_subscription_is_refused(wrong):

    written = {"endpoint": BROWSER.endpoint, "p256dh": UA_PUBLIC, "auth": AUTH}
    assert subscription(msgspec.json.encode(written).decode()) == BROWSER
    with pytest.raises(ValueError, match="no subscription of a browser"):
        subscription(msgspec.json.encode(written | wrong).decode())


@pytest.mark.parametrize("wrong", ["", "guess", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_with_what_makes_one(wrong):
    with pytest.raises(ValueError, match="wardkeeper push-key"):
        key_of(wrong)
