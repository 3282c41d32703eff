"""In which order what collects ends."""

import threading

from collector.clock import SystemClock
from collector.supervisor import Supervised
from wardkeeper.collecting import stop


def test_links_end_first_then_who_reads_the_spool_then_its_writer_and_those_of_one_kind_together():
    ended = []

    def service(name, others):
        def run(stopping):
            stopping.wait()
            others.wait(10)  # ends only when the others of its kind were asked too
            ended.append(name)

        return Supervised(name, run, SystemClock())

    links, readers, writer = (threading.Barrier(number) for number in (2, 2, 1))
    services = [
        service("spool", writer),
        service("store", readers),
        service("alarms", readers),
        service("link ward", links),
        service("link beds", links),
    ]
    for each in services:
        each.start()
    stop(services)
    assert [each.status.state for each in services] == ["stopped"] * 5
    assert set(ended[:2]) == {"link ward", "link beds"}
    assert set(ended[2:4]) == {"store", "alarms"}
    assert ended[4:] == ["spool"]
