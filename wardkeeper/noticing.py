"""What tells people: the channels of the settings, a worker for each, and what only time brings about."""

from collections.abc import Sequence
from datetime import timedelta

from asset_registry.db import AWAY, Database
from asset_registry.snapshot import SnapshotSource
from collector.clock import Clock
from collector.ports import Intake
from collector.supervisor import Target
from dashboards.context import Telling
from service_desk.notices.calendars import Calendars
from service_desk.notices.notifier import Notifier
from service_desk.notices.telling import Known, Teller
from service_desk.notices.timers import Timers
from service_desk.notices.wording import Wording
from service_desk.notices.worker import ChannelState, House, NoticeWorker
from service_desk.progress import stuck
from wardkeeper.collecting import part
from wardkeeper.settings import Settings
from wardkeeper.web import address


class Noticing:
    """`notifier` writes notices; the targets hand them over once a supervisor runs them."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        snapshots: SnapshotSource,
        intake: Intake,
        holder: str,
    ) -> None:
        """Raises ConfigError."""
        self._database, self._clock = database, clock
        opened = {name: part(given) for name, given in settings.channels.items()}
        known = {
            name: Known(
                str(settings.channels[name]["kind"]),
                module.ADDRESS,
                module.address,
                getattr(module, "shown", str),
                getattr(config, "browser_key", ""),
            )
            for name, (module, config) in opened.items()
        }
        self.teller = Teller(snapshots, known, settings.zone)
        self.notifier = Notifier(self.teller)
        wording = Wording(settings.site_name or settings.site, address(settings.web), settings.zone)
        house = House(database, clock, self.teller, wording, intake, holder)
        self._workers = [
            NoticeWorker(name, module.open_channel(config), house) for name, (module, config) in opened.items()
        ]
        self._timers = Timers(database, self.teller, clock, self.wake)
        on_call = settings.on_call
        self.calendars = Calendars(database, self.teller.on_call, clock, on_call.hosts, on_call.every_s, on_call.ca)

    def wake(self) -> None:
        """There may be something new."""
        for worker in self._workers:
            worker.wake()

    def states(self) -> Sequence[ChannelState]:
        """How each channel is."""
        return [worker.state for worker in self._workers]

    def stuck(self, late_s: float) -> list[str]:
        """What has not gone on for so long, in words without secrets (wardkeeper/heartbeat.py)."""
        try:
            with self._database.read() as session:
                found = stuck(session, self._clock.now(), timedelta(seconds=late_s))
        except AWAY:
            return ["the database does not answer"]
        states = self.states()
        return [
            *found,
            *(["no channel to people works"] if states and all(each.up is False for each in states) else []),
        ]

    def telling(self) -> Telling:
        """For the pages."""
        return Telling(self.teller, self.states, self.calendars, self.wake)

    def targets(self) -> list[tuple[str, Target]]:
        """For a supervisor."""
        return [
            *((f"notices by {worker.state.name}", worker.run) for worker in self._workers),
            ("escalation", self._timers.run),
            *([("on-call calendars", self.calendars.run)] if self.calendars.hosts else []),
        ]
