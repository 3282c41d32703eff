"""How the bits of a serial line are set: speed, data bits, parity, stop bits."""

from typing import Literal

import msgspec

Parity = Literal["N", "E", "O", "M", "S"]


class Line(msgspec.Struct, frozen=True):
    """Settings of a line; `baud` in bits a second, `parity` none, even, odd, mark or space."""

    baud: int
    bits: Literal[5, 6, 7, 8] = 8
    parity: Parity = "N"
    stop: Literal[1, 2] = 1

    def __str__(self) -> str:
        """As manuals write it: 9600 8N1."""
        return f"{self.baud} {self.bits}{self.parity}{self.stop}"
