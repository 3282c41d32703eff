"""The words of the three dialects: what Zigbee2MQTT, Tasmota and ESPresense would publish.

Zigbee2MQTT "MQTT Topics and Messages"; Tasmota "MQTT" and "JSON Status Responses"; ESPresense `BleFingerprint::fill`.
"""

import zlib
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from wardkeeper.demo.signals import Values
from wardkeeper.demo.world import ZONE, GatewaySpot, Talker

Event = tuple[datetime, str, bytes, bool]
"""When, topic, payload, retained."""

MAPPING = {
    "probe_temperature": "probe_temperature",
    "differential_pressure": "differential_pressure",
    "air_changes": "air_changes",
    "supply_temperature": "supply_temperature",
    "fan_speed": "fan_speed",
    "fan_running": "running",
    "infusing": "running",
    "lamp_fault": "light_fault",
    "emergency_test": "emergency_test",
}
"""The fields of the hospital's own Zigbee converters, and the metrics they are."""

DIALECTS: tuple[dict[str, object], ...] = (
    {"kind": "mqtt.zigbee2mqtt", "mapping": {field: {"metric": metric} for field, metric in MAPPING.items()}},
    {"kind": "mqtt.tasmota", "timezone": ZONE},
    {"kind": "mqtt.espresense"},
)
"""What the link has to know to understand this hospital."""

_ZONE = ZoneInfo(ZONE)
_encode = msgspec.json.encode


def zigbee(talker: Talker, at: datetime, values: Values) -> Event:
    """A device's state, with the time the coordinator heard it."""
    quality = 90 + zlib.crc32(talker.topic.encode()) % 120
    payload = {**values, "linkquality": quality, "last_seen": at.isoformat(timespec="milliseconds")}
    return at, f"zigbee2mqtt/{talker.topic}", _encode(payload), False


def zigbee_available(talker: Talker, at: datetime, *, online: bool = True) -> Event:
    """A device's availability, which the broker keeps."""
    payload = _encode({"state": "online" if online else "offline"})
    return at, f"zigbee2mqtt/{talker.topic}/availability", payload, True


def zigbee_bridge(talkers: Iterable[Talker], at: datetime, stretched: float = 1.0) -> list[Event]:
    """The bridge's state and its list of devices, which the broker keeps; `stretched` as their intervals are."""
    introduced = [_introduced(talker, talker.interval_s * stretched) for talker in talkers]
    return [
        (at, "zigbee2mqtt/bridge/state", _encode({"state": "online"}), True),
        (at, "zigbee2mqtt/bridge/devices", _encode(introduced), True),
    ]


def _introduced(talker: Talker, interval_s: float) -> dict[str, object]:
    reporting = {"attribute": "measuredValue", "cluster": "state", "maximum_report_interval": interval_s}
    return {
        "ieee_address": f"0x00158d{zlib.crc32(talker.topic.encode()):010x}",
        "type": "EndDevice",
        "friendly_name": talker.topic,
        "disabled": False,
        "supported": True,
        "software_build_id": talker.firmware,
        "model_id": talker.model,
        "definition": {"vendor": talker.maker, "model": talker.model, "description": talker.kind},
        "endpoints": {"1": {"configured_reportings": [reporting]}},
    }


def tasmota_sensor(talker: Talker, at: datetime, watts: float, kilowatt_hours: float) -> Event:
    """The metering of a plug. `Time` has no zone and whole seconds."""
    apparent = round(watts / 0.88)
    energy = {
        "Total": round(kilowatt_hours, 3),
        "Power": watts,
        "ApparentPower": apparent,
        "ReactivePower": round((apparent**2 - watts**2) ** 0.5),
        "Factor": 0.88 if watts else 0,
        "Voltage": 230,
        "Current": round(apparent / 230, 3),
    }
    return at, f"tele/{talker.topic}/SENSOR", _encode({"Time": _local(at), "ENERGY": energy}), False


def tasmota_state(talker: Talker, at: datetime, uptime_s: int) -> Event:
    """The state of a plug."""
    wifi = {"AP": 1, "SSId": "linden-devices", "Channel": 6, "RSSI": 74, "Signal": -63, "LinkCount": 1}
    payload = {"Time": _local(at), "UptimeSec": uptime_s, "POWER": "ON", "Wifi": wifi}
    return at, f"tele/{talker.topic}/STATE", _encode(payload), False


def tasmota_boot(talker: Talker, at: datetime) -> list[Event]:
    """What a plug says when it comes up: its will's counterpart, kept by the broker, and its module and firmware."""
    about = {"Info1": {"Module": talker.model, "Version": f"{talker.firmware}(tasmota32)", "FallbackTopic": ""}}
    return [
        (at, f"tele/{talker.topic}/LWT", b"Online", True),
        (at, f"tele/{talker.topic}/INFO1", _encode(about), False),
    ]


def _local(at: datetime) -> str:
    return at.astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def sighting(tag: str, gateway: GatewaySpot, at: datetime, rssi_dbm: float, distance_m: float) -> Event:
    """One node heard one tag."""
    payload = {
        "mac": f"c4{zlib.crc32(tag.encode()):010x}",
        "id": tag,
        "rssi@1m": -59,
        "rssi": rssi_dbm,
        "distance": distance_m,
        "int": 10_000,
    }
    return at, f"espresense/devices/{tag}/{gateway.slug}", _encode(payload), False


def gateway_status(gateway: GatewaySpot, at: datetime, *, online: bool = True) -> Event:
    """The node's state or its will, kept by the broker."""
    return at, f"espresense/rooms/{gateway.slug}/status", b"online" if online else b"offline", True


def gateway_telemetry(gateway: GatewaySpot, at: datetime, uptime_s: int, seen: int) -> Event:
    """How the node is."""
    level, nth = gateway.slug.split("-")[1:]
    payload = {
        "ip": f"10.20.{level}.{int(nth)}",
        "uptime": uptime_s,
        "firm": "esp32",
        "rssi": -52 - zlib.crc32(gateway.slug.encode()) % 15,
        "ver": "v4.0.2",
        "count": seen,
    }
    return at, f"espresense/rooms/{gateway.slug}/telemetry", _encode(payload), False
