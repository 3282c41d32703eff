"""What a decoder costs, whatever else the machine does meanwhile."""

import contextlib
import time

from collector.errors import BadFrame


def seconds(act, *about):
    """The processor time of `act`, frame refused or not: the least of three, since one may have to collect garbage."""
    taken = []
    for _ in range(3):
        began = time.thread_time()
        with contextlib.suppress(BadFrame):
            act(*about)
        taken.append(time.thread_time() - began)
    return min(taken)
