"""What is around an `org.bluez` of our own: adapters, what is in the air, devices one connects to.

It behaves as BlueZ does where that matters to a client: an advertisement is only heard while somebody scans, changes
properties and says nothing when nothing changed (unless DuplicateData is asked for); a repeated RSSI counts from
8 dB on without a filter; the end of a scan takes the RSSI away; a connected device does not advertise.
Documents: org.bluez.Adapter(5), org.bluez.Device(5), org.bluez.AdvertisementMonitor(5).
"""

import asyncio
import itertools
import time

from dbus_fast import Message, Variant

from tests.bluez import objects as bluez
from tests.bluez.objects import ADAPTER, CHARACTERISTIC, DEVICE, path_of, uuid

_RSSI_DELTA = 8


class Failure(Exception):
    """An error as D-Bus names it."""

    def __init__(self, name, text=""):
        super().__init__(name, text)
        self.name, self.text = name, text


class World:
    """What a test makes happen, and what it asks; `Bluez` answers the calls of D-Bus."""

    def __init__(self):
        self._adapters = {}  # as they were plugged in: they are there again after a restart
        self._gatt = {}
        self._faults = {}
        self._beacons = []
        self._strict = set()
        self._forbidden = set()
        self._log = []
        self._calls = []
        self._written = []
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

    def beacon(self, address, every_s=0.05, rssi=-50, **advert):
        """Advertise again and again, up to 4 dB below `rssi`, until `quiet`."""

        async def beat():
            for nth in itertools.count():
                self.advertise(address, rssi - nth % 5, **advert)
                await asyncio.sleep(every_s)

        self._beacons.append(asyncio.create_task(beat()))

    def quiet(self):
        """Nobody advertises any more."""
        for beacon in self._beacons:
            beacon.cancel()
        self._beacons.clear()

    def touch(self, address, hci="hci0"):
        """Something else about a device changes."""
        self._objects.change(path_of(hci, address), DEVICE, {"Trusted": Variant("b", True)})

    # ------------------------------------------------------------------ devices one connects to

    def peripheral(self, address, services, *, connect_s=0.0):
        """What a device has once it is connected: [(service, [(characteristic, flags, value)])]."""
        self._gatt[address] = (services, connect_s)

    def connect_for_another(self, address, hci="hci0"):
        """Some other program, which has ended since, has connected a device."""
        self.add_device(address, hci)
        self._up(path_of(hci, address), self._gatt[address][0])

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

    def written(self):
        """What was written: (address, characteristic, bytes)."""
        return list(self._written)

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

    def _note(self, what, of):
        self._log.append((time.monotonic(), what, of))
        self._changed.set()

    def _send(self, message):
        if self._bus is not None:
            self._bus.send(message)

    def _up(self, path, services, asked=None):
        self._objects.change(path, DEVICE, {"Connected": Variant("b", True)})
        if asked:
            self._send(Message.new_method_return(asked))
        bluez.gatt(self._objects, path, services, self._values)
        self._objects.change(path, DEVICE, {"ServicesResolved": Variant("b", True)})
