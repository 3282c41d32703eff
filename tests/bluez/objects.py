"""What BlueZ publishes on D-Bus: adapters, devices and their GATT tables, as an object manager's tree.

Interfaces and properties: org.bluez.Adapter(5), org.bluez.Device(5), org.bluez.GattService(5),
org.bluez.GattCharacteristic(5), org.bluez.GattDescriptor(5).
"""

from dbus_fast import Message, MessageType, Variant

ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
DESCRIPTOR = "org.bluez.GattDescriptor1"
MONITORS, MONITOR = "org.bluez.AdvertisementMonitorManager1", "org.bluez.AdvertisementMonitor1"
OBJECTS, PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"

_BASE = "-0000-1000-8000-00805f9b34fb"


def uuid(short):
    """A UUID in full: "180d" stands for the Bluetooth SIG's own."""
    return short if len(short) == 36 else f"{int(short, 16):08x}{_BASE}"


def path_of(hci, address=""):
    return f"/org/bluez/{hci}" + (f"/dev_{address.replace(':', '_')}" if address else "")


class Objects:
    """The tree; every change of it is a signal, as from an object manager."""

    def __init__(self, send):
        self._send = send
        self.tree = {}

    def add(self, path, interfaces):
        self.tree.setdefault(path, {}).update(interfaces)
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def remove(self, path):
        """An object with all below it, the deepest first."""
        for one in sorted((one for one in self.tree if one == path or one.startswith(f"{path}/")), reverse=True):
            self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [one, list(self.tree.pop(one))])

    def change(self, path, interface, changed, invalidated=()):
        if path in self.tree:
            properties = self.tree[path][interface]
            properties.update(changed)
            for name in invalidated:
                properties.pop(name, None)
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, list(invalidated)])

    def value(self, path, interface, name):
        found = self.tree.get(path, {}).get(interface, {}).get(name)
        return found.value if found else None

    def below(self, path, interface):
        return [one for one in self.tree if one.startswith(f"{path}/") and interface in self.tree[one]]

    def _signal(self, path, interface, member, signature, body):
        signal = MessageType.SIGNAL
        self._send(
            Message(message_type=signal, path=path, interface=interface, member=member, signature=signature, body=body)
        )


def adapter(name, address, *, powered):
    return {
        ADAPTER: {
            "Address": Variant("s", address),
            "AddressType": Variant("s", "public"),
            "Name": Variant("s", name),
            "Alias": Variant("s", name),
            "Powered": Variant("b", powered),
            "Discovering": Variant("b", False),
            "UUIDs": Variant("as", []),
            "Roles": Variant("as", ["central", "peripheral"]),
        },
        MONITORS: {"SupportedMonitorTypes": Variant("as", ["or_patterns"]), "SupportedFeatures": Variant("as", [])},
    }


def device(hci, address, *, address_type, name):
    flags = ("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing", "Connected", "ServicesResolved")
    return {
        "Address": Variant("s", address),
        "AddressType": Variant("s", address_type),
        "Alias": Variant("s", name or address.replace(":", "-")),
        "Adapter": Variant("o", path_of(hci)),
        "UUIDs": Variant("as", []),
        **{flag: Variant("b", False) for flag in flags},
    }


def advert_properties(rssi, name, manufacturer, service_data, uuids, tx_power):
    """The properties of a device that one advertisement sets."""
    said = {"RSSI": Variant("n", rssi)}
    if name is not None:
        said["Name"] = Variant("s", name)
    if manufacturer:
        said["ManufacturerData"] = Variant("a{qv}", {k: Variant("ay", v) for k, v in manufacturer.items()})
    if service_data:
        said["ServiceData"] = Variant("a{sv}", {uuid(k): Variant("ay", v) for k, v in service_data.items()})
    if uuids:
        said["UUIDs"] = Variant("as", [uuid(one) for one in uuids])
    if tx_power is not None:
        said["TxPower"] = Variant("n", tx_power)
    return said


def elements(name, manufacturer, service_data):
    """An advertisement as (AD type, bytes), as monitors match it (Supplement to the Core Specification, part A)."""
    found = [(0x01, b"\x06")]
    if name:
        found.append((0x09, name.encode()))
    found += [(0xFF, company.to_bytes(2, "little") + data) for company, data in manufacturer.items()]
    for short, data in service_data.items():
        whole = uuid(short)
        if whole.endswith(_BASE):
            found.append((0x16, int(whole[4:8], 16).to_bytes(2, "little") + data))
        else:
            found.append((0x21, bytes.fromhex(whole.replace("-", ""))[::-1] + data))
    return found


def gatt(objects, path, services, values):
    """Publish the GATT table of a connected device: [(service, [(characteristic, flags, value)])]."""
    handle = 0
    for service, characteristics in services:
        handle += 1
        parent = f"{path}/service{handle:04x}"
        objects.add(
            parent,
            {
                SERVICE: {
                    "UUID": Variant("s", uuid(service)),
                    "Device": Variant("o", path),
                    "Primary": Variant("b", True),
                    "Includes": Variant("ao", []),
                    "Handle": Variant("q", handle),
                }
            },
        )
        for characteristic, flags, value in characteristics:
            handle += 2
            one = f"{parent}/char{handle:04x}"
            values[one] = value
            objects.add(
                one,
                {
                    CHARACTERISTIC: {
                        "UUID": Variant("s", uuid(characteristic)),
                        "Service": Variant("o", parent),
                        "Value": Variant("ay", b""),
                        "Flags": Variant("as", flags),
                        "Notifying": Variant("b", False),
                        "MTU": Variant("q", 247),
                        "Handle": Variant("q", handle),
                    }
                },
            )
            if {"notify", "indicate"} & set(flags):
                handle += 1
                switch = {"UUID": Variant("s", uuid("2902")), "Characteristic": Variant("o", one)}
                rest = {"Value": Variant("ay", b"\0\0"), "Handle": Variant("q", handle)}
                objects.add(f"{one}/desc{handle:04x}", {DESCRIPTOR: {**switch, **rest}})
