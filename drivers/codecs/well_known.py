"""Quantities by the names and units that nearly everybody gives them, for payloads whose names a site chooses.

Document: the UCUM codes of the metrics; names and units as Ignition, PLC projects and LoRaWAN codecs (Cayenne LPP,
Milesight, Dragino) write them. A unit may stand in the name: `temp_f`, `TempC_SHT`, `BatV`. Names that several
quantities share (`pressure`, `level`, `status`) are not here, nor is anything in a folder called after `NOT_MEASURED`.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from drivers.codecs.json_values import Field, fahrenheit, times

_WORDS = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|[\s_.\-]+")


def words(name: str) -> list[str]:
    """The words of a name, however they are put together: `supply-voltage`, `batteryLevel`, `TempC_SHT`."""
    return [word.lower() for word in _WORDS.split(name.strip()) if word]


def _names(table: Mapping[str, str]) -> dict[str, str]:
    return {name.strip(): metric for metric, several in table.items() for name in several.split(",")}


NAMES: Mapping[str, str] = _names(
    {
        "temperature": "temperature, temp, air temperature, air temp, ambient temperature, ambient temp,"
        " room temperature, room temp, temperature sensor, temp sht",
        "humidity": "humidity, hum, relative humidity, air humidity, room humidity, humidity sensor, rh, hum sht",
        "dew_point": "dew point, dewpoint",
        "supply_temperature": "supply air temperature, supply air temp",
        "co2": "co2",
        "illuminance": "illuminance, illumination, illuminance sensor, lux",
        "air_pressure": "barometric pressure, air pressure, atmospheric pressure, barometer",
        "differential_pressure": "differential pressure",
        "air_changes": "air changes, air change rate",
        "air_flow": "air flow, airflow",
        "pm1": "pm1, pm1 0",
        "pm25": "pm25, pm2 5",
        "pm10": "pm10",
        "tvoc": "tvoc",
        "occupancy": "occupancy, occupied, presence, presence sensor",
        "smoke": "smoke, smoke detected",
        "leak": "leak, leak detected, water leak",
        "door_open": "door open",
        "window_open": "window open",
        "battery": "battery level, battery percent, battery percentage, battery, bat",
        "battery_low": "battery low, low battery",
        "battery_voltage": "battery voltage, bat voltage",
        "voltage": "supply voltage, mains voltage, line voltage, voltage",
        "current": "current",
        "frequency": "mains frequency, line frequency",
        "power": "power, active power",
        "apparent_power": "apparent power",
        "reactive_power": "reactive power",
        "power_factor": "power factor",
        "energy": "energy, active energy, total energy",
        "uptime": "uptime",
        "signal": "rssi",
        "tamper": "tamper, tampered",
    }
)
"""The metric of a name in lower case, its words apart."""

NOT_MEASURED = frozenset(
    words(
        "alarm alarms calibration config configuration deadband default desired hysteresis limit limits max maximum"
        " min minimum offset set setpoint setpoints settings simulation sp target threshold thresholds wanted"
    )
)

_Units = Mapping[str, Callable[[float], float] | None]
_CELSIUS: _Units = {
    **dict.fromkeys(("c", "°c", "cel", "degc", "deg c", "celsius", "℃"), None),
    **dict.fromkeys(("f", "°f", "[degf]", "degf", "deg f", "fahrenheit", "℉"), fahrenheit),
    **dict.fromkeys(("k", "kelvin"), lambda kelvin: round(kelvin - 273.15, 6)),
}
_PERCENT: _Units = dict.fromkeys(("%", "%rh", "% rh", "percent", "pct"))
_MICROGRAMS: _Units = {
    **dict.fromkeys(("ug/m3", "µg/m³", "μg/m³", "µg/m3")),
    "mg/m3": times(1000),
}  # both Greek letters
_VOLT: _Units = {"v": None, "volt": None, "volts": None, "mv": times(0.001), "kv": times(1000)}

UNITS: Mapping[str, _Units] = {
    "temperature": _CELSIUS,
    "dew_point": _CELSIUS,
    "supply_temperature": _CELSIUS,
    "humidity": _PERCENT,
    "battery": _PERCENT,
    "co2": {"ppm": None, "[ppm]": None},
    "illuminance": {"lx": None, "lux": None},
    "air_pressure": {"hpa": None, "mbar": None, "pa": times(0.01), "kpa": times(10), "bar": times(1000)},
    "differential_pressure": {"pa": None, "hpa": times(100), "mbar": times(100), "inh2o": times(249.08891)},
    "air_changes": {"/h": None, "1/h": None, "ach": None},
    "air_flow": {"m3/h": None, "m³/h": None, "cfm": times(1.699011), "l/s": times(3.6), "m3/s": times(3600)},
    "pm1": _MICROGRAMS,
    "pm25": _MICROGRAMS,
    "pm10": _MICROGRAMS,
    "tvoc": _MICROGRAMS,
    "battery_voltage": _VOLT,
    "voltage": _VOLT,
    "current": {"a": None, "ma": times(0.001)},
    "frequency": {"hz": None},
    "power": {"w": None, "kw": times(1000)},
    "apparent_power": {"va": None, "kva": times(1000)},
    "reactive_power": {"var": None, "kvar": times(1000)},
    "power_factor": {"1": None},
    "energy": {"kwh": None, "kw.h": None, "wh": times(0.001)},
    "uptime": {"s": None, "sec": None, "seconds": None, "ms": times(0.001), "h": times(3600)},
    "signal": {"dbm": None, "db[mw]": None},
}
"""By metric: the units it comes in, in lower case, and what makes the metric's own of each. Others have none."""

SURE = frozenset({"humidity", "co2", "illuminance", "voltage", "frequency", "power_factor", "signal"})
"""What is measured in one unit everywhere, so that it need not be said. °C and °F are both common."""


_IN_NAMES = frozenset(words("c f v mv pct percent ppm hpa kpa pa lux lx w kw kwh wh dbm"))
_BARE = {"battery", "bat"}
_VOLTS_END = 5


def field(name: str, unit: str = "", above: Iterable[str] = (), assumed: Collection[str] = SURE) -> Field | None:
    """What a field called `name` in folders called `above` measures; None when that is not certain.

    `assumed`: the metrics whose own unit is meant where none is said.
    """
    if any(NOT_MEASURED.intersection(words(folder)) for folder in above):
        return None
    said, unit = words(name), unit.strip().lower()
    metric = NAMES.get(" ".join(said))
    if metric is None and not unit:  # the unit is a word of the name
        unit = next((word for word in said[1:] if word in _IN_NAMES), "")
        metric = NAMES.get(" ".join(word for word in said if word != unit)) if unit else None
    if metric == "battery" and unit in _VOLT:
        metric = "battery_voltage"
    if metric is None:
        return None
    units = UNITS.get(metric, {})
    if unit:
        return Field(metric, units[unit]) if unit in units else None
    if units and metric not in assumed:
        return None
    return Field(metric, _not_volts if " ".join(said) in _BARE else None)


def _not_volts(value: float) -> float:
    """A battery of which only the number is known: % where it cannot be volts."""
    return value if value > _VOLTS_END and value.is_integer() else math.nan


def told_apart(fields: Mapping[str, Field], separator: str, of_site: Collection[str] = ()) -> dict[str, str]:
    """By whole name, folders and all, what to put behind the device's id where several measure one quantity.

    It is the folder where that is enough, else the name. The same quantity in a second unit is left out.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for name, of in fields.items():
        alike.setdefault((of.metric, name.rpartition(separator)[0]), []).append(name)
    kept = {
        key: [one for one in several if one in of_site or fields[one].convert is None] or several[:1]
        for key, several in alike.items()
    }
    many = Counter(metric for (metric, _), several in kept.items() for _ in several)
    return {
        name: "" if many[metric] == 1 else folder if len(several) == 1 else name
        for (metric, folder), several in kept.items()
        for name in several
    }
