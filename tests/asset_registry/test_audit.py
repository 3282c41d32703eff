import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from asset_registry.audit import history, record

REPLACE = (
    "INSERT OR REPLACE INTO audit "
    "SELECT id, at, 'x', action, object_kind, object_id, before, after, change_set_id FROM audit"
)


@pytest.mark.parametrize("forgery", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
def test_what_was_written_to_the_log_stays(database, clock, forgery):
    with database.write() as session:
        record(session, clock.now(), "lind", "claim", ("asset", 1), {"use": "idle"}, {"use": "claimed"})
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(forgery))
    with database.read() as session:
        (line,) = history(session, "asset", 1)
    assert (line.who, line.before, line.after) == ("lind", {"use": "idle"}, {"use": "claimed"})


@pytest.mark.dialects("sqlite")
def test_nor_can_it_be_replaced(database, clock):
    test_what_was_written_to_the_log_stays(database, clock, REPLACE)


def test_the_history_of_an_object_is_its_own_newest_first(database, clock):
    with database.write() as session:
        record(session, clock.now(), "lind", "claim", ("asset", 1))
        record(session, clock.advance(60), "lind", "release", ("asset", 1))
        record(session, clock.now(), "lind", "claim", ("asset", 11))
    with database.read() as session:
        assert [line.action for line in history(session, "asset", 1)] == ["release", "claim"]
