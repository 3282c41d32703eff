"""Bracelets of Xiaomi and Amazfit (Mi Band) and Amazfit's body scale.

Document: the public decoder https://github.com/custom-components/ble_monitor; Huami publishes none, and most of the
bytes are not known. A bracelet tells its heart rate only while its owner lets it ("visible to nearby devices").
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.bindkeys import address_of
from drivers.codecs.devices import Device

PROVEN = False
DEVICES = (
    Device("Xiaomi", "Mi Band, Amazfit bands and watches", ("heart_rate", "steps")),
    Device("Amazfit", "Smart Scale", ("body_weight", "body_impedance", "heart_rate")),
)

_COMPANY, _SERVICE = "manufacturer/0157", "service/fee0"
_BAND_BYTES, _STEPS_BYTES, _SCALE_BYTES = 24, 4, 20
_RATE_AT, _ADDRESS_AT = 3, 18
_NO_RATE = (0, 0xFF)


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Huami's company id and UUID."""
    return (_COMPANY, _SERVICE)


def decoder(_config: Config) -> "Amazfit":
    """The decoder of all of them."""
    return Amazfit()


class Amazfit:
    """What has none of the known lengths, or does not repeat its sender's address, says nothing."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """Heart rate and steps of a bracelet; of a scale a weight that has settled."""
        data = frame.payload
        values: dict[str, float] = {}
        if frame.topic == _COMPANY:
            ours = data[_ADDRESS_AT:].hex(":").upper() == address_of(frame.device)
            if len(data) == _BAND_BYTES and ours and data[_RATE_AT] not in _NO_RATE:
                values["heart_rate"] = float(data[_RATE_AT])
        elif len(data) == _STEPS_BYTES:
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
