"""The air of one operating room falls to 18 %."""

from wardkeeper.demo.scenes import humidifier_fails as scene


def test_the_target_is_an_operating_room(world):
    assert {world.room[number].room_type for number in scene.TARGETS} == {"operating_room"}


def test_its_humidity_falls_below_20_percent_within_half_a_minute():
    said = [scene.says("2.08", "2.08/climate", second)["humidity"] for second in (0, 20, 500)]
    assert said == [41, 18, 18]
    assert scene.says("2.08", "2.07/climate", 60) == {}
