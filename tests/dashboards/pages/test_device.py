"""One device: its sentence, its chart with range, alarms and gaps, its vitals kept in their place."""

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import AIR, NEW, OXIMETER

LINE = "Not for patient monitoring. May be late or missing. Look at the bedside device."


@pytest.fixture
def sensor(hospital):
    """The address of the air sensor in 4.12."""
    return f"/devices/{hospital.devices[AIR]}"


def span_of(hospital, hours):
    now = int(hospital.clock.now().timestamp() * 1000)
    return f"from={now - hours * 3_600_000}&to={now}"


def test_a_device_that_talks(signed_in, hospital, sensor):
    hospital.measure(AIR, "temperature", 22.4, ago_s=3)
    page = signed_in("biomed").get(sensor).text.replace("\u00a0", " ")
    assert "<h1" in page
    assert "air talks" in page
    assert "It hangs in" in page
    assert "between 22.4 °C and 22.4 °C, now 22.4 °C" in page, "the chart in words"


def test_one_that_is_silent_says_so(signed_in, hospital, sensor):
    hospital.measure(AIR, "temperature", 22.4, ago_s=3600)
    assert (
        "is silent" in signed_in("biomed").get(sensor).text or "has been silent" in signed_in("biomed").get(sensor).text
    )


def test_one_that_was_never_heard_and_belongs_nowhere(signed_in, hospital):
    page = signed_in("biomed").get(f"/devices/{hospital.devices[NEW]}").text
    assert "There is nothing to draw yet." in page
    assert "say what it is" in page


def test_the_range_is_that_of_its_room(signed_in, hospital, sensor):
    hospital.measure(AIR, "temperature", 22.4)
    assert "normal 21–24\u00a0°C" in signed_in("biomed").get(sensor).text


def test_the_range_of_a_rule_that_watches_it_comes_before_that_of_its_room(signed_in, ward, sensor):
    ward.alarm(AIR, "temperature", 27.4, above=26.0, priority="high", title="{room} is warm")
    assert "normal at most 26\u00a0°C" in signed_in("biomed").get(sensor).text


def test_points_for_the_chart(signed_in, hospital, ward, sensor):
    ward.alarm(AIR, "temperature", 27.4, minutes=20, above=24.0, priority="high", title="{room} is warm")
    body = signed_in("biomed").get(f"{sensor}/series?metric=temperature&{span_of(hospital, 1)}").json()
    assert (body["low"], body["high"], body["unit"], body["digits"]) == (None, 24.0, "°C", 1)
    assert len(body["t"]) == len(body["v"]) == len(body["lo"]) == len(body["hi"])
    assert body["v"][-1] == 27.4
    assert [alarm["priority"] for alarm in body["alarms"]] == ["high"]


def test_a_gap_is_a_gap(signed_in, hospital, sensor):
    for minute in (*range(20), *range(40, 60)):
        hospital.measure(AIR, "temperature", 22.0, ago_s=60 * minute)
    body = signed_in("biomed").get(f"{sensor}/series?metric=temperature&{span_of(hospital, 1)}").json()
    assert body["v"].count(None) == 1


def test_a_week_is_downsampled_and_keeps_its_peaks(signed_in, hospital, sensor):
    hospital.hear(*(hospital.reading(AIR, "temperature", 22.0, ago_s=60.0 * n) for n in range(7 * 1440)))
    hospital.measure(AIR, "temperature", 31.0, ago_s=4 * 86400 + 30)
    body = signed_in("biomed").get(f"{sensor}/series?metric=temperature&{span_of(hospital, 168)}").json()
    assert len(body["t"]) < 450
    assert max(body["hi"]) == 31.0
    assert max(body["v"]) < 31.0


def test_a_door_has_words_for_its_states(signed_in, hospital, sensor):
    hospital.measure(AIR, "door_open", True)
    body = signed_in("biomed").get(f"{sensor}/series?metric=door_open&{span_of(hospital, 1)}").json()
    assert body["states"] == ["closed", "open"]


@pytest.mark.parametrize("query", ["metric=nothing", "metric=room"])
def test_what_cannot_be_drawn_is_not_there(signed_in, hospital, sensor, query):
    assert signed_in("biomed").get(f"{sensor}/series?{query}&{span_of(hospital, 1)}").status_code == 404


def test_a_span_that_ends_before_it_begins_is_wrong(signed_in, hospital, sensor):
    hospital.measure(AIR, "temperature", 22.0)
    assert signed_in("biomed").get(f"{sensor}/series?metric=temperature&from=2000&to=1000").status_code == 422


class TestVitals:
    """Stored and shown on this one page, never judged."""

    @pytest.fixture
    def oximeter(self, hospital):
        hospital.measure(OXIMETER, "spo2", 97.0, ago_s=2)
        return f"/devices/{hospital.devices[OXIMETER]}"

    def test_they_stand_with_their_line_and_without_range(self, signed_in, oximeter):
        page = signed_in("clinician").get(oximeter).text
        assert "97\u00a0%" in page
        assert page.count(LINE) >= 1
        assert "normal" not in page.partition("<main")[2].partition("</main>")[0]

    def test_others_do_not_see_them(self, signed_in, hospital, oximeter):
        browser = signed_in("facilities")
        assert "97\u00a0%" not in browser.get(oximeter).text
        assert browser.get(f"{oximeter}/series?metric=spo2&{span_of(hospital, 1)}").status_code == 403

    def test_their_points_have_no_range_and_no_alarm(self, signed_in, hospital, oximeter):
        body = signed_in("clinician").get(f"{oximeter}/series?metric=spo2&{span_of(hospital, 1)}").json()
        assert (body["low"], body["high"], body["alarms"]) == (None, None, [])


# ---------------------------------------------------------------- in a browser


def test_the_chart_is_drawn_and_zooms(page, server, hospital, sensor):
    hospital.hear(*(hospital.reading(AIR, "temperature", 22.0 + n % 5 / 10, ago_s=300.0 * n) for n in range(280)))
    server.enter(page, "biomed").goto(server.url + sensor)
    chart = page.locator("#chart")
    expect(chart).to_have_attribute("data-state", "drawn")
    expect(chart.locator("canvas")).to_be_visible()
    assert int(chart.get_attribute("data-points")) > 200
    box = chart.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 50, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Whole 24 h")).to_be_visible()
    assert "from=" in page.url, "a zoomed chart can be sent to a colleague"
    page.reload()
    expect(chart).to_have_attribute("data-state", "drawn")
    expect(page.get_by_role("button", name="Whole 24 h")).to_be_visible()
    page.get_by_role("button", name="Whole 24 h").click()
    expect(page.get_by_role("button", name="Whole 24 h")).to_be_hidden()


def test_the_chart_has_a_table(page, server, hospital, sensor):
    hospital.measure(AIR, "temperature", 22.4, ago_s=100)
    server.enter(page, "biomed").goto(server.url + sensor)
    page.get_by_text("As a table").click()
    expect(page.get_by_role("cell", name="22.4").first).to_be_visible()
    expect(page.get_by_role("img", name="Temperature in the last 24 h: between")).to_be_visible()


def test_another_span_and_metric_are_addresses(page, server, hospital, sensor):
    hospital.measure(AIR, "temperature", 22.4)
    hospital.measure(AIR, "humidity", 41.0)
    server.enter(page, "biomed").goto(server.url + sensor)
    page.get_by_role("link", name="Humidity").click()
    page.get_by_role("link", name="7 d").click()
    assert page.url.endswith("metric=humidity&device=" + sensor.rpartition("/")[2] + "&span=7d")
    expect(page.get_by_role("heading", name="Humidity")).to_be_visible()


def test_the_device_is_good_to_look_at(page, server, hospital, ward, sensor, good_to_look_at):
    server.enter(page, "clinician")
    good_to_look_at(page, f"{server.url}/devices/{hospital.devices[NEW]}")
    ward.alarm(AIR, "temperature", 27.4, above=24.0, priority="high", title="{room} is warm")
    ward.tickets()
    good_to_look_at(page, server.url + sensor)
    hospital.measure(OXIMETER, "spo2", 97.0)
    good_to_look_at(page, f"{server.url}/devices/{hospital.devices[OXIMETER]}")


def test_an_oximeter_begins_with_a_number_and_not_with_a_yes_or_no(signed_in, hospital):
    for metric, value in (("battery_low", False), ("sensor_fault", False), ("pulse_rate", 72.0), ("spo2", 97.0)):
        hospital.measure(OXIMETER, metric, value)
    path = f"/devices/{hospital.devices[OXIMETER]}"
    assert 'id="chart-title">SpO₂<' in signed_in("biomed").get(path).text
    assert 'id="chart-title">Battery low<' in signed_in("facilities").get(path).text, "vitals are not for everybody"
