"""Units of measurement, and what makes one of another.

Document: The Unified Code for Units of Measure (https://ucum.org), table of units; beside its codes the usual writing.
"""

from collections.abc import Callable, Mapping

_TORR, _PSI = 133.322387415, 6894.757293168
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

_SCALES: Mapping[str, Mapping[str, float]] = {
    "pressure": {
        "Pa": 1, "hPa": 100, "mbar": 100, "kPa": 1000, "MPa": 1e6, "bar": 1e5, "mm[Hg]": _TORR,
        "[in_i'Hg]": 25.4 * _TORR, "cm[H2O]": 98.0665, "[psi]": _PSI,
    },
    "share": {"1": 1, "%": 0.01, "[ppth]": 1e-3, "[ppm]": 1e-6, "[ppb]": 1e-9},
    "mass": {"kg": 1, "g": 1e-3, "mg": 1e-6, "[lb_av]": 0.45359237, "[oz_av]": 0.028349523125},
    "mass in a volume": {"g/m3": 1, "mg/m3": 1e-3, "ug/m3": 1e-6, "g/L": 1e3, "mg/L": 1, "g/dL": 1e4, "mg/dL": 10},
    "volume": {"m3": 1, "L": 1e-3, "dL": 1e-4, "mL": 1e-6, "[gal_us]": 3.785411784e-3},
    "flow": {
        "m3/s": 1, "m3/h": 1 / _HOUR, "L/s": 1e-3, "L/min": 1e-3 / _MINUTE, "L/h": 1e-3 / _HOUR,
        "mL/min": 1e-6 / _MINUTE, "mL/h": 1e-6 / _HOUR, "[cft_i]/min": 0.028316846592 / _MINUTE,
    },
    "length": {"m": 1, "cm": 0.01, "mm": 1e-3, "[in_i]": 0.0254, "[ft_i]": 0.3048},
    "speed": {"m/s": 1, "km/h": 1 / 3.6, "[ft_i]/min": 0.3048 / _MINUTE},
    "time": {"ms": 1e-3, "s": 1, "min": _MINUTE, "h": _HOUR, "d": _DAY, "wk": 7 * _DAY},
    "rate": {"/s": 1, "Hz": 1, "kHz": 1000, "/min": 1 / _MINUTE, "/h": 1 / _HOUR},
    "power": {"W": 1, "mW": 1e-3, "kW": 1000},
    "apparent power": {"VA": 1, "kVA": 1000},
    "reactive power": {"var": 1, "kvar": 1000},
    "energy": {"J": 1, "kJ": 1e3, "MJ": 1e6, "W.h": _HOUR, "kW.h": 1e3 * _HOUR, "MW.h": 1e6 * _HOUR},
    "voltage": {"V": 1, "mV": 1e-3, "kV": 1000},
    "current": {"A": 1, "mA": 1e-3},
    "resistance": {"Ohm": 1, "kOhm": 1000},
    "conductivity": {"S/m": 1, "mS/cm": 0.1, "uS/cm": 1e-4},
    "dose rate": {"Sv/h": 1, "mSv/h": 1e-3, "uSv/h": 1e-6, "nSv/h": 1e-9},
    "activity in a volume": {"Bq/m3": 1, "pCi/L": 37},
    "level": {"dB": 1},
    "level to a milliwatt": {"dB[mW]": 1},
    "light": {"lx": 1, "[fc]": 10.763910417},
    "compliance": {"mL/cm[H2O]": 1, "mL/mbar": 0.980665, "L/cm[H2O]": 1000},
    "resistance to flow": {"cm[H2O].s/L": 1, "mbar.s/L": 1 / 0.980665},
}  # fmt: skip
_TEMPERATURES = {"K": (1.0, 0.0), "Cel": (1.0, 273.15), "[degF]": (5 / 9, 459.67 * 5 / 9)}

_UNITS = {unit: (what, factor, 0.0) for what, units in _SCALES.items() for unit, factor in units.items()} | {
    unit: ("temperature", factor, zero) for unit, (factor, zero) in _TEMPERATURES.items()
}
"""What is measured, and what a unit is in the first of its kind: times a factor, plus a zero."""

_WRITTEN = {
    "°C": "Cel", "°F": "[degF]", "mmHg": "mm[Hg]", "inHg": "[in_i'Hg]", "cmH2O": "cm[H2O]", "cmH₂O": "cm[H2O]",
    "psi": "[psi]", "ppm": "[ppm]", "ppb": "[ppb]", "lb": "[lb_av]", "oz": "[oz_av]", "µg/m³": "ug/m3",
    "μg/m³": "ug/m3", "mg/m³": "mg/m3", "g/m³": "g/m3", "m³": "m3", "l": "L", "ml": "mL", "m³/h": "m3/h",
    "l/min": "L/min", "l/h": "L/h", "l/s": "L/s", "ml/h": "mL/h", "CFM": "[cft_i]/min", "in": "[in_i]", "ft": "[ft_i]",
    "Wh": "W.h", "kWh": "kW.h", "MWh": "MW.h", "Ω": "Ohm", "kΩ": "kOhm", "µS/cm": "uS/cm", "μS/cm": "uS/cm",
    "µSv/h": "uSv/h", "μSv/h": "uSv/h", "Bq/m³": "Bq/m3", "dBm": "dB[mW]", "lux": "lx",
    "bpm": "/min", "1/min": "/min", "1/h": "/h",
}  # fmt: skip
"""As people write them; micro is two letters in Unicode."""

Convert = Callable[[float], float]


def conversion(unit: str, to: str) -> Convert | None:
    """What makes a value in `to` (a metric's unit) of one in `unit`; None when they are the same.

    Raises ValueError, which says what would do.
    """
    code = _WRITTEN.get(unit, unit)
    if code == to:
        return None
    what, factor, zero = _UNITS[to]
    kind, times, plus = _UNITS.get(code, ("", 1.0, 0.0))
    if kind != what:
        known = ", ".join(one for one, (other, *_) in _UNITS.items() if other == what)
        raise ValueError(f"{unit!r} does not become {to}; it may be {known}")
    return lambda value: float(f"{(value * times + plus - zero) / factor:.9g}")
