"""A time that a test moves."""

import pytest


class Time:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Time()
