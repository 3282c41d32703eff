"""Rules that several people change at the same moment: no change is lost, on both databases."""

from service_desk.rulebook import RuleRow, save, versions
from service_desk.rules_yaml import Draft
from tests.databases import at_once


def test_every_change_of_a_rule_is_a_version(house):
    def change(limit):
        with house.database.write() as session:
            draft = Draft("Pump battery", {"metric": "battery", "below": limit}, "rule.threshold", True)
            save(session, draft, "okafor", house.clock.now())

    assert at_once(*[lambda limit=limit: change(limit) for limit in (10, 11, 12, 13)]) == [None] * 4
    with house.database.read() as session:
        rule = session.query(RuleRow).filter_by(name="Pump battery").one()
        assert rule.version == 5
        assert sorted(change.after["version"] for change in versions(session, rule.id)) == [1, 2, 3, 4, 5]
