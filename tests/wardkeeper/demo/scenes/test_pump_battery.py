"""Off the mains, below 25 % within half a minute."""

from wardkeeper.demo.scenes import pump_battery as scene


def test_the_battery_falls_off_the_mains_while_the_pump_infuses():
    assert scene.says("P-117", "pump/P-117", 0) == {"battery": 41, "ac_connected": False, "infusing": True}
    assert scene.says("P-117", "pump/P-117", 30)["battery"] < 25
    assert scene.says("P-117", "pump/P-117", 500)["battery"] < 20
