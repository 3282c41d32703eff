"""ESPHome nodes over MQTT: sensors, contacts, switches, lights, availability.

https://esphome.io/components/mqtt ("MQTT Component Base Configuration") and the firmware's `mqtt_component.cpp`: a
state is at `<prefix>/<component>/<object id>/state`, the node's own at `<prefix>/status`, and the discovery message of
each object says class and unit. A node with `discovery: false` says only names, which are not guessed from:
`mapping` says what they mean. A link with `mqtt.home_assistant` on the same topics would read everything twice.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.directory import Directory
from drivers.codecs.discovery import BINARY, OTHERS, SENSORS, read
from drivers.codecs.json_values import ONLINE, BaseTopic, Field, SiteField, plain, readings, with_site

PROVEN = True

DEVICES = (
    Device(
        "ESPHome",
        "any node",
        tuple(dict.fromkeys([*(metric for metric, _ in SENSORS.values()), *BINARY.values(), *OTHERS.values()])),
        NOT_FOR_VACCINE,
    ),
)

_COMPONENTS = ("sensor", "binary_sensor", *OTHERS)
_LEVELS = 3  # component, object id, "state"
_STATUS = {"status": Field("available", words=ONLINE)}

Prefix = Annotated[str, StringConstraints(pattern=r"^(\+|[^#+/\x00]+)(/(\+|[^#+/\x00]+))*$")]


class Config(BaseModel):
    """Where the nodes publish, and what is measured by those that do not say it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prefixes: list[Prefix] = Setting(
        ["+"], description="The nodes' `topic_prefix`, `+` for any one level: `+` is every node's own name, `site/+`."
    )
    discovery_prefix: BaseTopic = Setting("homeassistant", description="The nodes' `discovery_prefix`.")
    mapping: dict[str, SiteField] = Setting(
        {}, description="Objects by their id: `metric`, and if need be `scale` and `inverted`; before what nodes say."
    )


def claims(config: Config) -> tuple[str, ...]:
    """The discovery messages first: brokers send what they have kept filter by filter."""
    objects = (f"{prefix}/{kind}/+/state" for prefix in config.prefixes for kind in _COMPONENTS)
    return (
        *(f"{config.discovery_prefix}/{kind}/+/+/config" for kind in _COMPONENTS),
        *objects,
        *(f"{prefix}/status" for prefix in config.prefixes),
    )


def decoder(config: Config) -> "EspHome":
    """The decoder of these nodes."""
    return EspHome(config)


class EspHome:
    """Nodes are `mqtt:<prefix>`; parts of one `…/<what the object's name says beside node and quantity>`."""

    def __init__(self, config: Config) -> None:
        self._discovery = f"{config.discovery_prefix}/"
        self._mapping = with_site({}, config.mapping)
        times_meant = Counter(field.metric for field in self._mapping.values())
        self._apart = {key for key, field in self._mapping.items() if times_meant[field.metric] > 1}
        self._directory = Directory()

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        path, _, leaf = frame.topic.rpartition("/")
        if leaf == "config" and path.startswith(self._discovery):
            return self._discovered(frame, path.removeprefix(self._discovery))
        if not frame.payload:
            return ()
        if leaf == "status":
            return readings(frame, f"mqtt:{path}", {leaf: plain(frame.payload)}, _STATUS)
        prefix, _, name = _object(frame.topic)
        if name not in self._mapping:
            return self._directory.decode(frame)
        device = f"mqtt:{prefix}/{name}" if name in self._apart else f"mqtt:{prefix}"
        return readings(frame, device, {name: plain(frame.payload)}, self._mapping)

    def _discovered(self, frame: Frame, at: str) -> Sequence[Decoded]:
        if not frame.payload:
            self._directory.forget(frame.topic)
            return ()
        config = read(at, frame.payload, lambda _identifier, topic: f"mqtt:{_object(topic)[0]}")
        ours = tuple(one for one in config.entities if _is_ours(one.topic))
        if not ours:  # of another program, or of no quantity
            return ()
        unmapped = tuple(one for one in ours if _object(one.topic)[2] not in self._mapping)
        return self._directory.announce(frame, msgspec.structs.replace(config, entities=unmapped, availability=()))


def _object(topic: str) -> tuple[str, str, str]:
    """Prefix, component and object id of a state's topic."""
    prefix, kind, name, _ = ("", "", "", "", *topic.rsplit("/", _LEVELS))[-_LEVELS - 1 :]
    return prefix, kind, name


def _is_ours(topic: str) -> bool:
    prefix, kind, _ = _object(topic)
    return bool(prefix) and kind in _COMPONENTS and topic.endswith("/state")
