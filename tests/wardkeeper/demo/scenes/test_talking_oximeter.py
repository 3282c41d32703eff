"""It is silent until it is plugged in, and the others at their beds talk."""

from wardkeeper.demo.scene import SILENT
from wardkeeper.demo.scenes import talking_oximeter as scene


def test_it_stays_at_a_bed(world):
    (device,) = [talker for talker in world.devices if talker.topic in scene.TARGETS]
    assert device.dialect == "serial"
    assert world.asset[device.asset].bed


def test_it_talks_once_it_is_plugged_in():
    assert scene.says("bed-4-12", "bed-4-12", 14) == SILENT
    assert scene.says("bed-4-12", "bed-4-12", 15) == {}
    assert scene.says("bed-4-12", "bed-4-07", 1) == {}
