import pytest

from collector.errors import Refused
from service_desk.sinks.jira_sm import Config, JiraServiceManagement
from tests.service_desk.sinks.conftest import KEY
from tests.service_desk.sinks.systems import jira_sm, jira_sm_data_center


@pytest.fixture(params=[jira_sm.System, jira_sm_data_center.System], ids=["cloud", "data center"])
def there(request):
    there = request.param()
    yield there
    there.stop()


@pytest.fixture
def jira(there):
    return JiraServiceManagement(Config.model_validate(there.settings()))


def test_a_request_is_found_once_it_is_in_the_index(there, jira, draft, run):
    made = run(jira.create(draft))
    assert (made.number, made.url) == ("FAC-1", f"{there.url}/browse/FAC-1")
    assert jira.search_lags
    assert run(jira.find(KEY)) is None
    there.index()
    assert run(jira.find(KEY)) == made
    assert there.only.text.endswith(f"\n\n{KEY}")


def test_customers_see_no_comment_and_each_file_is_there_once(there, jira, draft, note, run):
    number = run(jira.create(draft)).number
    for _ in range(2):
        run(jira.add(number, note))
    assert (there.public, len(there.only.files), len(there.only.notes)) == (set(), 1, 2)


def test_a_comment_is_found_on_every_page(jira, draft, note, run):
    number = run(jira.create(draft)).number
    for mark in ("wk-1", "wk-2", "wk-3", "wk-4", "wk-5"):
        run(jira.add(number, type(note)(mark, f"[{mark}]")))
    assert run(jira.said(number, "wk-5"))
    assert not run(jira.said(number, "wk-6"))


def test_the_transition_is_the_one_that_leads_there(there, jira, draft, run):
    number = run(jira.create(draft)).number
    run(jira.change(run(jira.look(number)), state="solved"))
    assert there.only.state == "solved"
    run(jira.change(run(jira.look(number)), state="open", priority="low"))
    assert (there.only.state, there.only.priority) == ("open", "low")


def test_where_no_transition_leads_is_refused(there, jira, draft, run):
    number = run(jira.create(draft)).number
    there.move(number, "closed")
    with pytest.raises(Refused, match="from where FAC-1 is now not to a status that is not done"):
        run(jira.change(run(jira.look(number)), state="open"))


def test_a_priority_is_only_set_where_jira_has_one(there, draft, run):
    without = JiraServiceManagement(Config.model_validate(there.settings() | {"priority": False}))
    number = run(without.create(draft)).number
    asked = len(there.requests)
    run(without.change(run(without.look(number)), priority="low"))
    assert b"priority" not in there.requests[0].body
    assert not [request for request in there.requests[asked:] if request.method == "PUT"]
