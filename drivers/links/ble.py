"""Bluetooth Low Energy: advertisements and connected devices, through BlueZ (Bluetooth Core Specification 5.4).

What makes the link is imported when there is one: elsewhere than on Linux there is nothing to talk to BlueZ with.
"""

import sys

from collector.errors import ConfigError
from drivers.links.ble_config import Config
from drivers.links.link import House, Link

__all__ = ["Config", "open_link"]


def open_link(name: str, config: Config, house: House) -> Link:
    """The link to the adapters of this machine. Raises ConfigError."""
    if sys.platform != "linux":
        raise ConfigError(f"Link {name}: a ble link needs Linux, whose BlueZ it talks to")
    from drivers.links.ble_link import BleLink  # noqa: PLC0415 - see above

    return BleLink(name, config, house)
