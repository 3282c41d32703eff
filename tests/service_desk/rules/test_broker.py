"""What mosquitto says of the messages it dropped, through the decoder that reads it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.reading import Frame
from drivers.mqtt import mosquitto
from service_desk.ports import Subject
from tests.service_desk.rules.conftest import START, Hearing

BROKER = Subject("link:ward")
DROPPED = "$SYS/broker/publish/messages/dropped"


def says(heard, second, total, retained=False):
    now = START + timedelta(seconds=second)
    frame = Frame("ward", DROPPED, str(total).encode(), now, retained)
    return heard.hears(mosquitto.decoder(mosquitto.Config()).decode(frame))


def test_a_counter_that_rises_is_an_alarm_and_ends_when_it_has_stood_for_the_time(hearing):
    heard = hearing("broker", {}, BROKER)
    assert says(heard, 0, 120, retained=True) == []
    assert says(heard, 60, 133) == ["raised"]
    assert heard.title == "The broker of link:ward dropped 13 messages"
    heard.restart()
    assert heard.waits(359) == []
    assert heard.waits(361) == ["cleared"]


def test_what_it_had_dropped_before_anybody_listened_is_no_alarm(hearing):
    heard = hearing("broker", {}, BROKER)
    assert says(heard, 0, 5000) == []
    assert heard.waits(3600) == []


def test_a_broker_that_was_started_again_counts_from_nothing(hearing):
    heard = hearing("broker", {"more_than": 50}, BROKER)
    says(heard, 0, 5000)
    assert says(heard, 60, 7) == []
    assert says(heard, 90, 60) == ["raised"]


def test_only_more_than_the_house_bears(hearing):
    heard = hearing("broker", {"more_than": 10, "within": "5 min"}, BROKER)
    says(heard, 0, 0)
    assert [says(heard, 400 * step, 8 * step) for step in range(1, 20)] == [[]] * 19
    assert says(heard, 8000, 8 * 19 + 11) == ["raised"]


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 20)), max_size=60), st.integers(0, 40))
def test_it_holds_while_more_than_so_many_were_dropped_within_the_time(said, most):
    heard, now, total, rises = Hearing("broker", {"more_than": most}, BROKER), 0, 100, []
    says(heard, 0, total)
    for wait, more in said:
        now, total = now + wait, total + more
        heard.waits(now)
        says(heard, now, total)
        rises.append((now, more))
        lately = sum(count for second, count in rises if second > now - 300)
        assert heard.rule.active(heard.state) is (lately > most)


def test_what_it_keeps_is_bounded_and_loses_no_message(hearing):
    heard = hearing("broker", {"more_than": 499, "within": "1 day"}, BROKER)
    for second in range(501):
        became = says(heard, second, second)
    assert became == ["raised"]
    assert len(heard.state["own"]["rises"]) <= 30


@pytest.mark.parametrize("config, words", [({"more_than": 5}, "The broker drops more than 5 messages in 5 min")])
def test_it_says_when_it_alarms(hearing, config, words):
    assert hearing("broker", config).rule.condition().replace("\N{NO-BREAK SPACE}", " ") == words
