"""Steps of bracelets of Xiaomi and Amazfit (Mi Band), and Amazfit's body scale.

Document: the public decoder https://github.com/custom-components/ble_monitor; Huami publishes none, and most of the
bytes of the scale are not known.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import Device

PROVEN = False
PERSONAL = True
DEVICES = (
    Device("Xiaomi", "Mi Band, Amazfit bands and watches", ("steps",)),
    Device("Amazfit", "Smart Scale", ("body_weight", "body_impedance", "heart_rate"), proven=True),
)

_STEPS_BYTES, _SCALE_BYTES = 4, 20


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Huami's UUID."""
    return ("service/fee0",)


def decoder(_config: Config) -> "Amazfit":
    """The decoder of all of them."""
    return Amazfit()


class Amazfit:
    """What has neither length says nothing."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """Steps of a bracelet; of a scale a weight that has settled."""
        data = frame.payload
        values: dict[str, float] = {}
        if len(data) == _STEPS_BYTES:
            values["steps"] = float(int.from_bytes(data, "little"))
        elif len(data) == _SCALE_BYTES:
            values = _scale(data)
        return [frame.reading(frame.device, metric, value) for metric, value in values.items()]


def _scale(data: bytes) -> dict[str, float]:
    if not any(data[9:12]):  # has not settled
        return {}
    impedance, weight = int.from_bytes(data[5:7], "little"), int.from_bytes(data[7:9], "little")
    values = {"body_weight": weight / 200, "body_impedance": impedance / 10, "heart_rate": float(data[12])}
    return {metric: value for metric, value in values.items() if value}
