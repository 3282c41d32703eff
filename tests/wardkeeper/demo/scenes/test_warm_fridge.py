"""0 W at once, above 8 °C in half a minute."""

from wardkeeper.demo.scenes import warm_fridge as scene


def probe(second):
    return scene.says("F-07", "fridge/F-07", second)["probe_temperature"]


def test_the_compressor_has_stopped():
    assert scene.says("F-07", "plug-f-07", 0) == scene.says("F-07", "plug-f-07", 500) == {"Power": 0}


def test_the_probe_leaves_its_range_within_half_a_minute_and_climbs_on():
    assert probe(0) < 8
    assert all(probe(second) > 8 for second in range(30, 600, 10))
    assert probe(30) < probe(120) < probe(500)
