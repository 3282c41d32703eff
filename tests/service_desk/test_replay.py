import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.sacrifice import ALARM, Sacrifice
from service_desk.replay import replay
from service_desk.rules_yaml import RuleFaults

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
RULES = """
rules:
  - {name: Fridge, metric: probe_temperature, above: 8, clear: 7.5, for: 2 min, priority: high,
     scope: {categories: [vaccine fridge]}, title: "{asset} is at {value}"}
  - {name: Leak, metric: leak, equals: true}
"""


def line(second, device, metric, value, **more):
    at = (START + timedelta(seconds=second)).isoformat()
    return json.dumps(
        {"device": device, "metric": metric, "value": value, "unit": "", "quality": "GOOD", "at": at} | more
    )


def fridge(second, value, **more):
    return line(second, "f", "probe_temperature", value, asset="F-07", category="vaccine fridge", **more)


def told(readings, rules=RULES):
    happened = list(replay(rules, readings))
    assert json.dumps(happened)
    return [happening.get("transition") or happening.get("ticket") or happening.get("why") for happening in happened]


def test_transitions_and_tickets_as_they_would_have_been():
    readings = [fridge(0, 5), fridge(60, 9), fridge(180, 9), fridge(240, 7), fridge(541, 7)]
    happened = list(replay(RULES, readings))
    assert [list(happening)[1] for happening in happened] == ["transition", "ticket", "transition", "ticket"]
    raised, opened, cleared, closed = happened
    assert raised == {
        "at": "2026-11-24T06:03:00+00:00",
        "transition": "raised",
        "rule": "Fridge",
        "device": "f",
        "metric": "probe_temperature",
        "value": 9.0,
        "since": "2026-11-24T06:01:00+00:00",
        "title": "F-07 is at 9.0\N{NO-BREAK SPACE}°C",
        "priority": "high",
    }
    assert opened["ticket"] == "opened"
    assert opened["key"] == closed["key"] == f"Fridge:f:{round((START.timestamp() + 60) * 1000)}"
    assert (cleared["at"], closed["at"]) == ("2026-11-24T06:04:00+00:00", "2026-11-24T06:09:00+00:00")


def test_a_delay_ends_by_the_time_of_any_later_reading():
    assert told([fridge(0, 9), line(121, "x", "co2", 500)]) == ["raised", "opened"]


def test_what_comes_back_soon_reopens_the_same_ticket():
    leak = [line(second, "w", "leak", value) for second, value in ((0, True), (10, False), (400, False), (900, True))]
    assert told(leak) == ["raised", "opened", "cleared", "closed", "raised", "reopened"]


@pytest.mark.parametrize(
    "how",
    [{"quality": "BAD"}, {"retained": True}, {"received": (START + timedelta(minutes=20)).isoformat()}],
    ids=["bad", "retained", "late"],
)
def test_what_is_not_news_raises_nothing(how):
    (why,) = told([line(0, "w", "leak", True, **how)])
    assert why.startswith("judged nothing: every reading of leak was bad, retained or late")


def test_a_line_that_is_no_reading_is_named_and_stops_nothing():
    happened = list(replay(RULES, ["nonsense", "[]", '{"device": "w"}', line(0, "w", "leak", True), "", "{}"]))
    assert [happening["line"] for happening in happened if "line" in happening] == [1, 2, 3, 6]
    assert [happening["transition"] for happening in happened if "transition" in happening] == ["raised"]


def test_sightings_and_frames_without_a_time_are_passed_over():
    sighting = '{"tag": "ble:1", "gateway": "g", "rssi_dbm": -60}'
    assert told([sighting, json.dumps({"device": "w", "metric": "leak", "value": True, "at": None})]) == []


def test_a_rule_that_could_judge_nobody_says_so():
    (why,) = told([line(0, "f", "probe_temperature", 9)])
    assert why.startswith("judged nothing: every reading of probe_temperature")
    assert why.endswith("or did not say that it is in the rule's scope")


def test_a_rule_on_a_vital_is_refused():
    with pytest.raises(RuleFaults, match="never judged"):
        list(replay("rules: [{name: A, metric: spo2, below: 90}]", []))


def test_a_spool_that_is_nearly_full_is_an_alarm_of_the_highest_priority_by_the_example_rules():
    rules = (Path(__file__).parents[2] / "config" / "rules.example.yaml").read_text(encoding="utf-8")
    full, empty = Sacrifice(), Sacrifice()
    full.look(0.9)
    said = [*full.says(None, START), *empty.says(ALARM, START + timedelta(hours=1))]
    lines = [line(3600 * n, one.device, one.metric, one.value) for n, one in enumerate(said)]
    transitions = [happening for happening in replay(rules, lines) if "transition" in happening]
    assert [(one["transition"], one["priority"]) for one in transitions] == [("raised", "high"), ("cleared", "high")]


def test_the_same_file_gives_the_same_lines():
    rules = (Path(__file__).parents[2] / "config" / "rules.example.yaml").read_text(encoding="utf-8")
    readings = [fridge(30 * n, 5 + n % 9, room="4.18") for n in range(200)]
    assert list(replay(rules, readings)) == list(replay(rules, iter(readings))) != []


GONE = """
rules:
  - {name: Gone, metric: available, equals: false, incident: "{device} is silent"}
  - {name: Link, metric: link_up, equals: false, incident: "{device} is down"}
"""


def gone(second, number):
    return line(second, f"ble:{number}", "available", False)


HEARD = [line(0, f"ble:{number}", "battery", 90, heard_by="mqtt:gw") for number in range(4)]


def test_what_one_gateway_heard_is_one_ticket_when_the_gateway_is_down():
    readings = [*HEARD, line(60, "mqtt:gw", "available", False), *(gone(70, number) for number in range(4))]
    assert [one for one in told(readings, GONE) if one != "raised"] == ["opened", *["joined"] * 4]


def test_also_when_the_gateway_says_so_last_and_then_the_others_belong_to_it():
    readings = [*HEARD, *(gone(20, number) for number in range(2)), line(80, "mqtt:gw", "available", False)]
    tickets = [one for one in replay(GONE, readings) if "ticket" in one]
    assert [one["ticket"] for one in tickets] == ["opened", "opened", "joined", "merged"]
    assert tickets[2]["title"] == "Mqtt:gw is silent"
