"""Where a tag is, as locating says it: a room and how sure it is."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collector.reading import OWN_GATEWAY
from service_desk.ports import Subject
from service_desk.rules.out_of_zone import Config
from tests.service_desk.rules.conftest import Hearing

PUMP = Subject("tag", asset_id=7, asset="Pump 117", number="P-117")
WARD = msgspec.structs.replace(PUMP, place_id=3, room="4.18", floor="Level 4", building="A", zones=("Ward 4",))
LOBBY = msgspec.structs.replace(PUMP, place_id=9, room="0.01", room_name="Lobby", floor="Ground", building="A")
STAYS = {"allowed": {"zones": ["Ward 4"], "floors": ["Level 5"]}}


def fix(heard, second, where, confidence=0.95):
    """Locating says where it is; what became."""
    heard.subjects["tag"] = where if confidence >= 0.4 else PUMP
    room = str(where.place_id) if where.place_id else ""
    became = heard.says(second, "room", room, device="tag", gateway=OWN_GATEWAY)
    return became + heard.says(second, "fix_confidence", confidence, device="tag", gateway=OWN_GATEWAY)


def test_an_asset_outside_of_its_zone_for_the_time_is_an_alarm_until_it_is_back(hearing):
    heard = hearing("out_of_zone", STAYS, PUMP)
    assert fix(heard, 0, WARD) == []
    assert fix(heard, 60, LOBBY) == []
    assert heard.waits(179) == []
    assert heard.waits(180) == ["raised"]
    assert heard.title == "Pump 117 is in 0.01 Lobby"
    heard.restart()
    assert fix(heard, 200, WARD) == ["cleared"]


@pytest.mark.parametrize(
    "config, became",
    [
        ({"allowed": {"floors": ["Ground"]}}, []),
        ({"allowed": {"buildings": ["A"]}}, []),
        ({"allowed": {"rooms": ["4.18"]}}, ["raised"]),
        ({"allowed": {"buildings": ["B"]}}, ["raised"]),
        ({"forbidden": {"rooms": ["0.01"]}}, ["raised"]),
        ({"forbidden": {"zones": ["Ward 4"]}}, []),
        ({"allowed": {"buildings": ["A"]}, "forbidden": {"floors": ["Ground"]}}, ["raised"]),
    ],
)
def test_places_are_allowed_or_forbidden(hearing, config, became):
    heard = hearing("out_of_zone", config, PUMP)
    fix(heard, 0, LOBBY)
    assert heard.waits(120) == became


@pytest.mark.parametrize("confidence", [0.6, 0.3, 0.0])
def test_a_fix_that_is_not_sure_tells_nothing(hearing, confidence):
    heard = hearing("out_of_zone", STAYS, PUMP)
    fix(heard, 0, LOBBY, confidence)
    assert heard.waits(3600) == []
    fix(heard, 4000, LOBBY)
    heard.waits(4120)
    assert fix(heard, 4200, WARD, confidence) == []


def test_what_was_last_seen_outside_and_is_heard_no_more_is_still_outside(hearing):
    heard = hearing("out_of_zone", STAYS, PUMP)
    fix(heard, 0, LOBBY)
    fix(heard, 60, PUMP, 0.0)
    assert heard.waits(120) == ["raised"]


def test_an_unknown_place_is_an_alarm_only_as_lost(hearing):
    never, lost = hearing("out_of_zone", STAYS, PUMP), hearing("out_of_zone", STAYS | {"lost": "1 h"}, PUMP)
    for heard in (never, lost):
        fix(heard, 0, WARD)
        assert fix(heard, 60, PUMP, 0.0) == []
    assert never.waits(86_400) == []
    assert lost.waits(3659) == []
    assert lost.waits(3660) == ["raised"]
    assert lost.title == "Pump 117 is in an unknown place"
    assert fix(lost, 4000, WARD) == ["cleared"]


def test_what_was_lost_and_turns_up_outside_has_the_usual_time(hearing):
    heard = hearing("out_of_zone", STAYS | {"lost": "1 h"}, PUMP)
    fix(heard, 0, PUMP, 0.0)
    fix(heard, 600, LOBBY)
    assert heard.waits(719) == []
    assert heard.waits(720) == ["raised"]


def test_what_came_late_or_twice_changes_nothing(hearing):
    heard = hearing("out_of_zone", STAYS, PUMP)
    fix(heard, 100, WARD)
    heard.subjects["tag"] = LOBBY
    assert heard.says(110, "fix_confidence", 0.95, device="tag", late=50.0) == []
    assert heard.waits(1000) == []


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from(["ward", "lobby", "unsure"])), max_size=40))
def test_an_alarm_was_outside_for_the_whole_time_as_far_as_anybody_knew(said):
    heard, now, since = Hearing("out_of_zone", STAYS, PUMP), 0, None
    for wait, where in said:
        now += wait
        became = heard.waits(now)
        assert not became or (since is not None and now - since >= 120)
        fix(heard, now, LOBBY if where == "lobby" else WARD, 0.5 if where == "unsure" else 0.95)
        if where == "lobby":
            since = now if since is None else since
        elif where == "ward":
            since = None
        assert heard.rule.active(heard.state) is (since is not None and now - since >= 120)


@pytest.mark.parametrize("config, why", [({}, "give allowed or forbidden"), ({"allowed": {"wards": ["4"]}}, "wards")])
def test_what_makes_no_sense_is_refused_with_the_reason(config, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(config)


def test_it_says_when_it_alarms(hearing):
    words = hearing("out_of_zone", STAYS | {"lost": "1 h"}).rule.condition().replace("\N{NO-BREAK SPACE}", " ")
    assert words == "Outside Ward 4 or Level 5 for 2 min, or lost for 60 min"
