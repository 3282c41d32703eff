"""No system here was tried for real: what is not the answer that its document has must stop one thing, not the sink."""

import pytest

from collector.errors import Refused
from service_desk.remote.errors import Barred
from service_desk.sinks import glpi, jira_sm, mojo, servicenow, zammad
from tests.service_desk.sinks.conftest import KEY, MARK
from tests.service_desk.sinks.systems import glpi as glpi_there
from tests.service_desk.sinks.systems import glpi_v2
from tests.service_desk.sinks.systems import jira_sm as jira_there
from tests.service_desk.sinks.systems import mojo as mojo_there
from tests.service_desk.sinks.systems import servicenow as servicenow_there
from tests.service_desk.sinks.systems import zammad as zammad_there
from tests.service_desk.sinks.there import Reply

ALL = {
    "glpi 1": (glpi_there.System, glpi.Legacy, glpi.Config),
    "glpi 2": (glpi_v2.System, glpi.HighLevel, glpi.Config),
    "jira": (jira_there.System, jira_sm.JiraServiceManagement, jira_sm.Config),
    "mojo": (mojo_there.System, mojo.Mojo, mojo.Config),
    "servicenow": (servicenow_there.System, servicenow.ServiceNow, servicenow.Config),
    "zammad": (zammad_there.System, zammad.Zammad, zammad.Config),
}
ODD = {"an object": {"odd": True}, "a list": [{"odd": True}], "a page": b"<html>Maintenance</html>", "nothing": b""}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", ALL)
def test_what_is_not_the_answer_of_the_document_is_refused(name, odd, draft, run):
    system, ours, config = ALL[name]
    there = system()
    there.answer = lambda request: Reply(200, odd)
    ours = ours(config.model_validate(there.settings()))
    for ask in (ours.find(KEY), ours.create(draft), ours.look("1"), ours.said("1", MARK)):
        with pytest.raises((Refused, Barred)):
            run(ask)
    there.stop()
