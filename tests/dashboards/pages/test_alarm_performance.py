"""The alarm performance page: figures against the standard, the worst, and one click to the rule's back-test."""

import csv
import io
from datetime import timedelta

import pytest

from service_desk.alarms.model import Alarm, Transition
from service_desk.rulebook import RuleRow
from tests.dashboards.conftest import AIR, OXIMETER

WARM = {"above": 8.0, "below": 2.0, "priority": "high"}

pytestmark = pytest.mark.dialects("sqlite")


def again(hospital, number, minutes):
    """The same alarm spoke before, so many minutes ago."""
    with hospital.database.write() as session:
        for ago in minutes:
            at = hospital.clock.now() - timedelta(minutes=ago)
            session.add(Transition(alarm_id=number, at=at, what="raised", speaks=True, detail={}))


def busy(hospital, ward):
    """A flood of one alarm, another that has stood for two days."""
    number = ward.alarm(AIR, "temperature", 27.4, **WARM)
    again(hospital, number, [100 + nth / 3 for nth in range(25)])
    old = ward.alarm(OXIMETER, "battery", 12.0, below=20.0, priority="low", title="{asset} needs mains")
    with hospital.database.write() as session:
        session.get(Alarm, old).since = hospital.clock.now() - timedelta(days=2)
    return number


def test_nothing_spoke(signed_in):
    page = signed_in("biomed").get("/alarms/performance").text
    assert "No alarm spoke" in page
    assert "No alarm spoke in this time." in page


def test_figures_stand_beside_what_they_should_be(signed_in, ward, hospital):
    busy(hospital, ward)
    page = signed_in("auditor").get("/alarms/performance").text
    assert "27 alarms, 0.2 in ten minutes, one flood" in page
    assert "about 1, at most 2" in page
    assert "ISA-18.2, 16.5; EEMUA 191" in page
    assert "Pump 119 needs mains" in page.partition("Standing for a day")[2]
    assert "Try on the last day" not in page, "an auditor changes no rule"


def test_spans_buildings_and_departments_stand_in_the_address(signed_in, ward, hospital):
    again(hospital, busy(hospital, ward), [3 * 24 * 60])
    client = signed_in("biomed")

    def counted(query):
        actors = csv.DictReader(io.StringIO(client.get(f"/alarms/actors.csv?{query}").text))
        return sum(int(row["alarms"]) for row in actors)

    assert (counted("days=1"), counted("days=7")) == (27, 28)
    assert counted("department=Level 4") == 1
    assert "No alarm spoke" in client.get("/alarms/performance?department=Nobody").text
    assert client.get("/alarms/performance?days=2").status_code == 422


def test_both_files(signed_in, ward, hospital):
    busy(hospital, ward)
    client = signed_in("biomed")
    measures = list(csv.reader(io.StringIO(client.get("/alarms/performance.csv").text)))
    assert measures[0][0] == "measure"
    assert ["Standing for a day", "1", "fewer than 5", "ISA-18.2, 16.5"] in measures
    assert [row[0] for row in measures].count("flood") == 1
    actors = list(csv.DictReader(io.StringIO(client.get("/alarms/actors.csv").text)))
    assert [(row["alarms"], row["about"]) for row in actors] == [("26", AIR), ("1", OXIMETER)]


def test_one_click_tries_the_rule_on_the_last_day(signed_in, ward, hospital):
    number = busy(hospital, ward)
    config = {"metric": "temperature", "above": 8.0, "below": 2.0}
    with hospital.database.write() as session:
        row = session.get(RuleRow, session.get(Alarm, number).rule_id)
        row.config = config
    client = signed_in("biomed")
    assert f'href="/rules/{row.id}?back_test=true#trial"' in client.get("/alarms/performance").text
    assert "It would have raised one alarm" in client.get(f"/rules/{row.id}?back_test=true").text


def test_the_page_is_good_to_look_at(page, server, ward, hospital, good_to_look_at):
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/alarms/performance")
    busy(hospital, ward)
    good_to_look_at(page, f"{server.url}/alarms/performance")
