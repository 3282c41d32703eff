"""0 W at once, above 8 °C in about a minute, cold again at the end."""

from wardkeeper.demo.stories import warm_fridge as story


def probe(second):
    return story.says("F-07", "fridge/F-07", second)["probe_temperature"]


def test_the_compressor_stops_and_comes_back():
    assert story.says("F-07", "plug-f-07", 0)["Power"] == 0
    assert story.says("F-07", "plug-f-07", 359)["Power"] == 0
    assert story.says("F-07", "plug-f-07", 361)["Power"] > 50


def test_the_probe_leaves_its_range_within_80_seconds_and_returns():
    assert probe(0) < 8
    assert probe(80) > 8
    assert all(probe(second) > 8 for second in range(80, 400, 10))
    assert probe(story.LENGTH - 1) < 6
