"""Quantities by the names and units that nearly everybody gives them, for payloads whose names a site chooses.

Document: `drivers/codecs/units.py` for UCUM; names and units as Ignition, PLC projects and LoRaWAN codecs (Cayenne LPP,
Milesight, Dragino) write them. A unit may stand in the name: `temp_f`, `TempC_SHT`, `BatV`. Names that several
quantities share (`pressure`, `level`, `status`) are not here, nor is anything in a folder called after `NOT_MEASURED`.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from collector.metrics import METRICS
from drivers.codecs.json_values import Field
from drivers.codecs.units import conversion

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

_SPELLED: Mapping[str, str] = {
    **dict.fromkeys(("c", "degc", "deg c", "celsius", "℃"), "Cel"),
    **dict.fromkeys(("f", "degf", "deg f", "fahrenheit", "℉"), "[degF]"),
    **dict.fromkeys(("%rh", "% rh", "percent", "pct"), "%"),
    **dict.fromkeys(("v", "volt", "volts"), "V"),
    **{
        unit.lower(): unit
        for unit in ("mV", "kPa", "hPa", "Pa", "mbar", "lux", "lx", "ppm", "ppb", "W", "kW", "kWh", "Wh")
    },
    **dict.fromkeys(("ach", "1/h"), "/h"),
    "dbm": "dBm",
    "cfm": "CFM",
    "sec": "s",
}
"""Units as people write them beside UCUM and the usual way, in lower case. mW and MW are not: case may not survive."""

SURE = frozenset({"humidity", "co2", "illuminance", "voltage", "frequency", "power_factor", "signal"})
"""What is measured in one unit everywhere, so that it need not be said. °C and °F are both common."""


_BARE = {"battery", "bat"}
_VOLTS_END = 5


def field(name: str, unit: str = "", above: Iterable[str] = (), assumed: Collection[str] = SURE) -> Field | None:
    """What a field called `name` in folders called `above` measures; None when that is not certain.

    `assumed`: the metrics whose own unit is meant where none is said.
    """
    if any(NOT_MEASURED.intersection(words(folder)) for folder in above):
        return None
    said = words(name)
    metric = NAMES.get(" ".join(said))
    if metric is None and not unit:  # the unit is a word of the name
        unit = next((word for word in said[1:] if word in _SPELLED), "")
        metric = NAMES.get(" ".join(word for word in said if word != unit)) if unit else None
    if metric is None or METRICS[metric].kind is bool:
        return Field(metric) if metric else None
    if unit:
        code = _SPELLED.get(unit.strip().lower(), unit.strip())
        return _converted(metric, code) or (_converted("battery_voltage", code) if metric == "battery" else None)
    if metric not in assumed:
        return None
    return Field(metric, _not_volts if " ".join(said) in _BARE else None)


def _converted(metric: str, unit: str) -> Field | None:
    try:
        return Field(metric, conversion(unit, METRICS[metric].unit))
    except ValueError:
        return None


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
