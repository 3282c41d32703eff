"""The fan falls to 38 %, the five rooms it serves fall short, and nobody else."""

from wardkeeper.demo.stories import air_handler_weak as story


def test_the_fan_slows_down_and_recovers():
    assert [story.says("AHU-3", "plant/AHU-3", second)["fan_speed"] for second in (0, 60, 470, 520)] == [72, 38, 38, 73]


def test_the_rooms_it_serves_fall_below_four_changes_an_hour(world):
    for number in world.asset["AHU-3"].serves:
        said = [story.says("AHU-3", f"{number}/air", second)["air_changes"] for second in (0, 120, story.LENGTH)]
        assert said[0] >= 4
        assert said[1] < 3
        assert said[2] >= 4
    assert story.says("AHU-3", "4.06/air", 120) == {}


def test_one_room_grows_stale_and_two_grow_warm():
    assert story.says("AHU-3", "4.05/climate", 300) == {"co2": 1180}
    assert story.says("AHU-3", "4.01/climate", 300) == {"temperature": 24.6}
    assert story.says("AHU-3", "4.02/climate", 300) == {}
