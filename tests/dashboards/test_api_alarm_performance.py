"""The figures of the alarm performance page for programs."""

import pytest

from tests.dashboards.pages.conftest import ward  # noqa: F401 - a fixture
from tests.dashboards.pages.test_alarm_performance import busy

pytestmark = pytest.mark.dialects("sqlite")
PATH = "/api/v1/alarms/performance"


def test_the_figures_are_those_of_the_page(signed_in, ward, hospital):  # noqa: F811
    number = busy(hospital, ward)
    told = signed_in("auditor").get(PATH).json()
    assert (told["alarms"], sum(told["slots"]), len(told["slots"])) == (27, 27, 144)
    assert (told["operators"], told["priorities"]) == (1, {"high": 26, "medium": 0, "low": 1})
    [flood] = told["floods"]
    assert flood["alarms"] == 25
    assert 10 < flood["peak"] <= told["peak"] == max(told["slots"])
    assert told["start"] < flood["start"] < flood["end"] < told["end"]
    worst = told["actors"][0]
    assert (worst["alarm_id"], worst["alarms"]) == (number, 26)
    assert len(told["standing"]) == 1
    assert told["median_s"] is None


def test_it_takes_the_filters_of_the_page_and_refuses_others(signed_in, ward, hospital):  # noqa: F811
    busy(hospital, ward)
    client = signed_in("biomed")
    assert client.get(PATH, params={"days": "7", "department": "nowhere"}).json()["alarms"] == 0
    assert len(client.get(PATH, params={"days": "7"}).json()["slots"]) == 7 * 144
    assert client.get(PATH, params={"days": "2"}).status_code == 422
