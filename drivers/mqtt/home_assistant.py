"""Any device that announces itself to Home Assistant: sensors, contacts, switches, lights, locks.

https://www.home-assistant.io/integrations/mqtt/ ("MQTT discovery"), configs of one entity
(`homeassistant/<component>/[<node>/]<object>/config`) and of a whole device
(`homeassistant/device/<object>/config`).
Which components, classes, units and templates are understood, and which are left out, is said in
`drivers/codecs/discovery.py`.

The states are on topics anywhere, and what a link subscribes to is settled before the first config is heard, so
`topics` must say where. It is empty unless you set it (devices are announced then and nothing is measured), because
`#` brings everything on the broker, also what another dialect reads already.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.directory import Directory
from drivers.codecs.discovery import BINARY, OTHERS, SENSORS, read
from drivers.codecs.json_values import BaseTopic

PROVEN = True

DEVICES = (
    Device(
        "any",
        "that announces itself to Home Assistant",
        tuple(dict.fromkeys([*(metric for metric, _ in SENSORS.values()), *BINARY.values(), *OTHERS.values()])),
        NOT_FOR_VACCINE,
    ),
)

Filter = Annotated[str, StringConstraints(pattern=r"^(\+|[^+#\x00/]+)(/(\+|[^+#\x00/]+))*(/#)?$|^#$")]


class Config(BaseModel):
    """Where devices announce themselves, where they publish, and whose are left to another dialect."""

    model_config = ConfigDict(extra="forbid", strict=True)

    discovery_prefix: BaseTopic = Setting("homeassistant", description="Home Assistant's own `discovery_prefix`.")
    topics: list[Filter] = Setting(
        [],
        description="Filters of the topics on which the announced devices publish, `#` for everything;"
        " without any they are announced and not measured.",
    )
    except_origins: list[str] = Setting(
        ["Zigbee2MQTT"],
        description="Programs whose devices are left out, by the `origin` they give: they have dialects of their own.",
    )


def claims(config: Config) -> tuple[str, ...]:
    """The configs first: brokers send what they have kept filter by filter."""
    return (*(f"{config.discovery_prefix}/{levels}/config" for levels in ("+/+", "+/+/+")), *config.topics)


def decoder(config: Config) -> "HomeAssistant":
    """The decoder of what one Home Assistant would discover."""
    return HomeAssistant(config)


class HomeAssistant:
    """Devices are `mqtt:<discovery prefix>/<identifier>`; their parts `…/<what the entity's name says beside it>`."""

    def __init__(self, config: Config) -> None:
        self._prefix = config.discovery_prefix
        self._except = set(config.except_origins)
        self._directory = Directory()

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        at = frame.topic.removeprefix(f"{self._prefix}/").removesuffix("/config")
        if len(at) != len(frame.topic) - len(self._prefix) - len("//config"):
            return self._directory.decode(frame) if frame.payload else ()
        if not frame.payload:
            self._directory.forget(frame.topic)
            return ()
        config = read(at, frame.payload, lambda identifier, _topic: f"mqtt:{self._prefix}/{identifier}")
        return () if config.origin in self._except else self._directory.announce(frame, config)
