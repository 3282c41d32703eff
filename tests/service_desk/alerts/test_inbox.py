"""From a webhook to a ticket: one alarm an alert, however often and mixed it is said."""

from datetime import timedelta

import pytest

from asset_registry.errors import Missing
from collector.errors import Unreachable
from service_desk.alarms.consumer import AlarmConsumer
from service_desk.alarms.model import Alarm
from service_desk.alerts import inbox
from service_desk.alerts.inbox import FORGOTTEN_AFTER, Inbox
from service_desk.alerts.incoming import Source
from service_desk.alerts.model import Alert
from service_desk.alerts.subjects import SubjectsOfAlerts
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Ticket
from tests.service_desk.conftest import FRIDGE, TAG

pytestmark = pytest.mark.dialects("sqlite")

RULE = """
rules:
  - {name: Alerts, kind: alert, priority: low}
"""


class Disk:
    """An intake whose disk takes at once, or `slow` never, or `full` nothing."""

    def __init__(self, house):
        self.house, self.slow, self.full = house, False, False

    def offer(self, items, durable=None, key=None):
        if self.full:
            return False
        if not self.slow:
            self.house.hear(list(items))
            durable()
        return True


class Webhook:
    """`says` each alert as (fingerprint, status, more labels)."""

    def __init__(self, house):
        self.house, self.disk = house, Disk(house)
        with house.database.write() as session:
            import_yaml(session, RULE, who="okafor", now=house.clock.now())
        self.restart()

    def restart(self):
        house = self.house
        subjects = SubjectsOfAlerts(house.registered, house.latest, house.database)
        house.alarms = AlarmConsumer(house.database, subjects, house.clock, "here", house.practice)
        self.inbox = Inbox(house.database, self.disk, house.clock, {"prom": Source()})

    def says(self, *alerts):
        self.house.clock.advance(1)
        told = []
        for fingerprint, status, *more in alerts:
            labels = {"alertname": f"Alert {fingerprint}", **(more[0] if more else {})}
            told.append({"status": status, "labels": labels, "annotations": {}, "fingerprint": fingerprint})
        return self.inbox.take("prom", {"alerts": told})

    @property
    def active(self):
        return {alarm.subject.rpartition(":")[2]: alarm.active for alarm in self.house.all(Alarm)}


@pytest.fixture
def webhook(house):
    return Webhook(house)


@pytest.mark.dialects("sqlite", "postgresql")
def test_an_alert_is_one_alarm_and_one_ticket_however_often_it_is_said(webhook, house):
    for _ in range(3):
        assert webhook.says(("a", "firing", {"severity": "critical", "asset": "F-07"})) == (1, 0)
    webhook.restart()
    webhook.says(("a", "firing", {"severity": "critical", "asset": "F-07"}))
    house.work()
    assert (house.alarm.priority, house.alarm.title, house.whats) == ("high", "Alert a: firing", ["raised"])
    assert (house.ticket.asset_id, house.ticket.title) == (house.ids["F-07"], "Alert a: firing")
    webhook.says(("a", "resolved"))
    webhook.says(("a", "resolved"))
    assert house.whats == ["raised", "cleared"]


def test_a_group_says_firing_and_resolved_mixed(webhook, house):
    assert webhook.says(("a", "firing"), ("b", "firing")) == (2, 0)
    assert webhook.says(("a", "resolved"), ("b", "firing"), ("c", "firing")) == (2, 1)
    assert webhook.active == {"a": False, "b": True, "c": True}
    assert house.all(Alarm)[0].priority == "low"


def test_the_end_of_what_never_fired_is_nothing(webhook, house):
    assert webhook.says(("a", "resolved")) == (0, 1)
    assert (house.all(Alarm), house.all(Alert)) == ([], [])


@pytest.mark.parametrize(
    "labels, asset, room",
    [
        ({"asset": "f-07"}, "F-07", "4.18"),
        ({"asset": "F-07", "room": "4.12"}, "F-07", "4.18"),
        ({"asset": "P-117", "room": "4.12"}, "P-117", "4.12"),
        ({"room": "4.12"}, None, "4.12"),
        ({"device": FRIDGE}, "F-07", "4.18"),
        ({"device": TAG, "room": "4.15"}, "P-117", "4.15"),
        ({"asset": "nothing of ours", "room": "9.99", "device": "10.0.0.1:9100"}, None, None),
    ],
)
def test_what_it_is_about_is_what_its_labels_name(webhook, house, labels, asset, room):
    webhook.says(("a", "firing", labels))
    assert (house.alarm.asset_id, house.alarm.place_id) == (house.ids.get(asset), house.ids.get(room))


def test_what_is_not_on_disk_is_not_answered_for_and_comes_again(webhook, house, monkeypatch):
    monkeypatch.setattr(inbox, "DURABLE_WITHIN_S", 0.01)
    for name in ("full", "slow"):
        setattr(webhook.disk, name, True)
        with pytest.raises(Unreachable, match="send them again"):
            webhook.says(("a", "firing"))
        setattr(webhook.disk, name, False)
    assert house.all(Alarm) == []
    webhook.says(("a", "firing"))
    webhook.disk.full = True
    with pytest.raises(Unreachable):
        webhook.says(("a", "resolved"))
    webhook.disk.full = False
    assert webhook.active == {"a": True}
    webhook.says(("a", "resolved"))  # though its row knows the end already
    assert webhook.active == {"a": False}


def test_what_ended_long_ago_is_forgotten(webhook, house):
    webhook.says(("a", "firing"), ("b", "firing"))
    webhook.says(("a", "resolved"))
    house.clock.advance((FORGOTTEN_AFTER + timedelta(days=1)).total_seconds())
    webhook.says(("c", "firing"))
    assert [alert.device for alert in house.all(Alert)] == ["alert:prom:b", "alert:prom:c"]


def test_a_source_that_nobody_named(webhook):
    with pytest.raises(Missing, match="names no 'nagios'"):
        webhook.inbox.take("nagios", {"alerts": []})


def test_nothing_said_is_nothing_to_wait_for(webhook, house):
    webhook.disk.full = True
    assert webhook.says() == (0, 0)
    house.work()
    assert house.all(Ticket) == []
