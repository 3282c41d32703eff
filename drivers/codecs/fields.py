"""Fields of a binary value one after the other, least significant byte first (Bluetooth Core, "Byte ordering")."""

from collector.errors import BadFrame
from drivers.codecs.ieee11073 import float32, sfloat


class Fields:
    """Reads on from where it stands; a value that ends too early is a BadFrame that says in which field."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self.at = 0

    @property
    def left(self) -> int:
        """How many bytes were not read yet."""
        return len(self._value) - self.at

    def take(self, size: int, what: str) -> bytes:
        """The next `size` bytes, which are the `what`."""
        end = self.at + size
        if end > len(self._value):
            raise BadFrame(f"The value ends inside its {what}", len(self._value))
        found = self._value[self.at : end]
        self.at = end
        return found

    def uint(self, size: int, what: str) -> int:
        """An unsigned integer."""
        return int.from_bytes(self.take(size, what), "little")

    def sint(self, size: int, what: str) -> int:
        """A signed integer."""
        return int.from_bytes(self.take(size, what), "little", signed=True)

    def sfloat(self, what: str) -> float | None:
        """An SFLOAT, None for its reserved values."""
        return sfloat(self.uint(2, what))

    def float32(self, what: str) -> float | None:
        """A FLOAT, None for its reserved values."""
        return float32(self.uint(4, what))
