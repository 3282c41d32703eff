"""One call tells the desk everything about an asset."""

from tests.dashboards.conftest import OXIMETER, PUMP_TAG


def test_everything_about_an_asset_in_one_call(program, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    hospital.measure(PUMP_TAG, "battery", 80.0)
    told = program("biomed").get(f"/api/v1/assets/{hospital.assets['P-118']}/context").json()
    assert (told["asset"]["name"], told["room"], told["cold"]) == ("Pump 118", None, None)
    assert [(each["name"], each["room"]) for each in told["spares"]] == [("Pump 117", "4.13")]

    told = program("biomed").get(f"/api/v1/assets/{hospital.assets['P-117']}/context").json()
    assert told["room"]["room"]["number"] == "4.13"
    assert [(each["metric"], each["value"]) for each in told["readings"]] == [("battery", 80.0)]
    assert [each["place_id"] for each in told["stays"]] in ([], [hospital.places["4.13"]])
    assert (told["spares"], told["alarms"], told["tickets"]) == ([], [], [])


def test_vitals_are_not_among_it(program, hospital):
    hospital.measure(OXIMETER, "spo2", 97.0)
    told = program("biomed").get(f"/api/v1/assets/{hospital.assets['P-119']}/context").json()
    assert told["readings"] == []
    assert len(told["devices"]) == 1


def test_what_is_not_there(program):
    assert program("biomed").get("/api/v1/assets/9999/context").status_code == 404
