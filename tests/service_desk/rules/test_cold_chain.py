"""A sentence of a cold store's status in, an alarm out."""

import pytest
from pydantic import ValidationError

from service_desk.ports import Subject
from service_desk.rules.cold_chain import Config, build
from tests.service_desk.rules.derived import said

SUBJECT = Subject("asset:7", asset="Vaccine fridge F-07")
WARM = "Vaccine fridge F-07 is too warm: 9.1 °C, normal 2–8"


def test_the_sentence_of_the_store_is_the_alarm_and_its_end_clears_it():
    assert said(build(Config()), SUBJECT, WARM, f"{WARM}, for 6 min", "") == [(True, WARM), None, (False, "")]


@pytest.mark.parametrize(
    "state, metric", [("out", "cold_out"), ("unknown", "cold_unknown"), ("uncertain", "cold_uncertain")]
)
def test_each_state_is_a_metric_of_its_own(state, metric):
    assert build(Config(state=state)).hears == {metric}


def test_there_are_three_states():
    with pytest.raises(ValidationError, match="uncertain"):
        Config(state="warm")
