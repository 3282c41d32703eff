"""Off the mains, 22 % after two minutes, then plugged in and charging."""

from wardkeeper.demo.stories import pump_battery_dying as story


def said(second):
    return story.says("P-117", "pump/P-117", second)


def test_the_battery_falls_to_22_percent_off_the_mains():
    assert said(120) == {"battery": 22, "ac_connected": False, "infusing": True}
    assert said(60)["battery"] < 25


def test_someone_plugs_it_in():
    assert said(395)["ac_connected"]
    assert said(story.LENGTH - 1)["battery"] > 35
