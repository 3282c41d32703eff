"""What a part says of the devices it understands: the rows of docs/devices.md, `wardkeeper kinds` and `/connect`."""

import msgspec

NOT_FOR_VACCINE = "Uncalibrated: not for vaccine or blood."
"""The caution of consumer probes, which no laboratory has compared with a standard."""


class Device(msgspec.Struct, frozen=True):
    """A model, or models of one maker that speak alike. `measures` are metrics; `caution` is for whoever buys one.

    `proven`: decoded from captured or published bytes of this very model; None: as its part says.
    """

    maker: str
    model: str
    measures: tuple[str, ...]
    caution: str = ""
    proven: bool | None = None
