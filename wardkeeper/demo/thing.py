"""An asset of Linden General as it is seeded."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """`home` is where it belongs, at which `bed` if any, `stands` where it is at first (numbers on doors).

    `lot` is the production lot. `check_in_days` counts from the first start to the next maintenance or test: below 0
    it is overdue, None where nothing is planned.
    """

    number: str
    name: str
    category: str
    maker: str
    model: str
    serial: str
    udi_di: str
    department: str
    criticality: str
    mobile: bool
    use: str
    hygiene: str
    condition: str
    holding: str
    home: str
    stands: str
    serves: tuple[str, ...] = ()
    bed: str = ""
    lot: str = ""
    check_in_days: int | None = None

    @property
    def udi_pi(self) -> str:
        """The production identifier with GS1's application identifiers: 10 lot, 21 serial number."""
        if not self.udi_di:
            return ""
        return f"(10){self.lot}(21){self.serial}" if self.lot else f"(21){self.serial}"


def gtin(body: int) -> str:
    """A GTIN-14 out of GS1's prefix 952, which is kept for examples, with its check digit."""
    digits = f"0952{body:09}"
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(digits))
    return digits + str(-total % 10)
