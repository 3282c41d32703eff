"""Any life of a spool: whatever happens in whatever order, every consumer gets every record once and in order."""

import contextlib
import resource
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from collector.clock import ManualClock
from collector.errors import Unreachable
from collector.reading import DeliveryKey, Reading
from collector.segment import frame
from collector.spool import Spool

T0 = ManualClock().now()
CONSUMERS = ("store", "alarms")


def key(mid: int) -> DeliveryKey:
    return DeliveryKey("mqtt", "1", mid, b"", redelivered=True)


class Life(RuleBasedStateMachine):
    """`written` is what append promised to keep; `got` what each consumer was given after its own durable position."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="spool-life-"))
        self.clock = ManualClock()
        self.written: list[int] = []
        self.positions = dict.fromkeys(CONSUMERS, 0)
        self.got: dict[str, list[int]] = {name: [] for name in CONSUMERS}
        self.spool = self.opened()

    def opened(self) -> Spool:
        spool = Spool(self.directory, self.clock, segment_bytes=600, keep_s=60)
        for name, position in self.positions.items():
            spool.register(name, position)
        return spool

    def teardown(self) -> None:
        self.spool.close()
        shutil.rmtree(self.directory)

    @rule(count=st.integers(1, 4))
    def append(self, count):
        for _ in range(count):
            number = len(self.written)
            reading = Reading("d", "co2", float(number), T0, T0)
            assert self.spool.append([([reading], key(number))]) > max(self.positions.values())
            self.written.append(number)

    @rule(room=st.integers(0, 300), new=st.booleans())
    def append_with_little_room(self, room, new):
        """The kernel refuses somewhere inside the record, the preface, before anything was written, or not at all."""
        last = 0 if new else max((path.stat().st_size for path in self.directory.glob("*.spool")), default=0)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (last + room, hard))
        number = len(self.written)
        head = self.spool.head
        try:
            with contextlib.suppress(Unreachable):
                self.spool.append([([Reading("d", "co2", float(number), T0, T0)], key(number))])
                self.written.append(number)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert self.spool.head - head == len(self.written) - number
        assert sum(path.stat().st_size for path in self.directory.glob("*.spool")) == self.spool.size

    @rule(name=st.sampled_from(CONSUMERS), limit=st.integers(1, 5))
    def consume(self, name, limit):
        for position, items in self.spool.read(self.positions[name], limit):
            assert position > self.positions[name]
            self.positions[name] = position
            self.got[name] += [int(item.value) for item in items]
        self.spool.advance(name, self.positions[name])

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds):
        self.clock.advance(seconds)

    @rule()
    def restart(self):
        self.spool.close()
        self.spool = self.opened()

    @rule(cut=st.integers(1, 60))
    @precondition(lambda self: any(self.directory.glob("*.spool")))
    def die_while_writing(self, cut):
        """What a killed process leaves: a piece of a record that nobody was told of."""
        self.spool.close()
        last = max(self.directory.glob("*.spool"))
        with last.open("ab") as file:
            file.write(frame(self.spool.head + 1, b"x" * 100)[:cut])
        self.spool = self.opened()

    @rule()
    def die_before_the_first_byte_of_a_segment(self):
        self.spool.close()
        (self.directory / f"{self.spool.head + 1:020d}.spool").touch()
        self.spool = self.opened()

    @invariant()
    def nothing_is_lost_doubled_or_out_of_order(self):
        for name in CONSUMERS:
            rest = [int(item.value) for _, items in self.spool.read(self.positions[name], 10**6) for item in items]
            assert self.got[name] + rest == self.written

    @invariant()
    def every_message_is_known(self):
        assert all(self.spool.known(key(number)) for number in self.written)
        assert not self.spool.known(key(len(self.written)))

    @invariant()
    def nothing_is_called_damaged(self):
        assert not self.spool.damage


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
