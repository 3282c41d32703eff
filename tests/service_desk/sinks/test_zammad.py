import pytest

from collector.errors import Refused
from service_desk.sinks.zammad import Config, Zammad
from tests.service_desk.sinks.conftest import KEY
from tests.service_desk.sinks.systems.zammad import System


@pytest.fixture
def there():
    there = System()
    yield there
    there.stop()


@pytest.fixture
def zammad(there):
    return Zammad(Config.model_validate(there.settings()))


def test_a_ticket_has_the_number_that_people_know_and_the_address_where_it_is_worked_on(there, zammad, draft, run):
    made = run(zammad.create(draft))
    assert (made.number, made.url) == ("22001", f"{there.url}/#ticket/zoom/1")
    assert (there.only.priority, there.only.text) == ("high", "<p>8.9 °C &lt;now&gt;</p>")
    assert run(zammad.find(KEY)) == made


def test_only_a_ticket_with_this_very_key_is_found(zammad, draft, run):
    run(zammad.create(draft))
    assert run(zammad.find(KEY[:-1])) is None


def test_customers_see_nothing_of_it(there, zammad, draft, note, run):
    run(zammad.add(run(zammad.create(draft)).number, note))
    assert there.internal == {draft.html, note.text}


def test_what_a_group_does_not_take_for_closed_tickets_is_refused(there, zammad, draft, run):
    number = run(zammad.create(draft)).number
    there.move(number, "solved")
    there.follow_up = False
    with pytest.raises(Refused, match="Cannot follow-up on a closed ticket"):
        run(zammad.change(run(zammad.look(number)), state="open"))


def test_a_merged_ticket_is_history(there, zammad, draft, run):
    number = run(zammad.create(draft)).number
    there.move(number, "closed")
    assert run(zammad.look(number)).state == "closed"


def test_a_group_that_is_not_there_is_refused(there, draft, run):
    stray = Zammad(Config.model_validate(there.settings() | {"group": "Nobody"}))
    with pytest.raises(Refused, match="No lookup value found for 'group'"):
        run(stray.create(draft))
