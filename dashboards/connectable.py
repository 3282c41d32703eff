"""A device that can be connected: what it measures, how it is understood and what to write for it."""

from dataclasses import dataclass

from collector.metrics import METRICS

WAYS = {
    "ble": ("Advertises by Bluetooth", "An adapter of this machine or a gateway hears it; nothing is paired."),
    "gatt": ("Connected by Bluetooth", "An adapter connects to it and subscribes; name its address."),
    "serial": ("Serial port", "At a USB adapter or a terminal server; only declared queries are ever sent."),
    "mqtt": ("MQTT", "It, or its gateway, publishes at a broker that Wardkeeper listens to."),
}
"""How a device is connected, by the family of its part: in a word, and in a sentence."""


@dataclass(frozen=True)
class Connectable:
    """`measures` are metrics, `settings` what to write into the settings file.

    `part` understands it by `document`; `proven`: with captured or published bytes.
    """

    maker: str
    model: str
    measures: tuple[str, ...]
    part: str
    document: str
    proven: bool
    caution: str
    settings: str

    @property
    def family(self) -> str:
        """Of its part: a key of WAYS."""
        return self.part.partition(".")[0]

    @property
    def way(self) -> tuple[str, str]:
        """How it is connected."""
        return WAYS[self.family]

    @property
    def measured(self) -> str:
        """What it measures, in words."""
        return ", ".join(METRICS[metric].label for metric in self.measures)

    @property
    def proof(self) -> str:
        """In a word."""
        return "proven" if self.proven else "unproven"

    def has(self, words: str) -> bool:
        """Whether each of `words` is somewhere in what is known of it."""
        known = (
            f"{self.maker} {self.model} {self.part} {self.way[0]} {self.measured} {' '.join(self.measures)}".casefold()
        )
        return all(word in known for word in words.casefold().split())
