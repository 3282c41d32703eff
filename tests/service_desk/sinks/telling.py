"""A house whose incidents go to a foreign system."""

import asyncio
from dataclasses import replace

from service_desk.incidents.book import Custom, news
from service_desk.incidents.model import Outbox
from service_desk.outbox import OutboxWorker
from service_desk.remote.model import RemoteTicket
from service_desk.surroundings import Surroundings
from service_desk.tickets.evidence import freeze_all

PUMP = "mqtt:zigbee2mqtt/pump/P-117"


class Telling:
    """A house whose incidents go to `there`. `tell` is the outbox at work until nothing is due; `told` says all."""

    def __init__(self, house, there, module):
        """`module` has the `Config` and the `build` of the sink."""
        self.house, self.there, self.module = house, there, module
        house.practice = replace(house.practice, custom=Custom(sinks=("there",)))
        house.restart()
        self.sink = self.sink_of()
        self.outbox = OutboxWorker(house.database, {"there": self.sink}, house.clock, jitter=lambda: 1.0)

    def sink_of(self, **changes):
        config = self.module.Config.model_validate({**self.there.settings(), **changes})
        house = self.house

        def frozen(session, incidents, now):
            return freeze_all(session, house.sources, incidents, now)

        return self.module.build(config, Surroundings("there", house.database, house.clock, frozen, self.there.site))

    def tell(self):
        done = 0
        while asyncio.run(self.outbox.work()):
            done += 1
        return done

    def wait(self, seconds, step=5):
        """Time passes, in steps, the outbox at work."""
        for _ in range(int(seconds // step)):
            self.house.after(step)
            self.tell()

    @property
    def told(self):
        return all(row.done for row in self.house.all(Outbox))

    @property
    def news(self):
        with self.house.database.read() as session:
            return [news(session, row) for row in session.query(Outbox).order_by(Outbox.id)]

    @property
    def kept(self):
        (kept,) = self.house.all(RemoteTicket)
        return kept

    def low(self):
        self.house.say(PUMP, "battery", 50.0)
        self.house.after(10)
        self.house.say(PUMP, "battery", 20.0)

    def normal(self):
        self.house.after(60)
        self.house.say(PUMP, "battery", 90.0)

    def quiet(self):
        """It stays normal until the incident closes."""
        self.house.after(400)

    def story(self):
        """An incident that opens, clears, closes, and comes back."""
        for stage in (self.low, self.normal, self.quiet, self.low):
            stage()
            yield stage
