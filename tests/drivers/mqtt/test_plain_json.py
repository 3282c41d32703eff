"""Plain JSON: the page's own example, and what a mapping may say."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from collector.errors import BadFrame, ConfigError
from collector.reading import Announcement, Frame
from drivers.dialects import dialect
from wardkeeper.catalog import config_of
from wardkeeper.settings import SettingsError, load

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
PAGE = (Path(__file__).parents[3] / "docs" / "mqtt-plain.md").read_text()
EXAMPLE = yaml.safe_load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])["links"]["building"]["dialects"][0]
MESSAGES = EXAMPLE["messages"]
FUZZED = {"messages": MESSAGES}
ROWS = re.findall(r"^\| `(wards[^`]*|plant[^`]*)` \| `([^`]*)` \| (.*) \|$", PAGE, re.MULTILINE)
STATE = "wards/4.12/air/state"
AIR = "mqtt:4.12/air"


def one(**quantity):
    return [{"topic": "a/{level}", "readings": [{"path": "v", **quantity}]}]


def test_the_page_has_its_rows():
    assert len(ROWS) == 4


@pytest.mark.parametrize("topic, payload, says", ROWS)
def test_the_page_says_what_is_read(heard, topic, payload, says):
    said = heard(topic, payload, messages=MESSAGES)
    device, _, values = says.removeprefix("`").partition("` ")
    pairs = (pair.split(" ") for pair in values.split(", ") if values)
    assert said.by_device == ({device: {name: json.loads(value) for name, value in pairs}} if values else {})


def test_the_time_of_the_device_in_its_zone_and_what_it_is_called(heard):
    said = heard(STATE, {"climate": {"rh": 431}, "at": "2026-11-24T07:40:00"}, messages=MESSAGES)
    assert said.times == {datetime(2026, 11, 24, 6, 40, tzinfo=UTC)}
    assert said.others == [Announcement(AIR, {"name": "Air of 4.12", "maker": "Example"}, HEARD)]


@pytest.mark.parametrize("at", [None, 0, 1_000_000])
def test_without_a_time_that_the_device_can_mean_it_counts_from_when_it_came(heard, at):
    assert heard(STATE, {"climate": {"rh": 431}, "at": at}, messages=MESSAGES).times == {HEARD}


@pytest.mark.parametrize(
    "quantity, raw, value",
    [
        ({"metric": "temperature"}, "21.5", 21.5),
        ({"metric": "temperature", "scale": 0.1, "add": -40}, 615, 21.5),
        ({"metric": "temperature", "scale": 0.1, "unit": "K"}, 2946.5, 21.5),
        ({"metric": "battery", "words": {"Full": 100, "LOW": 5}}, "low", 5),
        ({"metric": "battery", "words": {"full": 100}}, 61, 61),
        ({"metric": "door_open"}, "on", True),
        ({"metric": "door_open", "words": {"1": False, "0": True}}, 1, False),
        ({"metric": "door_open", "words": {"true": False, "false": True}}, True, False),
        ({"metric": "action"}, "press", "press"),
        ({"metric": "action", "words": {"2": "double"}}, 2.0, "double"),
        ({"metric": "temperature", "missing": [-127, "n.v."]}, -127.0, None),
        ({"metric": "temperature", "missing": [-127, "n.v."]}, "N.V.", None),
        ({"metric": "temperature"}, "NaN", None),
        ({"metric": "temperature"}, "1e999", None),
        ({"metric": "temperature"}, " ", None),
        ({"metric": "temperature"}, None, None),
    ],
)
def test_a_value(heard, quantity, raw, value):
    said = heard("a/1", {"v": raw}, messages=one(**quantity))
    assert said.by_device == ({} if value is None else {"mqtt:a/1": {quantity["metric"]: value}})


@pytest.mark.parametrize(
    "quantity, raw, why",
    [
        ({"metric": "temperature"}, "warm", "v is no temperature but 'warm'"),
        ({"metric": "temperature"}, True, "v is no temperature but True"),
        ({"metric": "temperature"}, [21.5], r"v is no temperature but \[21.5\]"),
        ({"metric": "door_open"}, "ajar", "v is no door_open but 'ajar'"),
        ({"metric": "door_open", "words": {"OPEN": True}}, "on", "v is no door_open but 'on'"),
        ({"metric": "action"}, 7, "v is no action but 7"),
        ({"metric": "temperature", "path": "v.x"}, 7, "v is a number, not an object"),
    ],
)
def test_what_does_not_fit_is_bad_and_named(heard, quantity, raw, why):
    with pytest.raises(BadFrame, match=why):
        heard("a/1", {"v": raw}, messages=one(**quantity))


def test_what_is_bad_takes_nothing_else_with_it(heard):
    payload = {"climate": {"probes": 7, "rh": 431}, "window": "ajar", "at": "noon"}
    with pytest.raises(BadFrame, match=r"at is no time with a zone but 'noon' \(and 2 more\)") as trouble:
        heard(STATE, payload, messages=MESSAGES)
    assert [(said.metric, said.value, said.at) for said in trouble.value.said[:1]] == [("humidity", 43.1, HEARD)]


@pytest.mark.parametrize("payload", [{"sensors": {"id": "a"}}, {"sensors": ["a"]}, {"sensors": [{"id": [1], "dp": 1}]}])
def test_a_list_of_devices_that_is_none_is_bad(heard, payload):
    with pytest.raises(BadFrame, match=r"sensors is an object, not a list|the payload is a text|id is a list, no name"):
        heard("plant/roof/sensors", payload, messages=MESSAGES)


def test_every_description_of_a_topic_counts(heard):
    messages = [
        *one(metric="temperature"),
        {"topic": "a/#", "device": "all", "readings": [{"metric": "co2", "path": "w"}]},
    ]
    said = heard("a/1", {"v": 21, "w": 400}, messages=messages)
    assert said.by_device == {"mqtt:a/1": {"temperature": 21}, "mqtt:all": {"co2": 400}}


def test_a_topic_is_claimed_and_fits_level_by_level(heard):
    assert dialect("mqtt.plain_json", {"messages": MESSAGES}).claims == (
        "wards/+/+/state",
        "plant/+/sensors",
        "wards/+/+/online",
    )
    assert heard("wards/a b/Größe/state", {"climate": {"rh": 1}}, messages=MESSAGES).devices == {"mqtt:a b/Größe"}
    decoder = dialect("mqtt.plain_json", {"messages": MESSAGES}).decoder
    assert not decoder.decode(Frame("test", "wards/a/b/c/state", b'{"climate":{"rh":1}}', HEARD))


def test_a_payload_that_is_no_json_is_bad_where_something_is_looked_for_inside_it(heard):
    with pytest.raises(BadFrame):
        heard(STATE, "online", messages=MESSAGES)
    assert heard(STATE, "", messages=MESSAGES).items == []


def test_what_the_broker_kept_is_state_and_no_news(heard):
    said = heard("a/1", {"v": 21}, retained=True, messages=one(metric="temperature"))
    assert [reading.retained for reading in said.readings] == [True]


@pytest.mark.parametrize(
    "message, why",
    [
        ({"readings": [{"metric": "temprature", "path": "v"}]}, r"readings\.0\.metric.*did you mean temperature"),
        ({"readings": [{"metric": "temperature", "path": "a..b"}]}, r"readings\.0\.path.*no path from '\.\.b'"),
        ({"readings": [{"metric": "temperature", "path": "v", "unit": "hPa"}]}, r"readings\.0\.unit.*it may be K, Cel"),
        ({"readings": [{"metric": "door_open", "path": "v", "unit": "%"}]}, r"readings\.0\.unit.*has no unit"),
        ({"readings": [{"metric": "door_open", "path": "v", "scale": 2.0}]}, r"readings\.0.*neither scale nor add"),
        ({"readings": [{"metric": "temperature", "path": "v", "scale": 0.0}]}, r"readings\.0.*other than 0"),
        ({"readings": [{"metric": "door_open", "path": "v", "words": {"x": 1.0}}]}, r"words.*true or false, and x"),
        ({"readings": []}, r"readings.*at least 1"),
        ({"device": "{ward}"}, r"messages\.0\.device.*levels of the topic are level"),
        ({"topic": "a/{x}/{x}"}, r"messages\.0\.topic.*a level twice"),
        ({"topic": "a/b{x}"}, r"messages\.0\.topic"),
        ({"topic": "a/#/b"}, r"messages\.0\.topic"),
        ({"time": {"path": "t", "timezone": "Vienna"}}, r"time\.timezone.*not a time zone"),
    ],
)
def test_a_mistake_is_said_where_it_is(message, why):
    with pytest.raises(ConfigError, match=f"(?s){why}"):
        dialect("mqtt.plain_json", {"messages": [one(metric="temperature")[0] | message]})


def test_without_messages_it_does_nothing():
    assert dialect("mqtt.plain_json").claims == ()


def test_check_names_the_line_of_each_mistake_in_the_pages_example(tmp_path):
    text = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    wrong = text.replace("unit: Pa,", "unit: hpa,").replace("metric: humidity", "metric: humdity")
    path = tmp_path / "w.yaml"
    path.write_text(f"site: linden\n{wrong}")
    with pytest.raises(SettingsError) as caught:
        load(path, config_of, [])
    found = [re.search(r"yaml:(\d+): .*(readings.*?): ", str(one)).groups() for one in caught.value.problems]
    assert found == [("15", "readings[1].metric"), ("16", "readings[2].unit")]
