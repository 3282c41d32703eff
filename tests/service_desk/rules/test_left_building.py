"""The name of an exit in, an alarm out."""

import pytest
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.left_building import Config, build
from tests.service_desk.rules.derived import said

PUMP = Subject("asset:7", asset_id=7, asset="Pump 7")
GONE = "Pump 7 left the building by South exit"


def test_it_alarms_when_the_asset_left_and_ends_when_it_is_back():
    became = said(build(Config()), PUMP, "", "South exit", "South exit", "")
    assert became == [None, (True, GONE), None, (False, "Pump 7 left the building by ")]


def test_only_the_exits_that_are_named():
    rule = build(Config(zones=["South exit"]))
    assert said(rule, PUMP, "North exit", "", "South exit") == [None, None, (True, GONE)]
    assert rule.condition() == "Left the building by South exit"


def test_exits_are_a_list():
    with pytest.raises(ValidationError, match="list"):
        Config(zones="South exit")
