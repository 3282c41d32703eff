"""The pump that the page names first is the one that the colleague takes."""

from types import SimpleNamespace

from wardkeeper.demo.scenes import nearest_pump as scene
from wardkeeper.demo.world import PEOPLE


def test_it_happens_to_the_nearest_pump():
    assert scene.choose(SimpleNamespace(nearest=lambda words, room: f"{words} near {room}")) == "pump near 4.12"


def test_a_clinician_takes_it_while_somebody_looks():
    login, second = scene.CLAIM
    assert next(staff.roles for staff in PEOPLE if staff.login == login) == ("clinician",)
    assert 15 <= second <= 30
