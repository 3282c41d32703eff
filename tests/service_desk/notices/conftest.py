"""The small hospital of the desk, with people who want to hear of it and channels that do as they are told."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from asset_registry.people import Person, Principal
from service_desk.alarms.consumer import Practice
from service_desk.incidents.book import Custom
from service_desk.notices import choices
from service_desk.notices.model import Notice
from service_desk.notices.notifier import Notifier
from service_desk.notices.ports import Receipt
from service_desk.notices.telling import Known, Teller
from service_desk.notices.timers import Timers
from service_desk.notices.wording import Wording
from service_desk.notices.worker import House as Telling
from service_desk.notices.worker import NoticeWorker

ZONE = ZoneInfo("Europe/Berlin")
CHANNELS = {
    "mail": Known("channel.email", "E-mail address", str),
    "sms": Known("channel.sms", "Mobile number", str),
}


class Recorded:
    """A channel that writes down what it is handed, and fails as told: each of `fails` once."""

    def __init__(self, *fails):
        self.fails, self.said, self.tested = list(fails), [], 0

    def hand(self, message):
        if self.fails:
            raise self.fails.pop(0)
        self.said.append(message)
        return Receipt("taken")

    def test(self, now):
        self.tested += 1
        if self.fails:
            raise self.fails[0]
        return "fine"

    def close(self):
        pass


class Desk:
    """A house with notices. `by` are its channels; `work` lets each of them hand over what is due."""

    def __init__(self, house):
        self.house = house
        self.by = {name: Recorded() for name in CHANNELS}
        self.offered = []
        self.teller = Teller(house.registered, CHANNELS, ZONE)
        house.practice = Practice(custom=replace(Custom(), notify=Notifier(self.teller)))
        house.restart()
        self.start()

    def start(self, holder="here"):
        """A process begins: only the database is left of the one before."""
        wording = Wording("Linden General", "https://ward.linden.example", ZONE)
        told = Telling(self.house.database, self.house.clock, self.teller, wording, self, holder, jitter=lambda: 1.0)
        self.workers = {name: NoticeWorker(name, channel, told) for name, channel in self.by.items()}
        self.timers = Timers(self.house.database, self.teller, self.house.clock, lambda: None)

    def offer(self, items, durable):
        self.offered += items
        return True

    def wants(self, login, *ways, **wish):
        """A person chooses ways ("mail", "sms") and what to hear of; from `low` on when nothing is said."""
        now = self.house.clock.now()
        who = self.person(login)
        with self.house.database.write() as session:
            for channel in ways:
                choices.add_way(session, self.teller, who, channel, f"{login} by {channel}", now)
            choices.set_wish(session, who, choices.Wanted(**({"priority": "low"} | wish)), now)

    def person(self, login):
        with self.house.database.read() as session:
            row = session.get(Person, self.house.ids[login])
        return Principal(row.id, row.login, row.name, frozenset(row.roles))

    def work(self):
        """Until nothing is due; says how many calls of channels that took."""
        self.timers.tick()
        done = 0
        while any(worker.work() for worker in self.workers.values()):
            done += 1
        return done

    @property
    def notices(self):
        return self.house.all(Notice)

    @property
    def told(self):
        """(address, what) of everything that a channel took, in order."""
        said = [message for channel in self.by.values() for message in channel.said]
        return [(message.address, fact.what) for message in said for fact in message.facts]


@pytest.fixture
def desk(house):
    return Desk(house)
