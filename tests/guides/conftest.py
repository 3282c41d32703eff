"""A guide to follow, on ports that nobody uses."""

import shutil

import pytest

from tests.guides.guide import Guide

PORTS = ("1883", "1884", "8080", "8081")


@pytest.fixture
def follow(tmp_path, free_port):
    """A function that opens a guide by name, with texts that stand for something else here."""
    if shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip("mosquitto is not installed (Debian: apt-get install mosquitto mosquitto-clients)")
    guides = []

    def opened(name, **replace):
        ports = {port: str(free_port()) for port in PORTS}
        guides.append(Guide(name, tmp_path, {**ports, **replace}))
        return guides[-1]

    yield opened
    for guide in guides:
        guide.stop()
