"""What webhooks say, as alerts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.errors import Invalid
from service_desk.alerts.incoming import Fields, Source, heard
from tools.tree import ROOT

PROMETHEUS = Source()
ICINGA = Source(
    asset="tag",
    fields=Fields(
        each="results.list",
        id=["host.name", "service"],
        status="state",
        firing=["CRITICAL", "2"],
        resolved=["OK", "0"],
        name="service",
        words="output",
        labels={"tag": "host.vars.0.value", "severity": "state"},
    ),
)


def alert(**changed):
    labels = {"alertname": "RoomTempHigh", "severity": "Critical", "asset": "F-07", "room": "4.18", "device": "ble:1"}
    said = {"status": "firing", "labels": labels, "annotations": {"summary": " too\n warm "}, "fingerprint": "a1"}
    return {**said, **changed}


def one(source=PROMETHEUS, **changed):
    (found,) = heard(source, {"alerts": [alert(**changed)]})
    return found


def result(**changed):
    host = {"name": "ups-3", "vars": [{"value": "U-3"}]}
    return {"host": host, "service": "battery", "state": "critical", "output": "10 %", **changed}


def test_a_real_alertmanagers():
    path = ROOT.parent / "shared" / "data" / "alerting" / "alertmanager_webhook.json"
    if not path.is_file():
        pytest.skip("../shared is not here")
    (found,) = heard(PROMETHEUS, json.loads(path.read_text()))
    assert (found.fingerprint, found.firing, found.name, found.words) == ("8169677637492077", True, "RoomTempHigh", "x")
    assert (found.asset, found.room, found.priority) == ("A1099", "R99", "high")
    assert found.labels["gateway"] == "g9"


def test_what_its_labels_name():
    found = one()
    assert (found.asset, found.room, found.device) == ("F-07", "4.18", "ble:1")
    assert (found.words, found.priority) == ("too warm", "high")
    other = one(Source(asset="alertname", severity="room", priorities={"4.18": "low"}))
    assert (other.asset, other.priority) == ("RoomTempHigh", "low")


def test_grafana_says_more_and_numbers_where_texts_are_wanted():
    more = {"values": {"B": 44.2}, "dashboardURL": "", "silenceURL": "https://grafana/x", "annotations": {"value": 1}}
    found = one(**more, labels={"alertname": "High", "floor": 4})
    assert (found.words, found.labels["floor"]) == ("firing", "4")


def test_words_are_never_empty_and_never_endless():
    assert one(annotations={}, labels={}).words == "firing"
    assert len(one(annotations={"description": "x" * 9999}).words) == 300


def test_without_a_fingerprint_or_with_a_strange_one_the_same_alert_has_the_same():
    first, again = one(fingerprint=""), one(fingerprint="", annotations={}, status="resolved")
    assert first.fingerprint == again.fingerprint != one(fingerprint="", labels={"alertname": "Other"}).fingerprint
    assert one(fingerprint="../" * 99).fingerprint.isalnum()


def test_any_json_by_paths():
    first, other = heard(ICINGA, {"results": {"list": [result(), result(service="load", state=0)]}})
    assert (first.firing, first.name, first.words, first.asset, first.priority) == (
        True, "battery", "10 %", "U-3", "high",
    )  # fmt: skip
    assert (other.firing, other.fingerprint != first.fingerprint) == (False, True)
    assert heard(ICINGA, {"results": {"list": [result(output="9 %")]}})[0].fingerprint == first.fingerprint
    alone = Source(fields=Fields(id=["host.name"], status="state", firing=["critical"], resolved=["ok"]))
    assert heard(alone, result())[0].name == "ups-3"
    assert len(heard(alone, [result(), result()])) == 2


@pytest.mark.parametrize(
    "source, body, why",
    [
        (PROMETHEUS, {}, "alerts: Field required"),
        (PROMETHEUS, {"alerts": [alert(status="pending")]}, "alerts.0.status"),
        (PROMETHEUS, {"alerts": [{"status": "firing", "labels": {}}]}, "fingerprint or labels"),
        (PROMETHEUS, [alert()], "the body"),
        (PROMETHEUS, {"alerts": [alert()] * 5001}, "at most 5000"),
        (ICINGA, {"results": {"list": [result(state="UNKNOWN")]}}, "state is 'UNKNOWN', which stands under neither"),
        (ICINGA, {"results": {}}, "nothing at host.name or service"),
        (ICINGA, {"results": {"list": [{}] * 5001}}, "more than 5000"),
    ],
)
def test_what_is_not_understood_is_not_guessed_at(source, body, why):
    with pytest.raises(Invalid, match=why):
        heard(source, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
)


@given(JSON, st.sampled_from(["alerts", "results"]), st.sampled_from([PROMETHEUS, ICINGA]))
def test_no_body_breaks_it(body, key, source):
    for said in (body, {key: body}, {key: [body]}, {key: {"list": [body]}}):
        try:
            assert all(found.words and found.fingerprint for found in heard(source, said))
        except Invalid:
            continue
