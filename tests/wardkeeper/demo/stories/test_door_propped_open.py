"""The contact says open, the pressure is gone within a minute, and comes back when the door is shut."""

from wardkeeper.demo.stories import door_propped_open as story


def test_the_door_stands_open_for_minutes_and_is_shut():
    assert [story.says("4.12", "4.12/door", second)["contact"] for second in (0, 200, 329, 331)] == [False] * 3 + [True]


def test_the_pressure_rises_to_minus_0_4_pa_and_falls_again():
    said = [story.says("4.12", "4.12/pressure", second)["differential_pressure"] for second in (0, 60, 300, 400)]
    assert said[0] < -2.5
    assert said[1] == said[2] == -0.4
    assert said[3] < -2.5
