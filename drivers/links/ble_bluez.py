"""What the machine's BlueZ says about its adapters: bleak tells nobody when one is plugged in or switched off.

Documents: org.bluez.Adapter(5); D-Bus Specification, "org.freedesktop.DBus.ObjectManager", "NameOwnerChanged".
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from bleak.backends.device import BLEDevice
from bleak.exc import BleakDBusError, BleakError
from dbus_fast import AuthError, BusType, DBusError, Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus
from dbus_fast.errors import InvalidAddressError

from collector.errors import Unreachable

TROUBLES = (BleakError, DBusError, EOFError, OSError, TimeoutError)
"""What bleak and the D-Bus raise when BlueZ, the bus or a device does not do what it was asked."""

_BLUEZ, _ADAPTER, _DEVICE = "org.bluez", "org.bluez.Adapter1", "org.bluez.Device1"
_DBUS, _OBJECTS = "org.freedesktop.DBus", "org.freedesktop.DBus.ObjectManager"
_MATCHES = (
    f"type='signal',sender='{_DBUS}',member='NameOwnerChanged',arg0='{_BLUEZ}'",
    f"type='signal',sender='{_BLUEZ}',interface='{_OBJECTS}',member='InterfacesAdded'",
    f"type='signal',sender='{_BLUEZ}',interface='{_OBJECTS}',member='InterfacesRemoved'",
    f"type='signal',sender='{_BLUEZ}',member='PropertiesChanged',arg0='{_ADAPTER}'",
)

HINTS = {
    "bus": "Start D-Bus (systemctl start dbus); in a container, mount /run/dbus.",
    "bluetoothd": "Start bluetoothd (systemctl enable --now bluetooth); is BlueZ installed?",
    "denied": "Let this user talk to BlueZ: usermod -aG bluetooth USER, or a policy in /etc/dbus-1/system.d.",
    "no adapter": "Plug in an adapter; `bluetoothctl list` and `dmesg` say what the machine sees.",
    "off": "Switch it on: rfkill unblock bluetooth, then bluetoothctl power on.",
    "busy": "Another program uses the adapter, or it hangs: unplug it or restart bluetoothd.",
    "passive": "Passive scanning needs BlueZ 5.56 started with --experimental; or set scanning: active.",
}


class NoBluez(Unreachable):
    """BlueZ cannot be talked to; `hint` says what a person can do."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


class Radio(msgspec.Struct, frozen=True):
    """An adapter as BlueZ has it; `discovering` whether anybody scans actively with it."""

    name: str
    address: str
    powered: bool
    discovering: bool

    @property
    def gateway(self) -> str:
        """Its name as a gateway: the address, which stays whatever the adapter is called."""
        return f"ble:{self.address}"


class Left(msgspec.Struct, frozen=True):
    """A device that an earlier process left connected: it does not advertise, so nobody would hear it."""

    path: str
    properties: dict[str, Any]

    @property
    def device(self) -> BLEDevice:
        """As bleak wants it."""
        name = self.properties.get("Name")
        return BLEDevice(self.properties["Address"], name, {"path": self.path, "props": self.properties})


def hint_for(trouble: BaseException) -> str:
    """What a person can do about it; empty where nobody knows."""
    said = f"{trouble.dbus_error} {trouble}" if isinstance(trouble, BleakDBusError) else str(trouble)
    if "AccessDenied" in said or "NotAuthorized" in said or "NotPermitted" in said:
        return HINTS["denied"]
    if "passive scanning" in said:
        return HINTS["passive"]
    if "NotReady" in said:
        return HINTS["off"]
    if "InProgress" in said or isinstance(trouble, TimeoutError):
        return HINTS["busy"]
    return ""


def words_of(trouble: BaseException) -> str:
    """What went wrong, in one line."""
    return str(trouble) or ("No answer in time" if isinstance(trouble, TimeoutError) else type(trouble).__name__)


class Bluez:
    """A connection of its own to the bus. `radios` by object path, `left` as it was found at the beginning.

    `changed` is called whenever something here has changed.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.radios: dict[str, Radio] = {}
        self.left: list[Left] = []
        self.running = False
        self.lost = ""
        self._changed = changed
        self._bus = MessageBus(bus_type=BusType.SYSTEM)

    async def connect(self) -> None:
        """Raises NoBluez; that bluetoothd does not run is no error here."""
        try:
            await self._bus.connect()
            self._bus.add_message_handler(self._on_message)
            for rule in _MATCHES:
                await self._call(_DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", "s", rule)
            await self._load()
        except AuthError as trouble:
            raise NoBluez(f"The D-Bus lets this user in not at all: {trouble}", HINTS["denied"]) from trouble
        except (OSError, EOFError, InvalidAddressError) as trouble:
            raise NoBluez(f"No D-Bus: {words_of(trouble)}", HINTS["bus"]) from trouble

    def close(self) -> None:
        """Let go of the bus."""
        self._bus.disconnect()

    @property
    def connected(self) -> bool:
        """Whether the bus is still there."""
        return self._bus.connected

    async def _load(self) -> None:
        """Raises NoBluez where BlueZ runs and will not talk to us."""
        answer = await self._ask(_BLUEZ, "/", _OBJECTS, "GetManagedObjects")
        if answer.message_type is MessageType.ERROR:
            if answer.error_name == "org.freedesktop.DBus.Error.AccessDenied":
                raise NoBluez(f"BlueZ may not be talked to: {answer.body[0]}", HINTS["denied"])
            self.running = False
            return
        self.running = True
        for path, interfaces in answer.body[0].items():
            self._found(path, interfaces)
            device = unpack_variants(interfaces.get(_DEVICE, {}))
            if device.get("Connected"):
                self.left.append(Left(path, device))

    def _found(self, path: str, interfaces: Mapping[str, Any]) -> None:
        if _ADAPTER in interfaces:
            said = unpack_variants(interfaces[_ADAPTER])
            name, address = path.rsplit("/", 1)[-1], said["Address"].upper()
            self.radios[path] = Radio(name, address, bool(said["Powered"]), bool(said.get("Discovering")))

    def _on_message(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL or message.path is None:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == _BLUEZ:
            if self.running and not message.body[2]:
                self.lost = "bluetoothd has ended"
            elif not self.running and message.body[2]:
                self.lost = "bluetoothd has started"  # what we know is of the time before it
        elif message.member == "InterfacesAdded":
            self._found(*message.body)
        elif message.member == "InterfacesRemoved" and _ADAPTER in message.body[1]:
            self.radios.pop(message.body[0], None)
        elif message.member == "PropertiesChanged" and message.path in self.radios:
            news = {"Powered": "powered", "Discovering": "discovering"}
            said = {news[name]: value for name, value in unpack_variants(message.body[1]).items() if name in news}
            self.radios[message.path] = msgspec.structs.replace(self.radios[message.path], **said)
        else:
            return
        self._changed()

    async def _call(self, to: str, path: str, interface: str, member: str, signature: str, argument: str) -> None:
        answer = await self._ask(to, path, interface, member, signature, [argument])
        if answer.message_type is MessageType.ERROR:
            raise NoBluez(f"The D-Bus refused {member}: {answer.body[0]}", HINTS["denied"])

    async def _ask(
        self, to: str, path: str, interface: str, member: str, signature: str = "", body: list[str] | None = None
    ) -> Message:
        call = Message(
            destination=to, path=path, interface=interface, member=member, signature=signature, body=body or []
        )
        answer = await self._bus.call(call)
        if answer is None:
            raise EOFError("The D-Bus closed the connection")
        return answer
