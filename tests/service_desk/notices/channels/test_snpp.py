"""SNPP: signing in, and letters that a pager has."""

import pytest

from collector.errors import Refused
from service_desk.notices.channels.snpp import Config, open_channel
from service_desk.notices.plain import plain
from tests.service_desk.notices.far import Terminal, message


@pytest.fixture
def far(free_port):
    far = Terminal(free_port(), "ward secret").start()
    yield far
    far.stop()


def test_who_signs_in_may_page_and_who_does_not_may_not(far):
    known = Config(**far.where, user="ward", password="secret")
    receipt = open_channel(known).hand(message("Leak in 4.12", far.address))
    assert receipt.reference == "250 Message Sent Successfully"
    assert far.got == [("5550117", "HIGH Leak in 4.12 since 07:52", "")]
    assert open_channel(known).test(message().at) == "127.0.0.1 answers to ward"
    for wrong in (Config(**far.where), Config(**far.where, user="ward", password="guess")):
        with pytest.raises(Refused, match=r"127\.0\.0\.1 says 550"):
            open_channel(wrong).hand(message(address=far.address))


@pytest.mark.parametrize(
    "text,read",
    [
        ("8.9\u00a0°C, 2–8", "8.9 C, 2-8"),
        ("\N{MINUS SIGN}2.5 Pa", "-2.5 Pa"),
        ("Kühlschrank Große Ärztin", "Kuehlschrank Grosse Aerztin"),
        ("Crème brûlée Łódź", "Creme brulee Lodz"),
        ("冷蔵庫\r\nQUIT", "??? QUIT"),
    ],
)
def test_a_pager_gets_one_line_of_letters_that_it_has(text, read):
    assert plain(text) == read
