from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from asset_registry.cold_chain.judging import Probe, doubts_about, judge_store
from asset_registry.hvac import Range
from collector.reading import Quality, Reading

NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
GOOD = Probe(buffered=True, accuracy_c=0.5, certificate="DAkkS 4711", valid_until=date(2027, 3, 1))
VACCINES, PLASMA = Range(2, 8), Range(None, -18)


def judged(value, *, ago_s=5, probe=GOOD, quality=Quality.GOOD, wanted=VACCINES, out_since=None):
    at = NOW - timedelta(seconds=ago_s)
    reading = None if value is None else Reading("ble:probe", "probe_temperature", value, at, at, quality=quality)
    return judge_store("Fridge F-07", wanted, probe, reading, NOW, BERLIN, out_since)


@pytest.mark.parametrize(
    "status, state, sentence",
    [
        (judged(4.1), "ok", "Fridge F-07: 4.1 °C, in range"),
        (judged(8.0), "ok", "Fridge F-07: 8.0 °C, in range"),
        (
            judged(9.2, out_since=NOW - timedelta(minutes=6)),
            "out",
            "Fridge F-07 is too warm: 9.2 °C, normal 2–8, for 6 min",
        ),
        (judged(1.4), "out", "Fridge F-07 is too cold: 1.4 °C, normal 2–8, for 5 s"),
        (judged(-17.5, wanted=PLASMA), "out", "Fridge F-07 is too warm: −17.5 °C, at most −18, for 5 s"),
        (judged(-24.0, wanted=PLASMA), "ok", "Fridge F-07: −24.0 °C, in range"),
        (judged(4.1, ago_s=31 * 60), "unknown", "Fridge F-07: unknown for 31 min, a reading is due every 30 min"),
        (judged(None), "unknown", "Fridge F-07: its probe has not reported a temperature"),
        (judged(4.1, quality=Quality.BAD), "unknown", "Fridge F-07: its probe has not reported a temperature"),
        (
            judged(4.1, probe=replace(GOOD, valid_until=date(2026, 11, 3))),
            "uncertain",
            "Fridge F-07: 4.1 °C, uncertain: the certificate of its probe expired on 3 Nov 2026",
        ),
    ],
)
def test_a_store_in_words(status, state, sentence):
    assert (status.state, status.sentence.replace("\u00a0", " ")) == (state, sentence)


@pytest.mark.parametrize(
    "probe, word",
    [
        (replace(GOOD, buffered=False), "buffered"),
        (replace(GOOD, accuracy_c=None), "accuracy"),
        (replace(GOOD, accuracy_c=1.0), "±1"),
        (replace(GOOD, certificate=""), "no calibration certificate"),
        (replace(GOOD, valid_until=date(2026, 11, 23)), "expired"),
    ],
)
def test_what_makes_a_probe_doubtful(probe, word):
    (doubt,) = doubts_about(probe, date(2026, 11, 24))
    assert word in doubt
    assert judged(4.1, probe=probe).state == "uncertain"


def test_a_certificate_holds_to_the_end_of_its_day_on_the_hospitals_clock():
    assert judged(4.1, probe=replace(GOOD, valid_until=date(2026, 11, 24))).state == "ok"


def test_out_of_range_is_said_even_when_the_probe_is_in_doubt():
    status = judged(11.0, probe=Probe())
    assert (status.state, len(status.doubts)) == ("out", 3)
