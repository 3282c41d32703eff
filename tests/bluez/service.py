"""An `org.bluez` of our own: what bleak talks to when there is no Bluetooth adapter.

Documents: org.bluez.Adapter(5), org.bluez.Device(5), org.bluez.GattCharacteristic(5),
org.bluez.AdvertisementMonitorManager(5).
"""

import asyncio

from dbus_fast import BusType, Message, MessageType, NameFlag, Variant
from dbus_fast.aio import MessageBus

from tests.bluez import objects as bluez
from tests.bluez.objects import ADAPTER, CHARACTERISTIC, DEVICE, MONITOR, MONITORS, OBJECTS, PROPERTIES, path_of
from tests.bluez.world import Failure, World

_MATCHES = (
    "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'",
    "type='signal',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded',arg0path='/org/bleak/'",
)


class Bluez(World):
    """`start` takes the name on the bus, `stop` is bluetoothd ending; adapters and devices are there again after it."""

    async def start(self):
        self._bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        self._bus.add_message_handler(self._on_message)
        for rule in _MATCHES:
            await self._ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", rule)
        for hci, (address, powered) in self._adapters.items():
            self._objects.add(path_of(hci), bluez.adapter(hci, address, powered=powered))
        await self._bus.request_name("org.bluez", NameFlag.DO_NOT_QUEUE)

    async def stop(self):
        bus, self._bus = self._bus, None
        bus.disconnect()
        await bus.wait_for_disconnect()
        self._forget()

    # ------------------------------------------------------------------ calls

    def _on_message(self, message):
        if message.message_type is MessageType.SIGNAL:
            self._on_signal(message)
            return None
        if message.message_type is not MessageType.METHOD_CALL or message.interface == "org.freedesktop.DBus.Peer":
            return None
        self._calls.append((message.interface, message.member, message.path))
        try:
            answer = self._answer(message)
        except Failure as failure:
            return Message.new_error(message, failure.name, failure.text)
        finally:
            self._changed.set()
        return True if answer is None else Message.new_method_return(message, *answer)

    def _answer(self, message):
        """Signature and body of the answer; None when it comes later."""
        interface, member, path, body = message.interface, message.member, message.path, message.body
        if interface == OBJECTS:
            return "a{oa{sa{sv}}}", [self._objects.tree]
        if path not in self._objects.tree:
            raise Failure("org.freedesktop.DBus.Error.UnknownObject", path)
        if interface == PROPERTIES and member == "GetAll":
            return "a{sv}", [self._objects.tree[path].get(body[0], {})]
        handler = _HANDLERS.get((interface, member))
        if handler is None:
            raise Failure("org.freedesktop.DBus.Error.UnknownMethod", f"{interface}.{member}")
        return handler(self, message)

    def _set_filter(self, message):
        self._filters[_hci(message.path), message.sender] = message.body[0]
        return "", []

    def _start_discovery(self, message):
        hci = _hci(message.path)
        if not self._objects.value(message.path, ADAPTER, "Powered"):
            raise Failure("org.bluez.Error.NotReady", "Resource Not Ready")
        self._sessions[hci, message.sender] = self._filters.get((hci, message.sender), {})
        self._objects.change(message.path, ADAPTER, {"Discovering": Variant("b", True)})
        self._note("scan on", hci)
        return "", []

    def _stop_discovery(self, message):
        hci = _hci(message.path)
        if self._sessions.pop((hci, message.sender), None) is None:
            raise Failure("org.bluez.Error.Failed", "No discovery started")
        self._end_sessions(hci)
        return "", []

    def _end_sessions(self, hci):
        for key in [key for key in self._sessions if key[0] == hci]:
            del self._sessions[key]
        self._objects.change(path_of(hci), ADAPTER, {"Discovering": Variant("b", False)})
        for one in self._objects.below(path_of(hci), DEVICE):
            if self._objects.value(one, DEVICE, "RSSI") is not None:
                self._objects.change(one, DEVICE, {}, ("RSSI", "TxPower"))
        self._note("scan off", hci)

    def _register_monitor(self, message):
        self._monitors[_hci(message.path), message.sender, message.body[0]] = []
        return "", []

    def _unregister_monitor(self, message):
        self._monitors.pop((_hci(message.path), message.sender, message.body[0]))
        self._note("scan off", _hci(message.path))
        return "", []

    def _connect(self, message):
        task = asyncio.create_task(self._connecting(message))
        task.add_done_callback(lambda done: done.result())

    def _disconnect(self, message):
        waiting = self._hanging.pop(message.path, None)
        if waiting:
            self._send(Message.new_error(waiting, "org.bluez.Error.Failed", "Operation already in progress"))
        self._lose(message.path)
        return "", []

    def _read(self, message):
        value, what = self._values[message.path], self._objects.value(message.path, CHARACTERISTIC, "UUID")
        device = message.path.rsplit("/", 2)[0]
        if (self._objects.value(device, DEVICE, "Address"), what) in self._forbidden:
            raise Failure("org.bluez.Error.NotPermitted", "ATT error: 0x05")
        self._note("read", what)
        self._objects.change(message.path, CHARACTERISTIC, {"Value": Variant("ay", value)})
        return "ay", [value]

    def _write(self, message):
        value, what = message.body[0], self._objects.value(message.path, CHARACTERISTIC, "UUID")
        address = self._objects.value(message.path.rsplit("/", 2)[0], DEVICE, "Address")
        if (address, what) in self._forbidden:
            raise Failure("org.bluez.Error.NotPermitted", "ATT error: 0x05")
        self._written.append((address, what[4:8], bytes(value)))
        self._note("written", address)
        return "", []

    def _start_notify(self, message):
        self._notifying[message.path] = message.sender
        self._objects.change(message.path, CHARACTERISTIC, {"Notifying": Variant("b", True)})
        return "", []

    def _stop_notify(self, message):
        self._notifying.pop(message.path, None)
        return "", []

    async def _connecting(self, message):
        path, hci = message.path, _hci(message.path)
        address = self._objects.value(path, DEVICE, "Address")
        services, connect_s = self._gatt.get(address, ([], 0.0))
        self._note("connect", address)
        try:
            self._may_connect(hci, address)
        except Failure as failure:
            if failure.name == "hang":
                self._hanging[path] = message
            else:
                self._send(Message.new_error(message, failure.name, failure.text))
            return
        await asyncio.sleep(connect_s)
        self._note("connected", address)
        self._up(path, services, message)

    def _on_signal(self, message):
        if message.member == "NameOwnerChanged" and message.body[2] == "":
            self._client_gone(message.body[0])
        elif message.member == "InterfacesAdded" and message.sender != self._bus.unique_name:
            path, interfaces = message.body
            for key in self._monitors:
                if key[1:] == (message.sender, path) and MONITOR in interfaces:
                    patterns = interfaces[MONITOR]["Patterns"].value
                    self._monitors[key] = [(at, kind, bytes(content)) for at, kind, content in patterns]
                    self._note("scan on", key[0])

    def _client_gone(self, client):
        """As bluetoothd does: a client's scans and notifications end with its connection."""
        for key in [key for key in self._sessions if key[1] == client]:
            del self._sessions[key]
            self._end_sessions(key[0])
        for key in [key for key in self._monitors if key[1] == client]:
            del self._monitors[key]
        for path in [path for path, owner in self._notifying.items() if owner == client]:
            del self._notifying[path]

    async def _ask(self, destination, path, interface, member, text):
        call = Message(
            destination=destination, path=path, interface=interface, member=member, signature="s", body=[text]
        )
        return await self._bus.call(call)


def _hci(path):
    return path.split("/")[3]


_HANDLERS = {
    (ADAPTER, "SetDiscoveryFilter"): Bluez._set_filter,
    (ADAPTER, "StartDiscovery"): Bluez._start_discovery,
    (ADAPTER, "StopDiscovery"): Bluez._stop_discovery,
    (MONITORS, "RegisterMonitor"): Bluez._register_monitor,
    (MONITORS, "UnregisterMonitor"): Bluez._unregister_monitor,
    (DEVICE, "Connect"): Bluez._connect,
    (DEVICE, "Disconnect"): Bluez._disconnect,
    (CHARACTERISTIC, "ReadValue"): Bluez._read,
    (CHARACTERISTIC, "WriteValue"): Bluez._write,
    (CHARACTERISTIC, "StartNotify"): Bluez._start_notify,
    (CHARACTERISTIC, "StopNotify"): Bluez._stop_notify,
}
