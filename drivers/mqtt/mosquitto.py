"""What mosquitto says of itself: how many messages it has thrown away. Every MQTT link understands it.

Documents: mosquitto(8), "Broker status", https://mosquitto.org/man/mosquitto-8.html, topics `publish/messages/dropped`
and `load/publish/dropped/1min`. It says them every `sys_interval` seconds when they change, to who may read `$SYS`.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame, Reading
from drivers.codecs.devices import Device
from drivers.codecs.json_values import number, plain

PROVEN = True
DEVICES = (Device("Eclipse", "mosquitto", ("broker_dropped", "broker_dropped_rate")),)

_METRICS = {
    "$SYS/broker/publish/messages/dropped": "broker_dropped",
    "$SYS/broker/load/publish/dropped/1min": "broker_dropped_rate",
}


class Config(BaseModel):
    """Nothing to choose."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """`#` matches none of them: topics that begin with $ are asked for by name (MQTT 3.1.1 §4.7.2)."""
    return tuple(_METRICS)


def decoder(_config: Config) -> "Mosquitto":
    """The decoder."""
    return Mosquitto()


class Mosquitto:
    """The broker is the device `link:<link>`, as it is for `link_up`."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One number. Retained it is as good as new, for it is the broker's own; a retained 0 says nothing."""
        value = number(plain(frame.payload))
        if value is None:
            raise BadFrame("Not a number")
        if frame.retained and not value:
            return ()
        return (Reading(f"link:{frame.link}", _METRICS[frame.topic], value, frame.received, frame.received),)
