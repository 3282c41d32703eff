"""Brick class names for points and equipment: Brick schema 1.3, https://brickschema.org/schema/Brick#."""

from collections.abc import Mapping

BRICK = "https://brickschema.org/schema/Brick#"

POINTS: Mapping[str, str] = {
    "temperature": "Zone_Air_Temperature_Sensor",
    "humidity": "Zone_Air_Humidity_Sensor",
    "differential_pressure": "Differential_Pressure_Sensor",
    "air_flow": "Air_Flow_Sensor",
    "co2": "CO2_Sensor",
    "pm25": "PM2.5_Sensor",
    "pm10": "PM10_Sensor",
    "occupancy": "Occupancy_Sensor",
    "door_open": "Open_Close_Status",
    "illuminance": "Illuminance_Sensor",
    "light_on": "On_Off_Status",
    "brightness": "Luminance_Command",
    "light_fault": "Fault_Status",
    "supply_temperature": "Supply_Air_Temperature_Sensor",
    "setpoint_temperature": "Zone_Air_Temperature_Setpoint",
    "running": "Fan_Status",
    "power": "Electric_Power_Sensor",
}
"""By metric. Brick has no class for air changes: they are a value made of a flow and a volume."""

EQUIPMENT: Mapping[str, str] = {
    "air handler": "Air_Handling_Unit",
    "extract fan": "Exhaust_Fan",
    "light circuit": "Lighting_System",
    "luminaire": "Luminaire",
    "humidifier": "Humidifier",
    "chiller": "Chiller",
}
"""By an asset's category."""
