"""A temperature as service data of the Health Thermometer, of whatever device.

Document: Bluetooth SIG, "Health Thermometer Service 1.0", whose UUID it borrows, and ISO/IEEE 11073-20601, FLOAT-Type.
A sensor of a room or a fridge sends it so; a person's thermometer is connected to (`gatt.thermometer`), so this is no
vital.
"""

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.ieee11073 import float32
from drivers.codecs.saying import Config, Said, Saying

PROVEN = True
DEVICES = (Device("any", "Freetec PX-1737, Nordic's templates", ("temperature",), NOT_FOR_VACCINE),)

_BYTES = 4


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID of the Health Thermometer."""
    return ("service/1809",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == _BYTES:
        celsius = float32(int.from_bytes(frame.payload, "little"))
        if celsius is not None:
            yield "temperature", celsius
