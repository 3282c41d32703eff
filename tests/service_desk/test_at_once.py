"""Several people change rules at the same moment, many alarms come at once: nothing is lost, on both databases."""

from sqlalchemy import event

from service_desk.rulebook import RuleRow, import_yaml, save, versions
from service_desk.rules_yaml import Draft
from service_desk.tickets.model import Ticket
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


def test_more_alarms_at_once_ask_the_database_no_more_often(house):
    asked = []

    def heard(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT") and "LIKE" not in statement:  # the last tickets of what is no asset
            asked.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", heard)

    def crossed(numbers):
        asked.clear()
        house.hear([house.reading(f"mqtt:leak-{number}", "leak", True) for number in numbers])
        raised = len(asked)
        house.work()
        return raised, len(asked) - raised

    with house.database.write() as session:
        import_yaml(session, "rules: [{name: Leak, metric: leak, equals: true}]", who="okafor", now=house.clock.now())
    house.after(1)
    few, many = crossed(range(30)), crossed(range(30, 100))
    assert all(most <= least + 5 for least, most in zip(few, many, strict=True)), (few, many)
    assert len(house.all(Ticket)) == 100
