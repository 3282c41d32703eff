"""Which dialect a topic belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from collector.errors import BadFrame, ConfigError, NoKey
from collector.reading import UNTIMED, Frame, Reading, Sighting
from drivers.dialects import Dialect, DialectChoice, Dialects, dialect, kinds, open_dialects


class Echo:
    """A decoder that says its name, or gives frames for others."""

    def __init__(self, name="", frames=()):
        self.name, self.frames = name, frames

    def decode(self, frame):
        said = [frame.reading(self.name, "co2", 1.0)] if self.name else []
        return [
            *said,
            *(one if isinstance(one, Frame) else Frame(frame.link, one, b"", UNTIMED) for one in self.frames),
        ]


def heard(topic, *dialects):
    items = Dialects(dialects).decode(Frame("test", topic, b"", UNTIMED))
    return None if items is None else [one.device for one in items if isinstance(one, Reading)]


def test_whoever_claims_a_topic_decodes_it():
    house, all_of_it = Dialect("mqtt.a", ("a/+/c",), Echo("house")), Dialect("mqtt.b", ("a/#", "x/#"), Echo("all"))
    assert heard("a/b/c", house, all_of_it) == ["all", "house"]
    assert heard("a/b", house, all_of_it) == ["all"]
    assert heard("b", house, all_of_it) is None


def test_a_decoder_with_two_filters_for_a_topic_decodes_it_once():
    assert heard("a/b", Dialect("mqtt.a", ("a/#", "a/+"), Echo("one"))) == ["one"]


def test_a_frame_in_a_frame_is_decoded_again():
    outer, inner = Dialect("mqtt.outer", ("out",), Echo("outer", ["in"])), Dialect("mqtt.inner", ("in",), Echo("inner"))
    assert heard("out", outer, inner) == ["outer", "inner"]


def test_a_topic_belongs_to_the_family_of_its_frame():
    advert = Frame("test", "manufacturer/0499", b"", UNTIMED, family="ble")
    tag = Dialect("ble.tag", ("manufacturer/0499",), Echo("tag"))
    gateway = Dialect("mqtt.gateway", ("home/#",), Echo("gateway", [advert]))
    assert heard("home/4.12", gateway, tag) == ["gateway", "tag"]
    assert heard("manufacturer/0499", gateway, tag) is None
    assert Dialects([gateway, tag]).filters == ["home/#"]


class Refuses:
    """A decoder that cannot read anything."""

    def __init__(self, trouble):
        self.trouble = trouble

    def decode(self, _frame):
        raise self.trouble


@pytest.mark.parametrize(
    "troubles, kind, why",
    [
        ([BadFrame("too short", 3)], BadFrame, "bad, byte 3: too short"),
        ([NoKey("no key")], NoKey, "bad, byte 0: no key"),
        ([NoKey("no key"), BadFrame("too short")], BadFrame, r"too short \(and 1 more\)"),
    ],
)
def test_one_bad_frame_in_a_frame_takes_no_other_with_it(troubles, kind, why):
    outer = Dialect("mqtt.outer", ("out",), Echo("outer", ["bad", "in"]))
    bad = [Dialect("mqtt.bad", ("bad",), Refuses(trouble)) for trouble in troubles]
    with pytest.raises(kind, match=why) as trouble:
        heard("out", outer, Dialect("mqtt.inner", ("in",), Echo("inner")), *bad)
    assert type(trouble.value) is kind
    assert [one.device for one in trouble.value.said] == ["outer", "inner"]


def test_one_bad_decoder_of_a_topic_takes_no_other_with_it():
    with pytest.raises(BadFrame) as trouble:
        heard("a", Dialect("mqtt.a", ("a",), Refuses(BadFrame("no"))), Dialect("mqtt.b", ("a",), Echo("good")))
    assert [one.device for one in trouble.value.said] == ["good"]


class Hears:
    """A gateway that heard two addresses, with what they said."""

    def decode(self, _frame):
        said = []
        for address in ("ble:A", "ble:B"):
            said.append(Sighting(address, "g", -60.0, UNTIMED))
            said.append(Frame("test", address, b"", UNTIMED, device=address, gateway="g", rssi_dbm=-60.0))
        return said


class Knows:
    """Who is behind the address A."""

    def decode(self, frame):
        return [frame.sighting("ble:pump")]


def test_a_tag_that_knows_its_name_is_not_also_its_address():
    gateway, tag = Dialect("mqtt.g", ("out",), Hears()), Dialect("mqtt.tag", ("ble:A",), Knows())
    said = Dialects([gateway, tag]).decode(Frame("test", "out", b"", UNTIMED))
    assert sorted(one.tag for one in said) == ["ble:B", "ble:pump"]


def test_frames_that_never_end_do():
    assert heard("a", Dialect("mqtt.a", ("a",), Echo("turn", ["a"]))) == ["turn"] * 5


LEVELS = st.sampled_from(["a", "b", "", "long level"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join)


@given(st.lists(LEVELS | st.just("+"), min_size=1, max_size=4), st.booleans(), TOPICS)
def test_filters_match_as_the_standard_says(levels, rest, topic):
    claim = "/".join([*levels, "#"] if rest else levels)
    assert (heard(topic, Dialect("mqtt.a", (claim,), Echo("one"))) is not None) == topic_matches_sub(claim, topic)


def test_a_topic_of_many_levels_is_no_trouble():
    assert heard("a/" * 30_000, Dialect("mqtt.a", ("a/#", "+/+/b"), Echo("one"))) == ["one"]


def test_parts_by_name():
    assert {"mqtt.espresense", "mqtt.tasmota", "mqtt.wardkeeper", "mqtt.zigbee2mqtt"} < set(kinds("mqtt"))
    assert dialect("mqtt.zigbee2mqtt", {"base_topic": "z"}).claims == ("z/#",)


def test_a_wrong_kind_or_setting_is_named():
    with pytest.raises(ConfigError, match=r"did you mean mqtt\.tasmota"):
        dialect("mqtt.tasmotta")
    with pytest.raises(ConfigError, match=r"mqtt\.zigbee2mqtt.*\n.*base"):
        dialect("mqtt.zigbee2mqtt", {"base": "z"})


def test_a_beginning_stands_for_every_name_that_starts_so_but_in_mqtt_a_star_is_a_star():
    tag = Dialect("ble.tag", ("name/TP35*", "name/sps"), Echo("tag"))
    star = Dialect("mqtt.star", ("name/TP35*",), Echo("star"))
    dialects = Dialects([tag, star])

    def who(topic, family):
        return [decoder.name for decoder in dialects.decoders(topic, family)]

    assert who("name/TP357 (12AB)", "ble") == who("name/TP35", "ble") == who("name/sps", "ble") == ["tag"]
    assert who("name/TP3", "ble") == who("name/sps2", "ble") == who("name/TP35/x", "ble") == []
    assert who("name/TP357", "mqtt") == []
    assert who("name/TP35*", "mqtt") == ["star"]


@pytest.mark.parametrize(
    "chosen, advertisements",
    [(["mqtt.tasmota"], False), (["mqtt.minew_gateway"], True), (["mqtt.minew_gateway", "ble.ruuvi"], False)],
)
def test_who_hands_on_advertisements_has_them_understood_unless_it_is_said_which(chosen, advertisements):
    opened = [one.kind for one in open_dialects(DialectChoice(kind=kind) for kind in chosen)]
    assert opened[: len(chosen)] == chosen
    assert ("ble.ibeacon" in opened) is advertisements
    assert "ble.polar" not in opened, "what people wear"
