"""WCTP: the request has the form that carriers publish; answers that are none."""

from xml.etree import ElementTree as ET

import pytest

from collector.errors import Refused, Unreachable
from service_desk.notices.channels.wctp import Config, _elements, open_channel
from tests.service_desk.notices.far import Gateway, message

PUBLISHED = """<wctp-Operation wctpVersion="wctp-dtd-v1r1">
<wctp-SubmitRequest>
<wctp-SubmitHeader submitTimestamp="2004-03-31T09:45:00">
<wctp-Originator senderID="myLoginName" securityCode="mySecretPassword"/>
<wctp-MessageControl messageID="test00"/>
<wctp-Recipient recipientID="8005551212"/>
</wctp-SubmitHeader>
<wctp-Payload>
<wctp-Alphanumeric>Testing 123</wctp-Alphanumeric>
</wctp-Payload>
</wctp-SubmitRequest>
</wctp-Operation>"""
"""http://wctp.myairmail.com/"""


def shape(element):
    """Names of elements and attributes, without what 1.3 adds."""
    names = sorted(set(element.attrib) - {"deliveryPriority"})
    return element.tag, names, [shape(each) for each in element]


def test_the_request_has_the_form_that_a_carrier_publishes(free_port):
    far, bodies = Gateway(free_port()), []
    answer = far.answer
    far.answer = lambda said, body: bodies.append(body) or answer(said, body)
    far.start()
    receipt = open_channel(Config(**far.where)).hand(message('Fridge <7> & "8"', far.address))
    far.stop()
    sent = ET.fromstring(bodies[0])
    assert shape(sent) == shape(ET.fromstring(PUBLISHED))
    assert sent.find(".//wctp-SubmitHeader").get("submitTimestamp") == "2026-11-24T06:52:00"
    assert far.got[0][1] == 'HIGH Fridge <7> & "8" since 07:52'
    assert receipt.reference == "WCTP 200 accepted"


def test_a_wrong_code_is_refused_with_the_gateways_own_words(free_port):
    far = Gateway(free_port()).start()
    with pytest.raises(Refused, match="says 402 invalid security code"):
        open_channel(Config(**far.where | {"password": "guess"})).hand(message(address=far.address))
    far.stop()


@pytest.mark.parametrize("text,error", [(b"<html>", Unreachable), (b"hello", Unreachable)])
def test_what_is_no_xml_is_no_answer(text, error):
    with pytest.raises(error, match="what is no XML"):
        _elements(text, "far")


def test_an_answer_may_not_grow_by_entities():
    with pytest.raises(Refused, match="entities of its own"):
        _elements(b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>', "far")
