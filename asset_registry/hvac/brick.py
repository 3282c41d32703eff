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

CLASSES = tuple(
    sorted(
        {
            *EQUIPMENT.values(),
            "BACnet_Controller",
            "Camera",
            "Constant_Air_Volume_Box",
            "Controller",
            "Damper",
            "Fan_Coil_Unit",
            "Filter",
            "Gateway",
            "IAQ_Sensor_Equipment",
            "Leak_Detector_Equipment",
            "Meter",
            "Modbus_Controller",
            "Occupancy_Sensor_Equipment",
            "Radiant_Panel",
            "Radiator",
            "Sensor_Equipment",
            "Thermostat",
            "Variable_Air_Volume_Box",
        }
    )
)
"""What equipment may be called on the drawing page: a short list out of the schema's equipment."""

SENSOR = "Sensor_Equipment"


def class_of(drawn: Mapping[str, str], key: str, otherwise: str) -> str:
    """The class of "device:7" or "asset:7": as the floor's drawing says, else what follows from its kind."""
    return drawn.get(key) or otherwise


def known_class(name: str) -> str:
    """The same. Raises ValueError for one that is not in CLASSES."""
    if name not in CLASSES:
        raise ValueError(f"{name[:60]} is no class of this list: {', '.join(CLASSES)}")
    return name
