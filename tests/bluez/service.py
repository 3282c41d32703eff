"""An `org.bluez` of our own: what bleak talks to when there is no Bluetooth adapter.

It behaves as BlueZ does where that matters to a client: an advertisement is only heard while somebody scans, changes
properties and says nothing when nothing changed (unless DuplicateData is asked for); a repeated RSSI counts from
8 dB on without a filter; the end of a scan takes the RSSI away; a connected device does not advertise.
Documents: org.bluez.Adapter(5), org.bluez.Device(5), org.bluez.AdvertisementMonitor(5).
"""

import asyncio
import time

from dbus_fast import BusType, Message, MessageType, NameFlag, Variant
from dbus_fast.aio import MessageBus

from tests.bluez import objects as bluez
from tests.bluez.objects import ADAPTER, CHARACTERISTIC, DEVICE, MONITOR, MONITORS, OBJECTS, PROPERTIES, path_of, uuid

_RSSI_DELTA = 8
_MATCHES = (
    "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'",
    "type='signal',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded',arg0path='/org/bleak/'",
)


class Failure(Exception):
    """An error as D-Bus names it."""

    def __init__(self, name, text=""):
        super().__init__(name, text)
        self.name, self.text = name, text


class Bluez:
    """`start` takes the name on the bus, `stop` is bluetoothd ending. Everything else is the world around it."""

    def __init__(self):
        self._adapters = {}  # as they were plugged in: they are there again after a restart
        self._gatt = {}
        self._faults = {}
        self._beacons = []
        self._strict = set()
        self._forbidden = set()
        self._log = []
        self._calls = []
        self._changed = asyncio.Event()
        self._bus = None
        self._forget()

    def _forget(self):
        self._objects = bluez.Objects(self._send)
        self._sessions = {}  # (adapter, client): its filter
        self._filters = {}
        self._monitors = {}  # (adapter, client, path): its patterns
        self._notifying = {}  # characteristic: client
        self._values = {}
        self._hanging = {}  # device: the Connect that waits

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

    # ------------------------------------------------------------------ adapters

    def add_adapter(self, hci="hci0", address="00:1A:7D:DA:71:01", *, powered=True, strict=False):
        """`strict`: it refuses to connect while it scans, as many do."""
        self._adapters[hci] = (address, powered)
        if strict:
            self._strict.add(hci)
        self._objects.add(path_of(hci), bluez.adapter(hci, address, powered=powered))

    def remove_adapter(self, hci="hci0"):
        self._adapters.pop(hci)
        for table in (self._sessions, self._monitors):
            for key in [key for key in table if key[0] == hci]:
                del table[key]
        for one in self._objects.below(path_of(hci), DEVICE):
            self._lose(one)
        self._objects.remove(path_of(hci))
        self._note("unplugged", hci)

    def power(self, hci="hci0", *, on):
        self._adapters[hci] = (self._adapters[hci][0], on)
        if not on:
            for key in [key for key in self._sessions if key[0] == hci]:
                del self._sessions[key]
            for one in self._objects.below(path_of(hci), DEVICE):
                self._lose(one)
        changed = {"Powered": Variant("b", on), "Discovering": Variant("b", False)}
        self._objects.change(path_of(hci), ADAPTER, changed)
        self._note("powered on" if on else "powered off", hci)

    def stall(self, hci="hci0"):
        """The controller ends the scan by itself, and bluetoothd says so."""
        self._end_sessions(hci)

    # ------------------------------------------------------------------ what is in the air

    def advertise(
        self,
        address,
        rssi=-60,
        *,
        name=None,
        manufacturer=None,
        service_data=None,
        uuids=(),
        tx_power=None,
        hci="hci0",
        address_type="random",
    ):
        """One advertisement reaches the adapter; says whether anybody was told."""
        manufacturer, service_data = manufacturer or {}, service_data or {}
        if not self._listens(hci, bluez.elements(name, manufacturer, service_data)):
            return False
        path = path_of(hci, address)
        said = bluez.advert_properties(rssi, name, manufacturer, service_data, uuids, tx_power)
        if path not in self._objects.tree:
            known = bluez.device(hci, address, address_type=address_type, name=name)
            self._objects.add(path, {DEVICE: {**known, **said}})
            return True
        if self._objects.value(path, DEVICE, "Connected"):
            return False
        news = self._news(hci, path, said)
        if news:
            self._objects.change(path, DEVICE, news)
        return bool(news)

    def add_device(self, address, hci="hci0"):
        """BlueZ knows a device from before."""
        self._objects.add(path_of(hci, address), {DEVICE: bluez.device(hci, address, address_type="random", name=None)})

    def beacon(self, address, every_s=0.05, hci="hci0", **advert):
        """Advertise again and again, at RSSI -50 to -69 where none is given."""

        async def beat():
            rssi = 0
            while True:
                rssi = (rssi + 1) % 20
                self.advertise(address, hci=hci, **{"rssi": -50 - rssi, **advert})
                await asyncio.sleep(every_s)

        self._beacons.append(asyncio.create_task(beat()))

    def forget(self, address, hci="hci0"):
        """BlueZ forgets a device that it has not heard for a while."""
        self._objects.remove(path_of(hci, address))

    def touch(self, address, hci="hci0"):
        """Something else about a device changes."""
        self._objects.change(path_of(hci, address), DEVICE, {"Trusted": Variant("b", True)})

    # ------------------------------------------------------------------ devices one connects to

    def peripheral(self, address, services, *, connect_s=0.0):
        """What a device has once it is connected: [(service, [(characteristic, flags, value)])]."""
        self._gatt[address] = (services, connect_s)

    def fault(self, address, name, text="", *, times=1):
        """The next connects fail with this error; "hang" never answers."""
        self._faults.setdefault(address, []).extend([(name, text)] * times)

    def forbid(self, address, characteristic):
        """The device gives this only to those it is paired with."""
        self._forbidden.add((address, uuid(characteristic)))

    def notify(self, address, characteristic, value):
        """A notification or an indication; says whether anybody had switched it on."""
        for path in self._notifying:
            device = path.rsplit("/", 2)[0]
            same = self._objects.value(path, CHARACTERISTIC, "UUID") == uuid(characteristic)
            if same and self._objects.value(device, DEVICE, "Address") == address:
                self._objects.change(path, CHARACTERISTIC, {"Value": Variant("ay", value)})
                return True
        return False

    def drop(self, address):
        """The link to a connected device is lost."""
        for path in [path for path in self._objects.tree if self._objects.value(path, DEVICE, "Address") == address]:
            self._lose(path)

    # ------------------------------------------------------------------ what a test asks

    def calls(self):
        """Every call that came: (interface, member, path)."""
        return list(self._calls)

    def log(self):
        """What happened: (seconds on the monotonic clock, what, of which adapter or address)."""
        return list(self._log)

    def scanning(self, hci="hci0"):
        return any(key[0] == hci for key in (*self._sessions, *self._monitors))

    def connected(self, address=None):
        """How many devices are connected, or whether this one is."""
        found = [
            self._objects.value(path, DEVICE, "Address")
            for path in self._objects.tree
            if self._objects.value(path, DEVICE, "Connected")
        ]
        return len(found) if address is None else address in found

    def notified(self, address):
        """How many of a device's characteristics are switched on."""
        end = "dev_" + address.replace(":", "_")
        return sum(end in path for path in self._notifying)

    def count(self, what, of):
        """How often that happened."""
        return sum((said, whom) == (what, of) for _, said, whom in self._log)

    async def wait(self, query, *arguments, is_=True):
        """Wait until a query gives `is_`."""
        while getattr(self, query)(*arguments) != is_:
            self._changed.clear()
            await self._changed.wait()

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

    def _start_notify(self, message):
        self._notifying[message.path] = message.sender
        self._objects.change(message.path, CHARACTERISTIC, {"Notifying": Variant("b", True)})
        return "", []

    def _stop_notify(self, message):
        self._notifying.pop(message.path, None)
        return "", []

    # ------------------------------------------------------------------ inside

    def _listens(self, hci, elements):
        if self._bus is None or not self._objects.value(path_of(hci), ADAPTER, "Powered"):
            return False
        monitors = [patterns for key, patterns in self._monitors.items() if key[0] == hci]
        watched = any(
            kind == wanted and data[at : at + len(content)] == content
            for patterns in monitors
            for at, wanted, content in patterns
            for kind, data in elements
        )
        return watched or any(key[0] == hci for key in self._sessions)

    def _news(self, hci, path, said):
        """What of an advertisement BlueZ tells: changes, and with DuplicateData all data."""
        filters = [filter_ for key, filter_ in self._sessions.items() if key[0] == hci]
        again = any("DuplicateData" in filter_ and filter_["DuplicateData"].value for filter_ in filters)
        known = self._objects.tree[path][DEVICE]
        news = {name: value for name, value in said.items() if name not in known or known[name] != value}
        small = "RSSI" in news and "RSSI" in known and abs(news["RSSI"].value - known["RSSI"].value) < _RSSI_DELTA
        if small and not any(filters):
            del news["RSSI"]
        if again:
            news |= {name: said[name] for name in ("ManufacturerData", "ServiceData") if name in said}
        return news

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
        self._objects.change(path, DEVICE, {"Connected": Variant("b", True)})
        self._note("connected", address)
        self._send(Message.new_method_return(message))
        bluez.gatt(self._objects, path, services, self._values)
        self._objects.change(path, DEVICE, {"ServicesResolved": Variant("b", True)})

    def _may_connect(self, hci, address):
        if hci in self._strict and self._objects.value(path_of(hci), ADAPTER, "Discovering"):
            raise Failure("org.bluez.Error.InProgress", "Operation already in progress")
        if self._faults.get(address):
            raise Failure(*self._faults[address].pop(0))

    def _lose(self, path):
        if not self._objects.value(path, DEVICE, "Connected"):
            return
        for one in self._objects.below(path, CHARACTERISTIC):
            self._notifying.pop(one, None)
            self._values.pop(one, None)
        for service in self._objects.below(path, bluez.SERVICE):
            self._objects.remove(service)
        gone = {"ServicesResolved": Variant("b", False), "Connected": Variant("b", False)}
        self._objects.change(path, DEVICE, gone)
        self._note("lost", self._objects.value(path, DEVICE, "Address"))

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

    def _note(self, what, of):
        self._log.append((time.monotonic(), what, of))
        self._changed.set()

    def _send(self, message):
        if self._bus is not None:
            self._bus.send(message)

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
    (CHARACTERISTIC, "StartNotify"): Bluez._start_notify,
    (CHARACTERISTIC, "StopNotify"): Bluez._stop_notify,
}
