"""The fan falls to 38 %, the five rooms it serves fall short, and nobody else."""

from wardkeeper.demo.scenes import fan_belt_slips as scene


def test_the_fan_slows_down():
    assert [scene.says("AHU-3", "plant/AHU-3", second)["fan_speed"] for second in (0, 10, 500)] == [72, 38, 38]


def test_the_rooms_it_serves_fall_below_four_changes_an_hour(world):
    assert len(world.asset["AHU-3"].serves) == 5
    for number in world.asset["AHU-3"].serves:
        said = [scene.says("AHU-3", f"{number}/air", second)["air_changes"] for second in (0, 30)]
        assert said[0] >= 4 > said[1]
    assert scene.says("AHU-3", "4.06/air", 120) == {}


def test_one_room_grows_stale_and_two_grow_warm():
    assert scene.says("AHU-3", "4.05/climate", 300) == {"co2": 1180}
    assert scene.says("AHU-3", "4.01/climate", 300) == {"temperature": 24.6}
    assert scene.says("AHU-3", "4.02/climate", 300) == {}
