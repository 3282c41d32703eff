"""What the link owes the broker: acknowledge after the spool, in order, and never hang on one message."""

import pytest

from collector.counters import Counters
from collector.errors import BadFrame, NoKey
from collector.reading import Reading
from drivers.dialects import Dialect, Dialects
from drivers.links.bulk import Message
from drivers.links.delivery import Delivery
from drivers.links.link import House


class Decoder:
    """Says how long the payload is; refuses `bad`, and has a defect for `defect`."""

    def decode(self, frame):
        if frame.payload == b"bad":
            raise BadFrame("It is bad", 1)
        if frame.payload == b"locked":
            raise NoKey("It is encrypted")
        if frame.payload == b"in part":
            raise BadFrame("Half of it is bad", 3, [frame.reading(frame.topic, "co2", 7.0)])
        if frame.payload == b"defect":
            raise ZeroDivisionError
        return [frame.reading(frame.topic, "co2", float(len(frame.payload)))] if frame.payload else []


@pytest.fixture
def woken():
    return []


@pytest.fixture
def delivery(intake, counters, clock, woken):
    dialects = Dialects([Dialect("mqtt.test", ("a/#",), Decoder())])
    one = Delivery(
        "house", dialects, House(intake, counters, clock, lambda _link, _present: ""), 100, lambda: woken.append(1)
    )
    one.begin("first session")
    return one


def figures(counters: Counters):
    (one,) = counters.inputs()
    return one


def test_acknowledged_once_durable(delivery, intake, woken):
    intake.slow = True
    delivery.receive([Message(b"a/b", b"xx", mid=7)])
    assert delivery.acknowledged() == []
    intake.confirm()
    assert woken
    assert delivery.acknowledged() == [7]
    assert delivery.acknowledged() == []


def test_acknowledged_in_the_order_of_arrival(delivery, intake):
    intake.slow = True
    delivery.receive([Message(b"a/b", b"xx", mid=1)])
    delivery.receive([Message(b"a/b", b"bad", mid=2)])
    delivery.receive([Message(b"a/b", b"", mid=3)])
    assert delivery.acknowledged() == []  # 2 and 3 are done, but 1 came first
    intake.confirm()
    assert delivery.acknowledged() == [1, 2, 3]


@pytest.mark.parametrize(
    "message, why",
    [
        (Message(b"a/b", b"bad", mid=1), "It is bad"),
        (Message(b"a/b", b"x" * 101, mid=1), "The payload has more than 100 bytes"),
        (Message(b"a/\xff", b"x", mid=1), "The topic is not UTF-8"),
    ],
)
def test_a_bad_frame_is_counted_kept_and_acknowledged(delivery, intake, counters, message, why):
    delivery.receive([message])
    assert delivery.acknowledged() == [1]
    assert intake.items == []
    assert (figures(counters).frames, figures(counters).bad_frames) == (1, 1)
    assert figures(counters).bad[0].why == why
    assert figures(counters).bad[0].size == len(message.payload)
    assert figures(counters).bad[0].head == "", "nobody knows whose name is in it"


def test_an_unknown_topic_is_counted_and_acknowledged(delivery, counters):
    delivery.receive([Message(b"somebody/else" * 5000, b"x", mid=1)])
    assert delivery.acknowledged() == [1]
    assert figures(counters).unknown_topics == 1
    assert all(len(topic) <= 200 for topic in figures(counters).unknown)


def test_at_qos_0_nothing_is_owed(delivery, intake):
    delivery.receive([Message(b"a/b", b"xx")])
    assert intake.keys == [None]
    assert delivery.acknowledged() == []


def test_the_key_recognises_a_redelivery(delivery, intake):
    delivery.receive([Message(b"a/b", b"xx", mid=7)])
    delivery.receive([Message(b"a/b", b"xx", mid=7, duplicate=True)])
    delivery.receive([Message(b"a/b", b"yy", mid=7)])
    delivery.receive([Message(b"a/bx", b"x", mid=7)])
    first, again, *others = intake.keys
    assert (first.link, first.session, first.mid, first.redelivered) == ("house", "first session", 7, False)
    assert (again.digest, again.redelivered) == (first.digest, True)
    assert len({first.digest, *(other.digest for other in others)}) == 3


def test_a_full_intake_loses_nothing_and_keeps_the_order(delivery, intake):
    intake.full = True
    for mid in range(1, 6):
        delivery.receive([Message(b"a/b", b"x" * mid, mid=mid)])
    assert delivery.paused
    delivery.retry()
    assert delivery.paused
    assert delivery.acknowledged() == []
    intake.full = False
    delivery.receive([Message(b"a/b", b"x" * 6, mid=6)])  # does not overtake those before it
    delivery.retry()
    assert not delivery.paused
    assert intake.values("co2") == [1, 2, 3, 4, 5, 6]
    assert delivery.acknowledged() == [1, 2, 3, 4, 5, 6]


def test_a_late_confirmation_is_not_for_the_next_connection(delivery, intake):
    intake.slow = True
    delivery.receive([Message(b"a/b", b"xx", mid=7)])
    delivery.begin("first session")
    intake.confirm()
    assert delivery.acknowledged() == []  # the broker sends 7 again, and then it is acknowledged
    delivery.receive([Message(b"a/b", b"xx", mid=7, duplicate=True)])
    assert delivery.acknowledged() == [7]


def test_a_message_that_breaks_the_decoder_is_left_out_the_next_time(delivery, counters):
    with pytest.raises(ZeroDivisionError):
        delivery.receive([Message(b"a/b", b"defect", mid=1)])
    delivery.recover()
    delivery.begin("first session")
    delivery.receive([Message(b"a/b", b"defect", mid=1, duplicate=True)])
    assert delivery.acknowledged() == [1]
    assert "failed on this message before" in figures(counters).bad[0].why


def test_what_came_before_a_defect_in_the_same_read_is_kept(delivery, intake):
    with pytest.raises(ZeroDivisionError):
        delivery.receive([Message(b"a/b", b"xx"), Message(b"a/b", b"xxx", mid=1), Message(b"a/b", b"defect", mid=2)])
    assert intake.values("co2") == [2, 3]
    assert delivery.acknowledged() == []
    delivery.recover()
    delivery.begin("first session")
    again = [Message(b"a/b", b"xxx", mid=1, duplicate=True), Message(b"a/b", b"defect", mid=2, duplicate=True)]
    delivery.receive(again)
    assert intake.values("co2") == [2, 3]
    assert delivery.acknowledged() == [1, 2]


def test_of_what_is_bad_in_part_the_good_comes_through_and_the_bad_is_counted(delivery, intake, counters):
    delivery.receive([Message(b"a/b", b"in part", mid=1)])
    assert intake.values("co2") == [7]
    assert [one.why for one in figures(counters).bad] == ["Half of it is bad"]


def test_what_is_encrypted_for_others_is_no_bad_frame_and_told_once(delivery, counters):
    for mid in (1, 2):
        delivery.receive([Message(b"a/b", b"locked", mid=mid)])
    assert delivery.acknowledged() == [1, 2]
    assert figures(counters).bad_frames == 0
    assert figures(counters).unknown == {"a/b: encrypted, no key": 1}


def test_the_link_says_how_it_is(delivery, intake):
    delivery.report(up=True)
    delivery.report(up=False)
    assert [(one.device, one.metric, one.value) for one in intake.items if isinstance(one, Reading)] == [
        ("link:house", "link_up", True),
        ("link:house", "link_up", False),
    ]
