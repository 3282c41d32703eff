"""Bluetooth adapters: whether BlueZ answers, and has the adapters of the settings, switched on."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wardkeeper.checkup import Case, Finding, Trouble, unseen, well

if TYPE_CHECKING:
    from drivers.links.ble_bluez import Radio

NO_BLUEZ = Trouble(
    "ble.no-bluez",
    "BlueZ, which does Bluetooth on Linux, does not answer.",
    "Start bluetoothd (`systemctl enable --now bluetooth`) and D-Bus; in a container, mount /run/dbus.",
)
FORBIDDEN = Trouble(
    "ble.forbidden",
    "The user that runs Wardkeeper may not talk to BlueZ.",
    "`usermod -aG bluetooth wardkeeper`, or a policy in /etc/dbus-1/system.d; then start Wardkeeper again.",
)
NO_ADAPTER = Trouble(
    "ble.no-adapter",
    "An adapter is not there: nothing is heard with it.",
    "Plug it in; `bluetoothctl list` and `dmesg` say what the machine sees.",
)
OFF = Trouble(
    "ble.off",
    "The adapter is switched off.",
    "`rfkill unblock bluetooth`, then `bluetoothctl power on`.",
)
BLOCKED = Trouble(
    "ble.blocked",
    "The adapter is switched off by a switch of the machine, which no program can change.",
    "Find the switch or key for radio at the machine, or Bluetooth in its firmware; then `rfkill list`.",
)

_RFKILL = Path("/sys/class/rfkill")


def look(case: Case) -> Iterator[Finding]:
    """Every adapter that a link of this kind uses."""
    links = list(case.links("ble"))
    if not links:
        return
    if sys.platform != "linux":
        yield unseen("BlueZ", "A ble link needs Linux")
        return
    from drivers.links.ble_bluez import HINTS, NoBluez  # noqa: PLC0415 - elsewhere there is nothing to talk to BlueZ with

    case.say("the Bluetooth adapters")
    try:
        running, radios = asyncio.run(seen())
    except NoBluez as trouble:
        kind = FORBIDDEN if trouble.hint == HINTS["denied"] else NO_BLUEZ
        yield kind.at("BlueZ", str(trouble), trouble.hint)
        return
    if not running:
        yield NO_BLUEZ.at("BlueZ", "bluetoothd does not run", HINTS["bluetoothd"])
        return
    for name, config in links:
        yield from adapters(name, config.adapters, radios)


async def seen() -> "tuple[bool, list[Radio]]":
    """Whether BlueZ runs, and its adapters. Raises NoBluez."""
    from drivers.links.ble_bluez import Bluez  # noqa: PLC0415 - see above

    bluez = Bluez(lambda: None)
    await bluez.connect()
    try:
        return bluez.running, sorted(bluez.radios.values(), key=lambda radio: radio.name)
    finally:
        bluez.close()


def adapters(link: str, wanted: Sequence[str], radios: "Sequence[Radio]") -> Iterator[Finding]:
    """Those that the settings name, or all."""
    for one in wanted:
        if not any(one in {radio.name, radio.address} for radio in radios):
            there = ", ".join(f"{radio.name} ({radio.address})" for radio in radios) or "none"
            yield NO_ADAPTER.at(link, f"There is no adapter {one}; there are: {there}")
    if not wanted and not radios:
        yield NO_ADAPTER.at(link, "This machine has no Bluetooth adapter")
    for radio in radios:
        if not wanted or {radio.name, radio.address} & {*wanted}:
            yield _switched(radio, link)


def _switched(radio: "Radio", link: str) -> Finding:
    where = f"{link}/{radio.name}"
    if radio.powered:
        return well(where, f"{radio.address} is switched on")
    if hard_blocked(_RFKILL):
        return BLOCKED.at(where, f"{radio.address} is switched off at the machine")
    return OFF.at(where, f"{radio.address} is switched off")


def hard_blocked(folder: Path) -> bool:
    """Whether a switch of the machine holds Bluetooth off (Linux: Documentation/ABI/stable/sysfs-class-rfkill)."""
    kinds = [path.parent for path in folder.glob("*/type") if path.read_text().strip() == "bluetooth"]
    return any((each / "hard").read_text().strip() == "1" for each in kinds)
