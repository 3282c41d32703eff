"""What every channel does, against a real far end: one suite for all of them."""

from contextlib import suppress
from importlib import import_module

import pytest

from collector.errors import Refused, Unreachable
from service_desk.notices.ports import Unsure
from tests.service_desk.notices.far import FARS, message

NOW = message().at


@pytest.fixture(params=FARS)
def far(request, free_port):
    far = FARS[request.param](free_port()).start()
    yield far
    with suppress(Exception):
        far.stop()


@pytest.fixture
def channel(far):
    module = import_module(f"service_desk.notices.channels.{far.part}")
    opened = module.open_channel(module.Config(**far.where))
    yield opened
    opened.close()


def to(far, text="Pump 117 in 4.15 needs mains", **more):
    return message(text, far.address, **more)


def test_a_message_arrives_once_whole_and_has_a_receipt(far, channel):
    receipt = channel.hand(to(far))
    [(address, text, _)] = far.got
    assert address == far.address
    assert "Pump 117 in 4.15 needs mains" in text
    assert receipt.reference


def test_letters_beyond_english_arrive(far, channel):
    channel.hand(to(far, "Kühlschrank Ł-7 in Grünau ist bei 8.9 °C"))
    spelled = "Kuehlschrank L-7 in Gruenau" if getattr(far, "plain", False) else "Kühlschrank Ł-7 in Grünau"
    assert f"{spelled} ist bei 8.9" in far.got[0][1]


def test_a_test_is_a_real_transaction_that_tells_nobody(far, channel):
    assert channel.test(NOW)
    assert far.got == []


def test_who_is_not_there_is_unreachable_for_news_and_for_the_test_and_is_found_again(far, channel):
    channel.test(NOW)
    far.stop()
    for act in (lambda: channel.hand(to(far)), lambda: channel.test(NOW)):
        with pytest.raises(Unreachable) as trouble:
            act()
        assert not isinstance(trouble.value, Unsure)
    far.start()
    channel.hand(to(far))
    assert len(far.got) == 1


def test_not_now_is_tried_again_and_never_is_not(far, channel):
    far.mode = "busy"
    with pytest.raises(Unreachable):
        channel.hand(to(far))
    far.mode = "refuses"
    with pytest.raises(Refused):
        channel.hand(to(far))
    far.mode = "takes"
    channel.hand(to(far))
    assert len(far.got) == 1


def test_when_the_answer_is_lost_it_is_not_known_whether_it_arrived(far, channel):
    if far.part == "sip":
        pytest.skip("who picked up was told")
    far.mode = "hangs up"
    with pytest.raises(Unsure):
        channel.hand(to(far))


def test_what_is_sent_again_can_be_recognised(far, channel):
    if not far.named:
        pytest.skip("an SMS and a page have no id")
    for _ in range(2):
        channel.hand(to(far))
    assert len({each[2] for each in far.got}) == 1


def test_an_address_is_checked_before_anything_is_sent(far):
    module = import_module(f"service_desk.notices.channels.{far.part}")
    assert module.address(f" {far.address} ") == far.address
    for wrong in ("", "a\r\nb", " "):
        with pytest.raises(ValueError, match=r"\S"):
            module.address(wrong)
