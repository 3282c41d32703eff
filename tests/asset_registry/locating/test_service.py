import threading
from datetime import timedelta

import pytest

from asset_registry.locating.nearest import NearestGateway
from asset_registry.locating.ports import SpotsOf
from asset_registry.locating.service import LocatingConsumer, fix_of, fixes_in
from asset_registry.snapshot import SnapshotSource
from collector.clock import SystemClock, monotonic
from collector.counters import Counters
from collector.latest import Latest
from collector.pipeline import ConsumerRunner, Pipeline
from collector.points import readings_of, table_of
from collector.reading import Quality, Reading, Sighting
from collector.spool import Spool


class Shelf:
    """An intake that keeps what it is given, while it has room."""

    def __init__(self):
        self.items = []
        self.room = True

    def offer(self, items, durable=None, key=None):
        if self.room:
            self.items += items
        return self.room

    def said(self, metric):
        return [(item.value, item.at) for item in self.items if item.metric == metric]


@pytest.fixture
def ward(hospital):
    hospital.gateway("gw/4-07", hospital.r407, 2, 3)
    hospital.gateway("gw/4-19", hospital.r419, 32, 3)
    return hospital


@pytest.fixture
def shelf():
    return Shelf()


def consumer(hospital, shelf, restored=()):
    source = SnapshotSource(hospital.database, "linden", hospital.clock)
    source.refresh()
    return LocatingConsumer(
        NearestGateway(SpotsOf(source)), shelf, hospital.database, hospital.clock, restored=restored
    )


def hear(hospital, locating, seconds, near, far=None):
    for _ in range(seconds):
        now = hospital.clock.advance(1)
        items = [Sighting("ble:17", near, -55.0, now)]
        if far:
            items.append(Sighting("ble:17", far, -85.0, now))
        locating.consume(items, locating.position() + 1)


def test_a_fix_comes_out_as_two_readings_of_the_tag(ward, shelf):
    hear(ward, consumer(ward, shelf), 1, "gw/4-07")
    room, confidence = shelf.items
    assert (room.device, room.metric, room.value, room.gateway) == ("ble:17", "room", str(ward.r407), "wardkeeper")
    assert (confidence.metric, confidence.gateway) == ("fix_confidence", "wardkeeper")
    assert 0 < confidence.value <= 1


def test_unchanged_it_is_said_again_every_ten_seconds_and_a_change_at_once(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 31, "gw/4-07", "gw/4-19")
    assert len(shelf.said("room")) == 4
    hear(ward, locating, 40, "gw/4-19", "gw/4-07")
    rooms = [value for value, _ in shelf.said("room")]
    assert rooms[0] == str(ward.r407)
    assert rooms[-1] == str(ward.r419)
    assert len(rooms) <= 9


def test_silence_lowers_the_confidence_but_not_the_time_it_was_heard(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 30, "gw/4-07")
    heard = ward.now()
    for _ in range(40):
        ward.clock.advance(30)
        locating.tick()
    assert shelf.said("room")[-1] == ("", heard + timedelta(seconds=900))
    assert [at for value, at in shelf.said("room") if value][-1] <= heard
    confidences = [value for value, _ in shelf.said("fix_confidence")]
    assert confidences[-1] == 0
    assert len(confidences) < 10, "only when the word changes"


def test_a_thread_lets_fixes_age_only_while_nothing_waits(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 30, "gw/4-07")
    stop, asked = threading.Event(), []

    def caught_up():
        asked.append(len(asked) >= 3)
        return asked[-1]

    thread = threading.Thread(target=locating.watch, args=(stop, caught_up))
    thread.start()
    until = monotonic() + 20
    while shelf.said("room")[-1][0] and monotonic() < until:
        ward.clock.advance(300)
        stop.wait(0.01)
    stop.set()
    thread.join()
    assert asked[:3] == [False] * 3
    assert shelf.said("room")[-1][0] == ""


def test_it_does_not_listen_to_itself_to_wills_or_to_retained_messages(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 40, "gw/4-07")
    died = ward.now()
    for second in range(200):
        now = ward.clock.advance(1)
        locating.consume(
            [
                Sighting("ble:17", "gw/4-19", -85.0, now),
                Reading("gw/4-07", "room", "1", now, now, "wardkeeper"),
                Reading("gw/4-07", "available", False, now, now),
                Reading("gw/4-07", "uptime", 5.0, now, now, quality=Quality.UNCERTAIN, retained=True),
            ],
            100 + second,
        )
    after = [value for value, at in shelf.said("fix_confidence") if at > died + timedelta(seconds=10)]
    assert after
    assert max(after) < 0.7


def test_a_full_intake_is_told_again(ward, shelf):
    locating = consumer(ward, shelf)
    shelf.room = False
    hear(ward, locating, 3, "gw/4-07")
    assert shelf.items == []
    shelf.room = True
    hear(ward, locating, 1, "gw/4-07")
    assert shelf.said("room")[0][0] == str(ward.r407)


def test_a_restart_goes_on_from_the_latest_fixes_and_the_cursor(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 30, "gw/4-07", "gw/4-19")
    latest = readings_of(table_of(shelf.items[-2:]))
    again = consumer(ward, shelf, restored=fixes_in(latest))
    assert 24 <= again.position() <= 30
    shelf.items.clear()
    hear(ward, again, 3, "gw/4-19")
    assert {value for value, _ in shelf.said("room")} == {str(ward.r407)}, "it stays where it was"


def test_from_the_spool_to_the_newest_readings(ward, tmp_path):
    """The real pipeline: sightings go in, the fix comes back through the spool, and locating does not hear itself."""
    clock, latest = SystemClock(), Latest()
    spool = Spool(tmp_path / "spool", clock)
    pipeline = Pipeline(spool, clock, latest, Counters(clock))
    source = SnapshotSource(ward.database, "linden", clock)
    source.refresh()
    locating = LocatingConsumer(NearestGateway(SpotsOf(source)), pipeline, ward.database, clock)
    runner = ConsumerRunner(locating, spool, clock)
    stop = threading.Event()
    threads = [threading.Thread(target=run, args=(stop,)) for run in (pipeline.run, runner.run)]
    for thread in threads:
        thread.start()
    pipeline.offer([Sighting("ble:17", "gw/4-07", -55.0, clock.now())])
    until = monotonic() + 30
    while latest.get("ble:17", "fix_confidence") is None and monotonic() < until:
        stop.wait(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    spool.close()
    fix = fix_of(latest.of("ble:17"), clock.now())
    assert fix.place_id == ward.r407
    assert fix.confidence > 0.5
    assert latest.get("ble:17", "room").gateway == "wardkeeper"


def test_a_screen_is_not_sure_for_long_when_locating_has_stopped(ward, shelf):
    hear(ward, consumer(ward, shelf), 30, "gw/4-07", "gw/4-19")
    readings = {item.metric: item for item in shelf.items}
    now = ward.now()
    assert fix_of(readings, now).confidence > 0.9
    assert fix_of(readings, now + timedelta(minutes=6)).confidence < 0.6
    gone = fix_of(readings, now + timedelta(minutes=16))
    assert (gone.place_id, gone.confidence) == (None, 0.0)
    assert fix_of({}, now) is None


def test_after_the_clock_was_set_back_fixes_go_on(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 31, "gw/4-07", "gw/4-19")
    shelf.items.clear()
    ward.clock.advance(-86_400)
    hear(ward, locating, 31, "gw/4-19", "gw/4-07")
    assert {value for value, _ in shelf.said("room")} == {str(ward.r419)}
    assert len(shelf.said("room")) == 4
    assert max(at for _, at in shelf.said("room")) <= ward.now()


def test_what_an_edge_forwards_long_after_it_heard_it_moves_nothing(ward, shelf):
    locating = consumer(ward, shelf)
    hear(ward, locating, 30, "gw/4-07")
    said, late = list(shelf.items), ward.now() - timedelta(hours=2)
    locating.consume([Sighting("ble:17", "gw/4-19", -40.0, late + timedelta(seconds=n)) for n in range(90)], 1000)
    assert shelf.items == said
    hear(ward, locating, 10, "gw/4-07")
    assert {room for room, _ in shelf.said("room")} == {str(ward.r407)}
