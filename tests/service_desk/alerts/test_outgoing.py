"""Alarms as a real Alertmanager has them."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from collector.clock import ManualClock, SystemClock
from collector.errors import ConfigError, Unreachable
from service_desk.alarms import book
from service_desk.alerts.outgoing import Config, Outgoing
from tests.service_desk.alerts.test_inbox import Webhook
from tests.service_desk.conftest import DOOR, PUMP
from tests.wardkeeper.conftest import until

pytestmark = pytest.mark.dialects("sqlite")


@pytest.fixture
def server(alertmanager):
    return alertmanager("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")


@pytest.fixture
def clock():
    """Begins now: what has ended is for the Alertmanager's own clock to say."""
    return ManualClock(datetime.now(UTC) - timedelta(minutes=2))


def outgoing(house, server, **more):
    config = Config.model_validate({"url": server.url, "every_s": 1, "labels": {"team": "fm"}, **more})
    return Outgoing(house.database, SystemClock(), config, "linden", "http://wardkeeper.example/")


@contextmanager
def telling(out):
    stop = threading.Event()
    thread = threading.Thread(target=out.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        out.wake()
        thread.join(10)


def door_held_open(house):
    house.say(DOOR, "door_open", True)
    house.after(61)


def test_it_is_told_of_an_alarm_again_and_again_until_it_has_cleared(house, server):
    door_held_open(house)
    house.say(PUMP, "battery", 20.0)
    out = outgoing(house, server)
    with telling(out):
        until(lambda: len(server.alerts()) == 2, 10)
        first, pump = sorted(server.alerts(), key=lambda alert: alert["startsAt"])
        assert first["labels"] == {
            "alertname": "Door", "severity": "critical", "site": "linden", "device": DOOR, "room": "4.12", "team": "fm",
        }  # fmt: skip
        assert pump["labels"]["asset"] == "P-117"
        assert first["annotations"]["summary"] == "The door of 4.12 is held open"
        assert datetime.fromisoformat(first["startsAt"]) == house.all(book.Alarm)[0].since
        assert first["generatorURL"] == "http://wardkeeper.example/alarms"
        until(lambda: all(alert["endsAt"] > first["endsAt"] for alert in server.alerts()), 10)
        house.after(1)
        house.say(DOOR, "door_open", False)
        house.say(PUMP, "battery", 90.0)
        out.wake()
        until(lambda: server.alerts() == [], 10)


def test_one_that_was_away_or_began_anew_is_told_what_stands(house, server):
    door_held_open(house)
    out, stop = outgoing(house, server), threading.Event()
    server.kill()
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 does not answer.*is it up"):
        out.run(stop)
    server.start()
    with telling(out):
        until(server.alerts, 10)


def test_a_wrong_address_and_wrong_files_are_named(house, server, tmp_path):
    door_held_open(house)
    with pytest.raises(Unreachable, match=r"says 404.*is `alertmanager\.url` right"):
        outgoing(house, server, url=f"{server.url}/elsewhere").run(threading.Event())
    with pytest.raises(ConfigError, match="alertmanager: the files under tls"):
        outgoing(house, server, tls={"ca": str(tmp_path / "none.pem")})
    with pytest.raises(ValidationError, match="begins with https"):
        Config(url="alertmanager:9093")


def test_what_is_silent_here_and_what_came_from_there_is_not_said(house, server):
    webhook = Webhook(house)
    webhook.says(("a", "firing"))
    door_held_open(house)
    out = outgoing(house, server)
    assert [alert["labels"]["alertname"] for alert in out.alerts()] == ["Door"]
    door, now = next(alarm for alarm in house.all(book.Alarm) if alarm.subject == DOOR), house.clock.now()
    with house.database.write() as session:
        book.shelve(session, door.id, now + timedelta(hours=1), "okafor", "it is being repaired", now)
    assert out.alerts() == []


def test_what_cleared_is_said_for_a_while(house, server):
    door_held_open(house)
    house.say(DOOR, "door_open", False)
    out = outgoing(house, server)
    assert [alert["firing"] for alert in out.alerts()] == [False]
    with house.database.write() as session:
        session.get_one(book.Alarm, house.alarm.id).cleared -= timedelta(minutes=16)
    assert out.alerts() == []
