"""Rules: the list, one rule with its versions, writing one, and that a vital is refused with the reason."""

import re
from html import unescape

import pytest
from playwright.sync_api import expect

from collector.parts import names, part
from dashboards.rule_view import scope
from service_desk import rulebook
from service_desk.rulebook import built
from service_desk.rules_yaml import PACKAGE, Draft, read
from tests.dashboards.conftest import AIR, OXIMETER

CONFIG = {"metric": "temperature", "above": 25.0, "for": "60 s", "scope": {"rooms": ["4.12"]}, "priority": "high"}
TEXT = "name: Rooms are cool\nmetric: temperature\nabove: 25\npriority: low\n"
VITAL = "name: Saturation\nmetric: spo2\nbelow: 90\n"


@pytest.fixture
def rule(hospital):
    with hospital.database.write() as session:
        return rulebook.save(session, Draft("Isolation is cool", CONFIG), "kim", hospital.clock.now()).id


def saved(hospital):
    with hospital.database.read() as session:
        return {row.name: row for row in session.query(rulebook.RuleRow)}


@pytest.mark.dialects("sqlite")
def test_a_house_without_rules_is_told_how_to_begin(signed_in):
    page = signed_in("biomed").get("/rules").text
    assert "Nothing is judged: there is no rule" in page
    assert "Write the first rule" in page
    assert "Write the first rule" not in signed_in("clinician").get("/rules").text


def test_the_list_says_what_is_judged_whom_and_who_changed_it(signed_in, rule, ward):
    page = signed_in("auditor").get("/rules").text
    assert "One rule judges" in page
    assert "Temperature above 25.0\u00a0°C for 60\u00a0s" in page
    assert "In 4.12" in page
    assert "by kim" in page
    assert "New rule" not in page


@pytest.mark.dialects("sqlite")
def test_every_kind_is_offered_with_its_fields_and_an_example_that_can_be_saved(signed_in, hospital):
    client = signed_in("biomed")
    for kind in names([PACKAGE]):
        page = client.get(f"/rules/new?kind={kind}").text
        assert f'<a class="chip" href="/rules/new?kind={kind}" aria-current="true">' in page
        found = part(kind, [PACKAGE])
        assert found.title in unescape(page)
        for name, each in found.config.model_fields.items():
            assert f"<dt>{each.alias or name}</dt>" in page
        text = unescape(page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])
        (draft,) = read(text)
        assert draft.kind == kind
        saved = client.post("/rules/save", data={"csrf": client.csrf, "text": text}, follow_redirects=False)
        told = unescape(client.get(saved.headers["location"]).text)
        assert f"{built(draft).condition()}. Judges {scope(draft.config)}" in told


@pytest.mark.dialects("sqlite")
def test_a_mistake_leaves_the_editor_at_its_kind(signed_in):
    client = signed_in("biomed")
    page = client.post("/rules/check", data={"csrf": client.csrf, "text": "name: A\nkind: silence\nafter: soon\n"})
    assert "Line 3" in page.text
    assert 'href="/rules/new?kind=rule.silence" aria-current="true"' in page.text
    assert client.get("/rules/new?kind=rule.none").status_code == 404


@pytest.mark.dialects("sqlite")
def test_a_vital_is_refused_beside_its_line_with_the_reason_and_what_was_written_stays(signed_in, hospital):
    client = signed_in("biomed")
    for way in ("save", "check", "try"):
        refused = client.post(f"/rules/{way}", data={"csrf": client.csrf, "text": VITAL})
        assert refused.status_code == 422
        assert 'Line 2, <b class="b">metric</b>: spo2 is a vital and never judged' in refused.text
        assert VITAL in refused.text
    assert not saved(hospital)


@pytest.mark.dialects("sqlite")
def test_it_is_tried_on_the_readings_of_the_last_day_and_nothing_is_changed(signed_in, hospital):
    for ago, value in ((3 * 3600, 22.0), (2 * 3600, 26.5), (3600, 22.5)):
        hospital.measure(AIR, "temperature", value, ago_s=ago)
    client = signed_in("facilities")
    page = client.post("/rules/try", data={"csrf": client.csrf, "text": TEXT}).text
    assert "It would have raised one alarm and opened one ticket" in page
    assert "One device, three readings since" in page
    assert not saved(hospital)
    humidity = TEXT.replace("temperature", "humidity")
    assert "nothing to try it on" in client.post("/rules/try", data={"csrf": client.csrf, "text": humidity}).text


@pytest.mark.dialects("sqlite")
def test_a_silence_is_tried_on_whatever_the_devices_said(signed_in, hospital):
    for minutes in (*range(300, 200, -5), *range(90, 0, -5)):
        hospital.measure(AIR, "temperature", 22.0, ago_s=60 * minutes)
    client = signed_in("facilities")
    page = client.post("/rules/try", data={"csrf": client.csrf, "text": "name: A\nkind: silence\nafter: 1 h\n"}).text
    assert "It would have raised one alarm and opened one ticket" in page
    assert "has been silent for 60\u00a0min" in page


def test_a_change_is_the_next_version_and_an_earlier_one_can_be_had_again(signed_in, hospital, rule):
    client = signed_in("it_agent")
    form = {"csrf": client.csrf, "rule_id": rule, "version": 1, "text": TEXT}
    assert client.post("/rules/save", data=form, follow_redirects=False).headers["location"] == f"/rules/{rule}"
    page = client.get(f"/rules/{rule}").text
    assert "name: Isolation is cool → Rooms are cool" in page
    assert "priority: high → low" in page
    assert "Isolation is cool" in client.get(f"/rules/{rule}?version=1").text.partition("<textarea")[2]
    late = client.post("/rules/save", data=form)
    assert late.status_code == 422
    assert "changed meanwhile and is at version 2" in late.text
    assert client.get(f"/rules/{rule}?version=9").status_code == 404
    twice = client.post("/rules/save", data={"csrf": client.csrf, "text": TEXT})
    assert "already: change that one" in twice.text


@pytest.mark.dialects("sqlite")
def test_of_more_readings_than_can_be_tried_at_once_the_newest_are_and_it_is_said(signed_in, hospital, monkeypatch):
    monkeypatch.setattr("dashboards.rule_trial.MOST", 2)
    for hours in (20, 4, 3, 0.5):
        hospital.measure(AIR, "temperature", 26.5, ago_s=hours * 3600)
    client = signed_in("facilities")
    page = client.post("/rules/try", data={"csrf": client.csrf, "text": TEXT}).text
    assert "One device, one reading since" in page
    assert "Of longer there is more than is tried here" in page


@pytest.mark.dialects("sqlite")
def test_it_is_switched_off_and_on_by_those_who_rule(signed_in, hospital, rule):
    client = signed_in("biomed")
    client.post(f"/rules/{rule}/switch", data={"csrf": client.csrf, "on": "false"})
    assert not saved(hospital)["Isolation is cool"].enabled
    assert "switched off" in client.get(f"/rules/{rule}").text
    client.post(f"/rules/{rule}/switch", data={"csrf": client.csrf, "on": "true"})
    assert saved(hospital)["Isolation is cool"].enabled
    clinician = signed_in("clinician")
    assert clinician.post(f"/rules/{rule}/switch", data={"csrf": clinician.csrf, "on": "false"}).status_code == 403
    assert "<textarea" not in clinician.get(f"/rules/{rule}").text


@pytest.mark.dialects("sqlite")
def test_what_cannot_judge_is_said(signed_in, hospital):
    with hospital.database.write() as session:
        session.add(
            rulebook.RuleRow(
                name="By hand",
                kind="rule.threshold",
                config={"metric": "spo2", "below": 90},
                changed=hospital.clock.now(),
            )
        )
    page = signed_in("biomed").get("/rules").text
    assert "One rule cannot judge" in page
    assert "never judged" in page


@pytest.mark.dialects("sqlite")
def test_all_of_them_can_be_taken_away_as_yaml(signed_in, rule):
    answer = signed_in("auditor").get("/rules.yaml")
    assert "name: Isolation is cool" in answer.text


def test_a_rule_is_written_corrected_tried_and_saved(page, server, hospital, good_to_look_at):
    hospital.measure(AIR, "temperature", 26.5, ago_s=600)
    hospital.measure(OXIMETER, "spo2", 97.0)
    server.enter(page, "biomed")
    page.goto(f"{server.url}/rules")
    page.get_by_role("link", name="New rule").click()
    page.get_by_role("link", name="battery forecast").click()
    expect(page.get_by_label("The rule")).to_have_value(re.compile("kind: rule.battery_forecast"))
    good_to_look_at(page, page.url)
    text = page.get_by_label("The rule")
    text.fill(VITAL)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2, metric: spo2 is a vital and never judged")
    expect(text).to_have_value(VITAL)
    text.fill(TEXT)
    page.get_by_role("button", name="Try on the last day").click()
    expect(page.locator("#trial h2")).to_have_text("It would have raised one alarm and opened one ticket")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rooms are cool")
    good_to_look_at(page, page.url)
    good_to_look_at(page, f"{server.url}/rules")
