from pathlib import Path

import pytest
from sqlalchemy import select

from asset_registry.errors import Missing
from service_desk.ports import Subject
from service_desk.rulebook import (
    Draft,
    RuleFaults,
    RuleRow,
    RuleState,
    built,
    export_yaml,
    fingerprint,
    import_yaml,
    load,
    save,
    seed,
    switch,
    versions,
)
from service_desk.rules_yaml import read, written_alone

EXAMPLE = Path(__file__).parents[2] / "config" / "rules.example.yaml"
PUMP = "mqtt:zigbee2mqtt/pump/P-117"


def lines(text):
    with pytest.raises(RuleFaults) as refused:
        read(text, "rules.yaml")
    return str(refused.value).splitlines()


def test_a_fault_says_its_line_its_field_and_why():
    text = """rules:
  - name: Fridge
    metric: probe_temperature
    above: 8.0
    scope:
      categorys: [vaccine fridge]
  - name: Pump
    metric: battery
    belov: 30
"""
    assert lines(text) == [
        "rules.yaml:6: rules[0].scope.categorys: there is no such field; did you mean categories?",
        "rules.yaml:9: rules[1].belov: there is no such field; did you mean below?",
    ]


@pytest.mark.parametrize(
    "text, line, why",
    [
        ("a: &a [1, 2]\nrules: [*a, *a]", 2, "yaml: *a: references are not for rules"),
        (
            "rules:\n  - name: A\n    metric: spo2\n    below: 90",
            3,
            "rules[0].metric: spo2 is a vital and never judged",
        ),
        (
            "rules:\n  - name: A\n    metric: co2\n    above: 1\n    for: soon",
            5,
            "rules[0].for: 'soon' is not a duration",
        ),
        ("rules:\n  - metric: co2\n    above: 1", 2, "rules[0].name: a rule needs a name"),
        ("rules:\n  - name: A\n    kind: rule.treshold", 3, "did you mean rule.threshold?"),
        ("rules:\n  - name: A\n    metric: co2", 2, "rules[0].rule: give above and/or below, or equals"),
        ("rules:\n  - 7", 2, "rules[0]: a rule is a mapping"),
        ("rules: [", 1, "yaml: "),
        ("rules: 7", 1, "rules: the file has one key"),
        ("rulez: []", 1, "rules: the file has one key"),
        ("rules:\n  - {name: A, metric: co2, above: 1}\n  - {name: A, metric: co2, above: 1}", 3, "is there twice"),
    ],
)
def test_what_is_refused(text, line, why):
    (told,) = lines(text)
    assert told.startswith(f"rules.yaml:{line}: ")
    assert why in told


def test_one_bad_rule_and_none_is_saved(house):
    text = "rules:\n  - {name: A, metric: co2, above: 1}\n  - {name: B, metric: spo2, below: 1}"
    with pytest.raises(RuleFaults), house.database.write() as session:
        import_yaml(session, text, who="okafor", now=house.clock.now())
    assert "A" not in {row.name for row in house.all(RuleRow)}


def test_vitals_are_refused_by_every_way_in(house):
    draft = Draft("Pulse", {"metric": "pulse_rate", "below": 40})
    for way in (built, lambda d: save(None, d, "okafor", house.clock.now())):
        with pytest.raises(RuleFaults, match="never judged"):
            way(draft)
    with house.database.write() as session:
        session.add(
            RuleRow(name="Pulse", kind="rule.threshold", config=draft.config, enabled=True, changed=house.clock.now())
        )
    with house.database.read() as session:
        loaded, refused = load(session)
    assert "Pulse" not in {rule.name for rule in loaded}
    assert "never judged" in refused["Pulse"]
    house.say("d", "pulse_rate", 20.0)
    assert "Pulse" in house.alarms.refused
    assert house.whats == []


@pytest.mark.parametrize("config", [None, [1], "x", {}, {"metric": ["spo2"], "below": 1}])
def test_a_row_that_somebody_broke_by_hand_stops_no_other_rule(house, config):
    with house.database.write() as session:
        session.add(RuleRow(name="Broken", kind="rule.threshold", config=config, changed=house.clock.now()))
    house.say(PUMP, "battery", 20.0)
    assert house.alarm.active
    assert "Broken" in house.alarms.refused


def test_export_is_import(house):
    with house.database.write() as session:
        text = export_yaml(session)
        before = fingerprint(session)
        import_yaml(session, text, who="okafor", now=house.clock.now())
        assert fingerprint(session) == before
        assert export_yaml(session) == text


def test_each_change_is_a_version_in_the_audit_log(house):
    with house.database.write() as session:
        row = save(session, Draft("Air", {"metric": "co2", "above": 1000}), "okafor", house.clock.now())
        save(session, Draft("Air", {"metric": "co2", "above": 900}), "brandt", house.clock.now())
        save(session, Draft("Air", {"metric": "co2", "above": 900}), "brandt", house.clock.now())
        session.flush()
        newest, first = versions(session, row.id)
    assert (row.version, first.before, first.who) == (2, None, "okafor")
    assert (newest.who, newest.before["config"]["above"], newest.after["config"]["above"]) == ("brandt", 1000, 900)


def test_a_rule_about_another_metric_forgets_what_it_remembered(house):
    house.say(PUMP, "battery", 90.0)
    with house.database.write() as session:
        save(session, Draft("Pump battery", {"metric": "co2", "above": 1000}), "okafor", house.clock.now())
        assert session.scalars(select(RuleState)).all() == []


def test_a_rule_may_get_another_name_but_not_one_that_is_taken(house):
    config, now = {"metric": "humidity", "above": 60}, house.clock.now()
    with house.database.write() as session:
        one, other = (save(session, Draft(name, config), "okafor", now).id for name in ("Wet", "Damp"))
        renamed = save(session, Draft("Moist", config), "okafor", now, one)
        assert (renamed.id, renamed.name, renamed.version) == (one, "Moist", 2)
        with pytest.raises(RuleFaults, match="another rule is called 'Moist'"):
            save(session, Draft("Moist", config), "okafor", now, other)


def test_one_rule_may_stand_alone_and_its_faults_have_their_lines():
    [draft] = read("name: Fridge\nmetric: humidity\nabove: 60\n")
    assert read(written_alone(draft)) == [draft]
    assert lines("name: Fridge\nmetric: spo2\nabove: 60\n")[0].startswith(
        "rules.yaml:2: rules[0].metric: spo2 is a vital"
    )


def test_switching_off_a_rule_that_is_not_there(house):
    with pytest.raises(Missing), house.database.write() as session:
        switch(session, 99, "okafor", house.clock.now(), enabled=False)


def test_the_first_rules_are_only_for_a_house_without_any(house):
    with house.database.write() as session:
        assert seed(session, EXAMPLE.read_text(), house.clock.now()) == []
        for row in session.scalars(select(RuleRow)).all():
            session.delete(row)
        session.flush()
        assert len(seed(session, EXAMPLE.read_text(), house.clock.now())) == len(read(EXAMPLE.read_text()))


def test_the_example_judges_what_the_demonstration_shows():
    rules = {draft.name: built(draft) for draft in read(EXAMPLE.read_text(encoding="utf-8"))}
    assert rules["Vaccine fridge temperature"].concerns(Subject("d", category="vaccine fridge"))
    assert rules["Isolation room door"].concerns(Subject("d", room_type="aii_room"))
    assert rules["Pump battery"].concerns(Subject("d", category="infusion pump", use="in_use"))
    assert not rules["Pump battery"].concerns(Subject("d", category="infusion pump", use="idle"))
    assert not any(rules[name].concerns(Subject("d")) for name in ("Vaccine fridge temperature", "Isolation room door"))
