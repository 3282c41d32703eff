import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.assets import Asset
from collector.errors import Unreachable
from collector.reading import Reading
from service_desk.incidents.book import news
from service_desk.incidents.model import Outbox
from service_desk.rulebook import import_yaml
from service_desk.tickets.evidence import MOST_POINTS, Sources, downsampled, freeze, missing, segments, unknown_in

FRIDGE, PLUG = "mqtt:zigbee2mqtt/fridge/F-07", "mqtt:tasmota/plug-f-07"
DOOR, PUMP, TAG = "mqtt:zigbee2mqtt/4.12/door", "mqtt:zigbee2mqtt/pump/P-117", "ble:tag-117"


def frozen(house, sources=None):
    with house.database.read() as session:
        row = session.query(Outbox).order_by(Outbox.id).first()
        evidence = freeze(session, sources or house.sources, news(session, row), house.clock.now())
    return json.loads(json.dumps(evidence))


@pytest.fixture
def warm(house):
    for minute in range(50):
        house.say(FRIDGE, "probe_temperature", 5.0)
        house.say(PLUG, "power", 64.0 if minute < 40 else 0.0)
        house.after(60)
    house.warm_fridge()
    return house


def test_the_chart_begins_before_the_onset_and_marks_what_triggered(warm):
    evidence = frozen(warm)
    onset = round(warm.alarm.since.timestamp() * 1000)
    points = evidence["points"]
    assert points == sorted(points)
    assert (points[0][0], points[0][1:]) == (onset - 50 * 60_000, [5.0, False])
    assert [point[0] for point in points if point[2]] == [onset + 60_000 * minute for minute in range(10)]
    assert (evidence["low"], evidence["high"], evidence["unit"]) == (2.0, 8.0, "°C")
    assert evidence["frozen_at"] == warm.clock.now().isoformat()


def test_power_is_a_lane_of_on_and_off(warm):
    (lane,) = frozen(warm)["lanes"]
    assert (lane["metric"], lane["label"]) == ("power", "Power")
    (on_from, on_to, on), (off_from, off_to, off) = lane["segments"]
    assert (on, off) == (True, False)
    assert on_to == off_from == on_from + 40 * 60_000
    assert off_to == round(warm.clock.now().timestamp() * 1000)


def test_where_it_is_and_the_nearest_spare(warm):
    evidence = frozen(warm)
    assert evidence["where"] == {
        "place_id": warm.ids["4.18"],
        "number": "4.18",
        "name": "Medication",
        "floor": "Level 4",
        "how": "bound",
    }
    assert (evidence["spare"]["number"], evidence["spare"]["where"]["number"]) == ("F-09", "4.15")
    assert evidence["versions"]["device"]["firmware"] == "2.4.1"


def test_what_nobody_can_say_is_unknown_since_when(house):
    house.say(PUMP, "battery", 20.0)
    evidence = frozen(house)
    assert evidence["where"] == {"unknown_since": None, "why": "it was never located"}
    assert evidence["room"]["unknown_since"] is None
    assert evidence["spare"] == {"none": "No other infusion pump can be used."}
    gone = house.clock.now()
    house.say(TAG, "room", "")
    assert frozen(house)["where"] == {"unknown_since": gone.isoformat(), "why": "no gateway hears it"}


def test_a_fix_has_its_confidence_and_age(house):
    house.say(TAG, "room", str(house.ids["4.15"]))
    house.say(TAG, "fix_confidence", 0.93)
    house.clock.advance(9)
    house.say(PUMP, "battery", 20.0)
    where = frozen(house)["where"]
    assert (where["number"], where["how"], where["confidence"], where["age_s"]) == ("4.15", "fix", 0.93, 9)


def test_the_room_then(house):
    house.say("mqtt:zigbee2mqtt/4.12/pressure", "differential_pressure", -4.1)
    house.say(DOOR, "door_open", True)
    house.after(61)
    evidence = frozen(house)
    room = evidence["room"]
    assert [(measure["metric"], measure["value"]) for measure in room["air"]] == [("differential_pressure", -4.1)]
    assert [measure["value"] for measure in room["door"]] == [True]
    assert room["light"]["unknown_since"] is None
    assert [point[1:] for point in evidence["points"]] == [[True, True]]


def test_the_last_three_tickets_about_it(house):
    house.warm_fridge()
    with house.database.write() as session:
        from service_desk.tickets.desk import Wish, create_request

        for number in range(4):
            wish = Wish(f"Door seal {number}", asset_id=house.ids["F-07"])
            create_request(session, wish, "", "brandt", house.clock.advance(60))
    assert [ticket["number"] for ticket in frozen(house)["last_tickets"]] == ["W-1004", "W-1003", "W-1002"]


def test_a_ticket_does_not_wait_for_a_store_that_is_away(warm):
    class Away:
        def query(self, selection):
            raise Unreachable("down")

    evidence = frozen(warm, Sources(Away(), warm.registered, warm.latest))
    assert len(evidence["points"]) == 10
    assert all(point[2] for point in evidence["points"])
    assert evidence["lanes"] == []
    assert evidence["chart"]["unknown_since"] == warm.alarm.since.isoformat()


def test_a_busy_series_stays_within_the_most_points(house):
    start = house.clock.now()
    house.store.write(
        [
            Reading(FRIDGE, "probe_temperature", 5.0 + (n % 7) / 10, at := start - timedelta(seconds=n), at)
            for n in range(1, 3000)
        ],
        0,
    )
    house.warm_fridge()
    points = frozen(house)["points"]
    assert len(points) <= MOST_POINTS
    assert sum(point[2] for point in points) == 10


@given(st.lists(st.tuples(st.integers(0, 10_000), st.floats(-50, 50)), unique_by=lambda p: p[0]), st.integers(2, 50))
def test_downsampling_keeps_the_extremes_and_the_order(points, most):
    points.sort()
    kept = downsampled(points, most)
    assert len(kept) <= max(most, 2)
    assert kept == sorted(kept)
    assert set(kept) <= set(points)
    if points:
        assert min(v for _, v in kept) == min(v for _, v in points)
        assert max(v for _, v in kept) == max(v for _, v in points)


def test_a_stretch_lasts_until_the_next_change():
    start = datetime(2026, 11, 24, tzinfo=UTC)

    def at(second, value):
        moment = start + timedelta(seconds=second)
        return Reading("d", "mains", value, moment, moment)

    stretches = segments([at(0, True), at(1, True), at(2, False), at(3, True)], start + timedelta(seconds=5))
    base = round(start.timestamp() * 1000)
    assert [[a - base, b - base, on] for a, b, on in stretches] == [
        [0, 2000, True],
        [2000, 3000, False],
        [3000, 5000, True],
    ]


class Away:
    """A store whose server is down."""

    def query(self, selection):
        raise Unreachable("down")


WHOM = {
    "an asset in its room": (FRIDGE, "probe_temperature", 9.0),
    "an asset that nobody can find": (PUMP, "battery", 20.0),
    "an asset by its tag": (TAG, "battery", 20.0),
    "a room": (DOOR, "door_open", True),
    "a device that nobody knows": ("mqtt:stranger", "leak", True),
    "a gateway": ("mqtt:espresense/gw", "available", False),
    "a link": ("link:ward", "link_up", False),
    "a device of a place that is gone": ("mqtt:x", "co2", 4000.0),
}


@pytest.mark.parametrize("store", ["there", "away"])
@pytest.mark.parametrize("whom", WHOM)
def test_every_block_is_filled_or_says_since_when_it_is_unknown(house, whom, store):
    device, metric, value = WHOM[whom]
    with house.database.write() as session:
        rules = ("leak, equals: true", "available, equals: false", "link_up, equals: false", "co2, above: 1000")
        for text in (*rules, "probe_temperature, above: 8", "battery, below: 30", "door_open, equals: true"):
            name = f"all {text.partition(',')[0]}"
            import_yaml(session, f"rules: [{{name: {name}, metric: {text}}}]", who="okafor", now=house.clock.now())
    house.say(device, metric, value)
    sources = Sources(Away(), house.registered, house.latest) if store == "away" else None
    evidence = frozen(house, sources)
    assert missing(evidence) == []
    for since in unknowns(evidence):
        assert since is None or datetime.fromisoformat(since) <= house.clock.now()
    assert unknown_in(evidence) > 0


def unknowns(block):
    if isinstance(block, dict):
        if "unknown_since" in block:
            yield block["unknown_since"]
        for part in block.values():
            yield from unknowns(part)


def test_where_a_thing_was_in_the_hour_before(house):
    for room in ("4.12", "4.12", "4.15"):
        house.say(TAG, "room", str(house.ids[room]))
        house.clock.advance(60)
    house.say(PUMP, "battery", 20.0)
    assert [stay["number"] for stay in frozen(house)["was"]["stays"]] == ["4.12", "4.15"]


def test_what_a_person_wrote_down_about_it(house):
    with house.database.write() as session:
        fridge = session.get(Asset, house.ids["F-07"])
        fridge.recall, fridge.warranty_until = "Z-1234-2026", date(2020, 1, 1)
    house.warm_fridge()
    checks = frozen(house)["checks"]
    assert checks["recall"] == {"reference": "Z-1234-2026"}
    assert checks["warranty"] == {"until": "2020-01-01", "over": True}
    assert checks["calibration"]["unknown_since"] is None


def test_a_hundred_tickets_at_once_ask_the_store_once(house):
    with house.database.write() as session:
        import_yaml(session, "rules: [{name: Leak, metric: leak, equals: true}]", who="o", now=house.clock.now())
    house.hear([house.reading(f"mqtt:{n}", "leak", True) for n in range(100)])
    asked = []

    class Counted:
        def query(self, selection):
            asked.append(selection)
            return house.store.query(selection)

    sources = Sources(Counted(), house.registered, house.latest)
    with house.database.read() as session:
        rows = session.query(Outbox).order_by(Outbox.id).all()
        for row in rows:
            evidence = freeze(session, sources, news(session, row), house.clock.now())
            assert [point[2] for point in evidence["points"]] == [True]
    assert (len(rows), len(asked)) == (100, 1)
