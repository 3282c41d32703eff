"""One Linden General and one morning for all tests of the demo."""

from datetime import UTC, datetime

import pytest

from wardkeeper.demo.world import World, build_world


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(1)


@pytest.fixture(scope="session")
def morning() -> datetime:
    return datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
