"""Links of Wardkeeper and gateways that are down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.ports import Subject
from tests.service_desk.rules.conftest import Hearing

LINK, GATEWAY = Subject("link:ward"), Subject("gw", device_name="GW-12", gateway=True, room="4.12")


def test_a_link_that_is_down_for_the_time_is_an_alarm_until_it_is_up(hearing):
    heard = hearing("link_down", {}, LINK)
    assert heard.says(0, "link_up", False, device="link:ward") == []
    assert heard.waits(60) == ["raised"]
    assert heard.title == "The link ward is down"
    heard.restart()
    assert heard.says(90, "link_up", True, device="link:ward") == ["cleared"]


def test_a_broker_that_restarts_is_waited_for(hearing):
    heard = hearing("link_down", {}, LINK)
    heard.says(0, "link_up", False, device="link:ward")
    assert heard.says(40, "link_up", True, device="link:ward") == []
    assert heard.waits(100) == []


def test_a_gateway_says_by_its_will_that_it_is_gone(hearing):
    heard = hearing("link_down", {}, GATEWAY)
    heard.says(0, "available", False, device="gw")
    assert heard.waits(60) == ["raised"]
    assert heard.title == "GW-12 in 4.12 is down"
    assert heard.says(70, "available", True, device="gw") == ["cleared"]


def test_a_lamp_that_is_gone_is_no_gateway(hearing):
    heard = hearing("link_down", {}, Subject("lamp", place_id=3))
    heard.says(0, "available", False, device="lamp")
    assert heard.waits(600) == []
    assert not heard.judge.states


def test_what_came_late_or_twice_changes_nothing(hearing):
    heard = hearing("link_down", {}, LINK)
    heard.says(50, "link_up", False, device="link:ward")
    assert heard.says(60, "link_up", True, device="link:ward", late=30.0) == []
    assert heard.says(70, "link_up", False, device="link:ward", late=20.0) == []
    assert heard.waits(110) == ["raised"]


@pytest.mark.parametrize("name", ["ward{x}", "a/b", "{"])
def test_a_link_may_be_called_anything(hearing, name):
    heard = hearing("link_down", {"for": "0 s"}, Subject(f"link:{name}"))
    assert heard.says(0, "link_up", False, device=f"link:{name}") == ["raised"]
    assert heard.title == f"The link {name} is down"


@given(st.lists(st.tuples(st.integers(1, 100), st.booleans()), max_size=40))
def test_an_alarm_was_down_for_the_whole_time(said):
    heard, now, downs = Hearing("link_down", {}, LINK), 0, None
    for wait, up in said:
        now += wait
        became = heard.waits(now)
        assert not became or (downs is not None and now - downs >= 60)
        became = heard.says(now, "link_up", up, device="link:ward")
        downs = None if up else now if downs is None else downs
        assert heard.rule.active(heard.state) is (downs is not None and now - downs >= 60)


def test_it_says_when_it_alarms(hearing):
    assert hearing("link_down", {}, LINK).rule.condition() == "A link or a gateway is down for 60\N{NO-BREAK SPACE}s"
