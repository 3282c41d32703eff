"""Is a store as cold as it must be, and can its probe be believed? Pure: readings and the time in, a sentence out.

The probe: buffered, ±0.5 °C, with a valid calibration certificate (CDC, Vaccine Storage and Handling Toolkit).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from asset_registry.cold_chain.excursions import LONGEST_GAP
from asset_registry.hvac import Range, limit_words, span_words
from collector.reading import Quality, Reading

MOST_ACCURACY_C = 0.5

State = Literal["ok", "out", "uncertain", "unknown"]


@dataclass(frozen=True)
class Probe:
    """What is known of a store's probe: buffered, good to ± `accuracy_c` °C, certified to the end of `valid_until`."""

    buffered: bool = False
    accuracy_c: float | None = None
    certificate: str = ""
    valid_until: date | None = None


@dataclass(frozen=True)
class ColdStatus:
    """`out` outranks `uncertain`: a probe in doubt that shows 11 °C is no comfort. `doubts` say why it is in doubt.

    `since`: from when on it is out or unknown, where that is known.
    """

    state: State
    sentence: str
    value: float | None = None
    since: datetime | None = None
    doubts: tuple[str, ...] = ()


def doubts_about(probe: Probe, today: date) -> tuple[str, ...]:
    """Why its readings are UNCERTAIN, each in words; () when they can be relied on."""
    said = []
    if not probe.buffered:
        said.append("its probe is not known to be buffered")
    if probe.accuracy_c is None:
        said.append("the accuracy of its probe is not known")
    elif probe.accuracy_c > MOST_ACCURACY_C:
        said.append(f"its probe is good to ±{probe.accuracy_c:g}\u00a0°C only, must be ±{MOST_ACCURACY_C:g}\u00a0°C")
    if not probe.certificate or probe.valid_until is None:
        said.append("its probe has no calibration certificate")
    elif probe.valid_until < today:
        said.append(f"the certificate of its probe expired on {probe.valid_until:%-d %b %Y}")
    return tuple(said)


def judge_store(
    name: str,
    wanted: Range,
    probe: Probe,
    reading: Reading | None,
    now: datetime,
    zone: tzinfo,
    out_since: datetime | None = None,
) -> ColdStatus:
    """The status of a store by its newest reading; `out_since` when the present excursion began."""
    doubts = doubts_about(probe, now.astimezone(zone).date())
    value = _number(reading)
    if reading is None or value is None or reading.quality is Quality.BAD:
        since = reading.at if reading is not None else None
        return ColdStatus("unknown", f"{name}: its probe has not reported a temperature", None, since, doubts)
    if now - reading.at > LONGEST_GAP:
        told = f"{name}: unknown for {span_words(now - reading.at)}, a reading is due every 30\u00a0min"
        return ColdStatus("unknown", told, None, reading.at, doubts)
    if reading.quality is Quality.UNCERTAIN:
        doubts = (*doubts, "its last reading is marked uncertain")
    shown = f"{value:.1f}\u00a0°C".replace("-", "−")
    must = limit_words(wanted.low, wanted.high)
    if not wanted.holds(value):
        since = out_since or reading.at
        how = "too warm" if wanted.high is not None and value > wanted.high else "too cold"
        told = f"{name} is {how}: {shown}, {must}, for {span_words(max(timedelta(), now - since))}"
        return ColdStatus("out", told, value, since, doubts)
    if doubts:
        return ColdStatus("uncertain", f"{name}: {shown}, uncertain: {doubts[0]}", value, None, doubts)
    return ColdStatus("ok", f"{name}: {shown}, in range", value)


def _number(reading: Reading | None) -> float | None:
    if reading is None or isinstance(reading.value, bool | str):
        return None
    return float(reading.value)
