"""SMS on a real pseudo-terminal, and its octets as Nordic Semiconductor and Huawei publish them."""

import pytest

from collector.errors import Refused, Unreachable
from service_desk.notices.channels.sms import Config, address, open_channel
from service_desk.notices.pdu import parts
from tests.service_desk.notices.far import message
from tests.service_desk.notices.modem import Modem, received

NUMBER = "+491715550117"


def phone(number, text, reference=7):
    """What a phone makes of the parts."""
    return [received(bytes.fromhex(part.text)) for part in parts(number, text, reference)]


def test_the_octets_are_those_of_nordics_at_commands_reference():
    [part] = parts("+358401234567", "Testing a sms messaging over lte", 0)  # what its octets say; its words differ
    assert part.text == ("0011000C9153481032547600000B20D4F29C9E769F4161D0BC3D07B5CBF379F89C769F416F7B590E62D3CB")
    assert part.length == 42


def test_ucs_2_is_as_in_huaweis_at_command_interface():
    [part] = parts("13901000453", "华为", 0)
    assert part.text.startswith("0011000B813109010054F3")
    assert part.text.endswith("04534E4E3A")


@pytest.mark.parametrize(
    "text,count",
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("Ł" * 70, 1),
        ("Ł" * 71, 2),
    ],
)
def test_what_does_not_fit_is_cut_and_put_together_again(text, count):
    found = phone(NUMBER, text)
    assert [place[1:] for *_, place in found] == [(count, index + 1) for index in range(count)]
    assert "".join(each[1] for each in found) == text
    assert {each[0] for each in found} == {NUMBER}


def test_no_letter_is_cut_in_two():
    whole = "a" * 152 + "€" + "b" * 50
    assert [each[1] for each in phone(NUMBER, whole)] == ["a" * 152, "€" + "b" * 50]
    pairs = "x" * 66 + "\N{GRINNING FACE}" + "y" * 20
    assert [each[1] for each in phone(NUMBER, pairs)] == ["x" * 66, "\N{GRINNING FACE}" + "y" * 20]


@pytest.fixture
def modem():
    running = []

    def start(**how):
        running.append(Modem(**how).start())
        return running[-1]

    yield start
    for one in running:
        one.stop()


def test_a_long_one_in_letters_of_its_own_arrives_whole(modem):
    far = modem()
    text = "Lodówka Ł-7 jest za ciepła. " * 5
    receipt = open_channel(Config(**far.where)).hand(message(address=NUMBER, short=text))
    assert far.got[0][:2] == (NUMBER, text)
    assert receipt.reference == "SMS 100, 100, 101"


def test_the_test_tells_network_and_signal_and_finds_a_modem_without_network(modem):
    far = modem()
    channel = open_channel(Config(**far.where))
    assert channel.test(message().at) == "The modem is in the network, signal -71 dBm"
    far.network = "2"
    with pytest.raises(Unreachable, match="the network is not found"):
        channel.test(message().at)


def test_a_pin_opens_the_card_and_a_wrong_one_is_tried_once(modem):
    far = modem(pin="1234")
    assert open_channel(Config(**far.where, pin="1234")).test(message().at)
    far.locked, far.pins = True, []
    channel = open_channel(Config(**far.where, pin="4321"))
    for _ in range(3):
        with pytest.raises(Refused, match="does not take the pin"):
            channel.test(message().at)
    assert far.pins == ["4321"]


def test_a_card_that_wants_a_pin_says_so(modem):
    far = modem(pin="1234")
    with pytest.raises(Refused, match="the SIM card wants SIM PIN; give its pin"):
        open_channel(Config(**far.where)).test(message().at)


@pytest.mark.parametrize("text", ["+49 171 555-0117", "+49 (171) 5550117", "+49/171.555.0117"])
def test_a_number_is_taken_as_people_write_it(text):
    assert address(text) == NUMBER
