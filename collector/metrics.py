"""Every metric Wardkeeper knows: its family, unit (UCUM), words for people, LOINC and IEEE 11073-10101 (MDC) codes.

LOINC and MDC codes are those of the LOINC table and the Rosetta Terminology Mapping;
a blank means that none was verified.
"""

import msgspec

FAMILIES = (
    "vital",
    "environment",
    "hvac",
    "lighting",
    "power",
    "device_health",
    "water",
    "door",
    "cold_chain",
    "medical_gas",
    "location",
)


class Metric(msgspec.Struct, frozen=True):
    """`kind`: type of its values; `digits`: decimals a person needs; `shown`: the unit as written on a screen."""

    name: str
    family: str
    label: str
    unit: str = ""
    shown: str = ""
    kind: type = float
    digits: int = 0
    loinc: str = ""
    mdc: int = 0


def _table(*rows: Metric) -> dict[str, Metric]:
    return {row.name: row for row in rows}


METRICS = _table(
    Metric("heart_rate", "vital", "Heart rate", "/min", "/min", loinc="8867-4", mdc=147842),
    Metric("pulse_rate", "vital", "Pulse rate", "/min", "/min", loinc="8889-8", mdc=149530),
    Metric("spo2", "vital", "SpO₂", "%", "%", loinc="59408-5", mdc=150456),
    Metric("perfusion_index", "vital", "Perfusion index", "%", "%", digits=1),
    Metric("pleth_variability", "vital", "Pleth variability index", "%", "%"),
    Metric("spco", "vital", "Carboxyhemoglobin", "%", "%", digits=1),
    Metric("spmet", "vital", "Methemoglobin", "%", "%", digits=1),
    Metric("resp_rate", "vital", "Respiratory rate", "/min", "/min", loinc="9279-1", mdc=151562),
    Metric("body_temp", "vital", "Body temperature", "Cel", "°C", digits=1, loinc="8310-5", mdc=150344),
    Metric("nibp_sys", "vital", "Blood pressure, systolic", "mm[Hg]", "mmHg", loinc="8480-6", mdc=150021),
    Metric("nibp_dia", "vital", "Blood pressure, diastolic", "mm[Hg]", "mmHg", loinc="8462-4", mdc=150022),
    Metric("nibp_mean", "vital", "Blood pressure, mean", "mm[Hg]", "mmHg", loinc="8478-0", mdc=150023),
    Metric("nibp_cuff", "vital", "Cuff pressure, while measuring", "mm[Hg]", "mmHg"),
    Metric("etco2", "vital", "End-tidal CO₂", "%", "%", digits=1),
    Metric("etco2_pressure", "vital", "End-tidal CO₂, partial pressure", "mm[Hg]", "mmHg"),
    Metric("body_weight", "vital", "Body weight", "kg", "kg", digits=1, loinc="29463-7", mdc=188736),
    Metric("body_fat", "vital", "Body fat", "%", "%", digits=1),
    Metric("muscle_mass", "vital", "Muscle mass", "kg", "kg", digits=1),
    Metric("body_water", "vital", "Body water", "kg", "kg", digits=1),
    Metric("glucose", "vital", "Glucose in blood", "mg/dL", "mg/dL"),
    Metric("glucose_interstitial", "vital", "Glucose, continuous", "mg/dL", "mg/dL"),
    Metric("tidal_volume_expired", "vital", "Tidal volume, expired", "mL", "mL"),
    Metric("minute_volume_expired", "vital", "Minute volume, expired", "L/min", "L/min", digits=1),
    Metric("airway_pressure_peak", "vital", "Airway pressure, peak", "cm[H2O]", "cmH₂O", digits=1),
    Metric("airway_pressure_mean", "vital", "Airway pressure, mean", "cm[H2O]", "cmH₂O", digits=1),
    Metric("peep", "vital", "PEEP", "cm[H2O]", "cmH₂O", digits=1),
    Metric("fio2", "vital", "Inspired oxygen", "%", "%"),
    Metric("airway_pressure_plateau", "vital", "Airway pressure, plateau", "cm[H2O]", "cmH₂O", digits=1),
    Metric("tidal_volume", "vital", "Tidal volume", "mL", "mL"),
    Metric("minute_volume", "vital", "Minute volume", "L/min", "L/min", digits=1),
    Metric("lung_compliance", "vital", "Lung compliance", "mL/cm[H2O]", "mL/cmH₂O"),
    Metric("airway_resistance", "vital", "Airway resistance", "cm[H2O].s/L", "cmH₂O/L/s"),
    Metric("fio2_set", "vital", "Inspired oxygen, set", "%", "%"),
    Metric("peep_set", "vital", "PEEP, set", "cm[H2O]", "cmH₂O", digits=1),
    Metric("tidal_volume_set", "vital", "Tidal volume, set", "mL", "mL"),
    Metric("resp_rate_set", "vital", "Respiratory rate, set", "/min", "/min"),
    Metric("ventilation_mode", "vital", "Ventilation mode", kind=str),
    Metric("patient_alarm", "vital", "Alarm about the patient, in the device's words", kind=str),
    Metric("body_impedance", "vital", "Body impedance, 50 kHz", "Ohm", "Ω"),
    Metric("body_impedance_high", "vital", "Body impedance, 250 kHz", "Ohm", "Ω"),
    Metric("steps", "vital", "Steps", "1", "steps"),
    Metric("temperature", "environment", "Temperature", "Cel", "°C", digits=1),
    Metric("humidity", "environment", "Humidity", "%", "%"),
    Metric("dew_point", "environment", "Dew point", "Cel", "°C", digits=1),
    Metric("co2", "environment", "CO₂", "[ppm]", "ppm"),
    Metric("illuminance", "environment", "Light", "lx", "lx"),
    Metric("air_pressure", "environment", "Air pressure", "hPa", "hPa"),
    Metric("pm1", "environment", "Particles, 1 µm", "ug/m3", "µg/m³"),
    Metric("pm25", "environment", "Particles, 2.5 µm", "ug/m3", "µg/m³"),
    Metric("pm10", "environment", "Particles, 10 µm", "ug/m3", "µg/m³"),
    Metric("voc", "environment", "Volatile organics", "[ppb]", "ppb"),
    Metric("voc_index", "environment", "Volatile organics, index", "1", ""),
    Metric("tvoc", "environment", "Volatile organics, mass", "ug/m3", "µg/m³"),
    Metric("nox_index", "environment", "Nitrogen oxides, index", "1", ""),
    Metric("formaldehyde", "environment", "Formaldehyde", "mg/m3", "mg/m³", digits=2),
    Metric("radon", "environment", "Radon", "Bq/m3", "Bq/m³"),
    Metric("radiation_dose_rate", "environment", "Radiation, dose rate", "uSv/h", "µSv/h", digits=2),
    Metric("noise", "environment", "Noise", "dB", "dB"),
    Metric("occupancy", "environment", "Occupied", kind=bool),
    Metric("vibration", "environment", "Vibration", kind=bool),
    Metric("smoke", "environment", "Smoke detected", kind=bool),
    Metric("carbon_monoxide", "environment", "Carbon monoxide detected", kind=bool),
    Metric("gas_detected", "environment", "Gas detected", kind=bool),
    Metric("differential_pressure", "hvac", "Pressure to the corridor", "Pa", "Pa", digits=1),
    Metric("air_changes", "hvac", "Air changes", "/h", "/h", digits=1),
    Metric("air_flow", "hvac", "Air flow", "m3/h", "m³/h"),
    Metric("air_speed", "hvac", "Speed of air", "m/s", "m/s", digits=2),
    Metric("fan_speed", "hvac", "Fan speed", "%", "%"),
    Metric("supply_temperature", "hvac", "Supply air", "Cel", "°C", digits=1),
    Metric("setpoint_temperature", "hvac", "Set point", "Cel", "°C", digits=1),
    Metric("valve_position", "hvac", "Valve", "%", "%"),
    Metric("running", "hvac", "Running", kind=bool),
    Metric("light_on", "lighting", "Light", kind=bool),
    Metric("brightness", "lighting", "Brightness", "%", "%"),
    Metric("light_fault", "lighting", "Lamp fault", kind=bool),
    Metric("emergency_test", "lighting", "Emergency light, test", kind=str),
    Metric("color_temperature", "lighting", "Color temperature", "K", "K"),
    Metric("power", "power", "Power", "W", "W"),
    Metric("apparent_power", "power", "Apparent power", "VA", "VA"),
    Metric("reactive_power", "power", "Reactive power", "var", "var"),
    Metric("power_factor", "power", "Power factor", "1", "", digits=2),
    Metric("voltage", "power", "Voltage", "V", "V"),
    Metric("current", "power", "Current", "A", "A", digits=2),
    Metric("frequency", "power", "Frequency", "Hz", "Hz", digits=1),
    Metric("energy", "power", "Energy", "kW.h", "kWh", digits=1),
    Metric("switch_on", "power", "Switched on", kind=bool),
    Metric("mains", "power", "On mains", kind=bool),
    Metric("battery", "device_health", "Battery", "%", "%"),
    Metric("battery_voltage", "device_health", "Battery voltage", "V", "V", digits=2),
    Metric("battery_low", "device_health", "Battery low", kind=bool),
    Metric("charging", "device_health", "Charging", kind=bool),
    Metric("link_quality", "device_health", "Link quality", "1", ""),
    Metric("signal", "device_health", "Signal", "dB[mW]", "dBm"),
    Metric("snr", "device_health", "Signal to noise", "dB", "dB", digits=1),
    Metric("link_margin", "device_health", "Link margin", "dB", "dB"),
    Metric("uptime", "device_health", "Uptime", "s", "s"),
    Metric("clock_offset", "device_health", "Clock ahead by", "s", "s"),
    Metric("device_temperature", "device_health", "Inside temperature", "Cel", "°C", digits=1),
    Metric("tyre_pressure", "device_health", "Tyre pressure", "kPa", "kPa"),
    Metric("tamper", "device_health", "Tampered with", kind=bool),
    Metric("available", "device_health", "Available", kind=bool),
    Metric("link_up", "device_health", "Link up", kind=bool),
    Metric("broker_dropped", "device_health", "Dropped by the broker", "1", "messages"),
    Metric("broker_dropped_rate", "device_health", "Dropped by the broker", "/min", "messages/min", digits=1),
    Metric("sensor_fault", "device_health", "Sensor fault", kind=bool),
    Metric("technical_alarm", "device_health", "Technical alarm", kind=str),
    Metric("alert", "device_health", "Alert of other monitoring", kind=str),
    Metric("action", "device_health", "Button", kind=str),
    Metric("standby", "device_health", "Standby", kind=bool),
    Metric("infusion_rate", "device_health", "Infusion rate", "mL/h", "mL/h", digits=1),
    Metric("volume_infused", "device_health", "Volume infused", "mL", "mL", digits=1),
    Metric("volume_to_be_infused", "device_health", "Volume to be infused", "mL", "mL", digits=1),
    Metric("infusion_pressure", "device_health", "Pressure in the infusion line", "mm[Hg]", "mmHg"),
    Metric("infusion_mode", "device_health", "Infusion, mode", kind=str),
    Metric("leak", "water", "Water leak", kind=bool),
    Metric("water_flow", "water", "Water flow", "L/min", "L/min", digits=1),
    Metric("water_volume", "water", "Water used", "L", "L"),
    Metric("water_level", "water", "Water level", "cm", "cm", digits=1),
    Metric("tank_level", "water", "Filled to", "%", "%"),
    Metric("conductivity", "water", "Conductivity", "uS/cm", "µS/cm"),
    Metric("moisture", "water", "Moisture", "%", "%"),
    Metric("door_open", "door", "Door open", kind=bool),
    Metric("window_open", "door", "Window open", kind=bool),
    Metric("locked", "door", "Locked", kind=bool),
    Metric("probe_temperature", "cold_chain", "Buffered probe", "Cel", "°C", digits=1),
    Metric("cold_out", "cold_chain", "Cold store out of range", kind=str),
    Metric("cold_uncertain", "cold_chain", "Cold store's probe in doubt", kind=str),
    Metric("cold_unknown", "cold_chain", "Cold store not heard", kind=str),
    Metric("gas_pressure", "medical_gas", "Gas pressure", "kPa", "kPa"),
    Metric("room", "location", "Room", kind=str),
    Metric("fix_confidence", "location", "Confidence", "1", "", digits=2),
    Metric("left_by", "location", "Left the building by", kind=str),
    Metric("map_drift", "location", "Louder than the map", "dB", "dB", digits=1),
    Metric("rssi", "location", "Heard at", "dB[mW]", "dBm"),
    Metric("par_short", "location", "Below its par level", kind=str),
    Metric("pressure_lost", "hvac", "Pressure lost", kind=str),
    Metric("door_held_open", "hvac", "Door held open", kind=str),
    Metric("air_out_of_range", "hvac", "Air out of range", kind=str),
    Metric("air_not_heard", "hvac", "Air not heard", kind=str),
    Metric("maintenance_due_in", "device_health", "Maintenance due in", "d", "d"),
    Metric("return_due_in", "device_health", "Return due in", "d", "d"),
    Metric("calibration_due_in", "device_health", "Calibration due in", "d", "d"),
)
"""By name. Anything else a device says is not a metric: decoders give nothing for it."""


def family_of(metric: str) -> str:
    """The family of a metric; `device_health` for a name that is not in the table (a store may hold an older one)."""
    known = METRICS.get(metric)
    return known.family if known else "device_health"


def is_vital(metric: str) -> bool:
    """Vitals are stored, exported and shown on one device's page, and never judged."""
    return family_of(metric) == "vital"
