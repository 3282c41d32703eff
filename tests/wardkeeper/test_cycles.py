"""Cycles are looked for more rarely, and still found."""

import gc
import weakref

import pytest

from wardkeeper.cycles import look_rarely


class Node:
    """Something that holds itself."""

    def __init__(self):
        self.self = self


@pytest.fixture(autouse=True)
def as_it_was():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_there_is_not_looked_at_again_and_a_cycle_made_later_still_goes():
    look_rarely()
    assert gc.get_freeze_count() > 1000
    gone = weakref.ref(Node())
    kept = []
    while gone() is not None and len(kept) < 200_000:
        kept.append([])
    assert gone() is None
