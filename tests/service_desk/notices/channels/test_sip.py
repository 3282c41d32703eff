"""SIP: a call from INVITE to BYE, its tone, one that nobody answers, and the digest of a known example."""

import pytest

from collector.errors import Refused, Unreachable
from service_desk.notices.channels.sip import Config, address, open_channel
from service_desk.notices.sip_message import Answer, authorized
from tests.service_desk.notices.far import Pbx, message
from tests.wardkeeper.conftest import until


@pytest.fixture
def far(free_port):
    far = Pbx(free_port()).start()
    yield far
    far.stop()


def test_who_picks_up_hears_a_tone_sees_the_text_and_was_told(far):
    receipt = open_channel(Config(**far.where)).hand(message('Leak "4.12"', far.address))
    assert (receipt.delivered, receipt.reference) == (True, "200 OK")
    assert far.methods == ["INVITE", "ACK", "INVITE", "ACK", "BYE"]
    assert far.got == [("2117", "HIGH Leak 4.12 since 07:52", "")]
    assert far.packets == 10


def test_a_telephone_that_nobody_picks_up_stops_ringing(far):
    far.mode = "rings"
    with pytest.raises(Unreachable, match="487 Request Terminated"):
        open_channel(Config(**far.where)).hand(message(address=far.address))
    until(lambda: far.methods[-3:] == ["INVITE", "CANCEL", "ACK"], 5)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_password_is_shown_by_either_digest_and_a_wrong_one_is_refused(far, algorithm):
    far.algorithm = algorithm
    assert open_channel(Config(**far.where)).test(message().at) == "127.0.0.1 answers 200"
    wrong = open_channel(Config(**far.where | {"password": "guess"}))
    for act in (lambda: wrong.test(message().at), lambda: wrong.hand(message(address=far.address))):
        with pytest.raises(Refused, match="401 Unauthorized"):
            act()


def test_the_digest_without_qop_is_that_of_rfc_2069_s_form():
    challenge = {"www-authenticate": ['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"']}
    answer = Answer(401, "Unauthorized", challenge, "")
    name, value = authorized(answer, "GET", "/dir/index.html", ("Mufasa", "Circle Of Life"))
    assert name == "Authorization"
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in value


@pytest.mark.parametrize(
    "text,number", [("2117", "2117"), ("0 0171 / 555-0117", "001715550117"), ("nurse.4", "nurse.4")]
)
def test_a_number_is_taken_as_people_write_it(text, number):
    assert address(text) == number
