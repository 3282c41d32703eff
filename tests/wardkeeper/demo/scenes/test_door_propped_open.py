"""The contact says open, and the pressure is gone within seconds."""

from wardkeeper.demo.scenes import door_propped_open as scene


def test_the_door_stands_open():
    assert scene.says("4.12", "4.12/door", 0) == scene.says("4.12", "4.12/door", 500) == {"contact": False}


def test_the_pressure_rises_above_what_isolates():
    said = [scene.says("4.12", "4.12/pressure", second)["differential_pressure"] for second in (0, 10, 60)]
    assert said[0] < -2.5 < said[1] < said[2] == -0.4
