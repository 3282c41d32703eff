import pytest

from collector.errors import Refused
from service_desk.remote.errors import Barred
from service_desk.sinks.servicenow import Config, ServiceNow
from tests.service_desk.sinks.conftest import KEY
from tests.service_desk.sinks.systems.servicenow import System


@pytest.fixture
def there():
    there = System()
    yield there
    there.stop()


@pytest.fixture
def servicenow(there):
    return ServiceNow(Config.model_validate(there.settings()))


def test_an_incident_has_its_number_and_its_address(there, servicenow, draft, run):
    made = run(servicenow.create(draft))
    assert (made.number, made.url) == ("INC0000001", f"{there.url}/incident.do?sysparm_query=number=INC0000001")
    assert (there.only.key, there.only.priority) == (KEY, "high")


def test_an_instance_that_ignores_the_query_gives_nobody_elses_incident(there, servicenow, draft, run):
    run(servicenow.create(draft))
    there._matches = lambda ticket, query: True
    assert run(servicenow.find("wk-ffffffffffffffff")) is None
    assert run(servicenow.look("INC0009999")) is None


def test_a_title_is_cut_where_the_field_ends(there, servicenow, draft, run):
    long = type(draft)(draft.key, "x" * 200, draft.text, draft.html, draft.priority)
    run(servicenow.create(long))
    assert there.only.title == "x" * 160


def test_a_resolution_code_that_the_instance_does_not_know_is_refused_and_bars_nothing_else(there, draft, run):
    other = ServiceNow(Config.model_validate(there.settings() | {"resolution_code": "Solved (Permanently)"}))
    number = run(other.create(draft)).number
    with pytest.raises(Refused, match="Resolution code"):
        run(other.change(run(other.look(number)), state="solved"))
    assert there.only.state == "open"


def test_a_closed_incident_stays_closed(there, servicenow, draft, run):
    number = run(servicenow.create(draft)).number
    there.move(number, "closed")
    with pytest.raises(Refused, match="ACL Exception"):
        run(servicenow.change(run(servicenow.look(number)), state="open"))


def test_a_field_that_every_incident_needs_comes_from_the_settings(there, draft, run):
    without = ServiceNow(Config.model_validate(there.settings() | {"fields": {}}))
    with pytest.raises(Refused, match="Caller"):
        run(without.create(draft))


def test_the_password_stands_in_no_message(there, draft, run):
    wrong = ServiceNow(Config.model_validate(there.settings() | {"username": "somebody"}))
    with pytest.raises(Barred, match="not authenticated") as barred:
        run(wrong.create(draft))
    assert "servicenow-password" not in str(barred.value)
