"""Linden General as data: rooms, assets, tags, gateways, devices and people, the same for the same seed. No I/O."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from wardkeeper.demo.building import GATEWAY_ROOMS, UNCOUNTED, Room, rooms
from wardkeeper.demo.inventory import of_types, things
from wardkeeper.demo.thing import Thing

SITE = "linden-general"
SITE_NAME = "Linden General"
ZONE = "Europe/Berlin"
"""The hospital's zone: working days and Tasmota's zone-less times follow it."""

BEACON = "8c2f6d1e-7a4b-4f0c-9d35-5b1e0a6c4417"
"""The proximity UUID of the hospital's own asset tags."""


SERIAL_LINK = "bedside"
"""The name of the serial link."""


@dataclass(frozen=True)
class GatewaySpot:
    """An ESPresense node: `slug` is its room name on the wire ("gateway-4-06")."""

    slug: str
    name: str
    room: str
    x: float
    y: float


@dataclass(frozen=True)
class Talker:
    """A device: `topic` is its name on the wire, `dialect` who speaks it, `room` or `asset` what it belongs to."""

    topic: str
    dialect: str
    kind: str
    name: str
    maker: str
    model: str
    firmware: str
    interval_s: float
    role: str
    room: str = ""
    asset: str = ""

    @property
    def native_id(self) -> str:
        """As the dialect's decoder names it."""
        if self.dialect == "serial":
            return f"serial:{SERIAL_LINK}/{self.topic}"
        if self.dialect == "espresense":
            return f"ble:{self.topic}" if self.kind == "tag" else f"mqtt:espresense/{self.topic}"
        return f"mqtt:{self.dialect}/{self.topic}"


@dataclass(frozen=True)
class Staff:
    """Someone who can sign in."""

    login: str
    name: str
    roles: tuple[str, ...]


PEOPLE = (
    Staff("admin", "Linden administrator", ("admin",)),
    Staff("okafor", "M. Okafor", ("biomed",)),
    Staff("lind", "S. Lind", ("clinician",)),
    Staff("novak", "J. Novak", ("facilities",)),
    Staff("reyes", "T. Reyes", ("facilities",)),
    Staff("brandt", "A. Brandt", ("pharmacy_lab",)),
    Staff("haas", "R. Haas", ("infection_prevention",)),
    Staff("weber", "K. Weber", ("it_agent",)),
    Staff("osei", "D. Osei", ("equipment_cleaning",)),
    Staff("marsh", "L. Marsh", ("requester",)),
    Staff("fell", "N. Fell", ("vendor",)),
    Staff("ito", "H. Ito", ("auditor",)),
)


@dataclass(frozen=True)
class Archive:
    """Where an image archive listens: its DICOM application entity title, host and port."""

    asset: str
    title: str
    host: str
    port: int


ARCHIVE = Archive("PACS-1", "LINDENARCHIVE", "archive.linden-general.example", 11112)

PORTAL_CODES = {"4.09": "LG-409-K7QX", "4.27": "LG-427-R2MD"}
"""What the QR code on the door of a patient room says, by room."""


@dataclass(frozen=True)
class World:
    """The whole hospital."""

    seed: int
    places: tuple[Room, ...]
    assets: tuple[Thing, ...]
    gateways: tuple[GatewaySpot, ...]
    devices: tuple[Talker, ...]
    strangers: tuple[Talker, ...]
    people: tuple[Staff, ...] = PEOPLE

    @cached_property
    def rooms(self) -> tuple[Room, ...]:
        """The 150 rooms: no corridors, stairs, lifts or bridge."""
        return tuple(place for place in self.places if place.room_type not in UNCOUNTED)

    @cached_property
    def room(self) -> dict[str, Room]:
        """Places by the number on the door."""
        return {place.number: place for place in self.places}

    @cached_property
    def asset(self) -> dict[str, Thing]:
        """Assets by number."""
        return {thing.number: thing for thing in self.assets}

    @cached_property
    def tagged(self) -> tuple[Thing, ...]:
        """The assets with a tag, in order: what moves. What is built in or as large as a bed stays where it is."""
        return tuple(thing for thing in self.assets if thing.mobile)

    @cached_property
    def beds(self) -> tuple[tuple[str, str], ...]:
        """(room, bed) of every bed that is a place of its own."""
        return tuple(sorted({(thing.home, thing.bed) for thing in self.assets if thing.bed}))

    @cached_property
    def zigbees(self) -> tuple[Talker, ...]:
        """The devices behind the Zigbee bridge, the unclaimed ones too."""
        everyone = (*self.devices, *self.strangers)
        return tuple(talker for talker in everyone if talker.dialect == "zigbee2mqtt" and talker is not _BRIDGE)

    def talkers(self, kind: str) -> tuple[Talker, ...]:
        """The devices of one kind, in order."""
        return tuple(device for device in self.devices if device.kind == kind)


def build_world(seed: int = 1) -> World:
    """Linden General. The building never changes; serial numbers, states and places of assets follow the seed."""
    places = rooms()
    counted = tuple(place for place in places if place.room_type not in UNCOUNTED)
    assets = things(counted, random.Random(f"{seed}/assets"))
    gateways = tuple(_gateways({room.number: room for room in counted}))
    devices = (*_room_devices(counted), *_asset_devices(assets), *_heard(assets, gateways), _BRIDGE)
    return World(seed, places, assets, gateways, devices, strangers=(_STRANGER,))


def tag_of(index: int) -> str:
    """The ESPresense id of the tag of the tagged asset at `index`."""
    return f"iBeacon:{BEACON}-{index // 100 + 1}-{index % 100 + 1}"


def _gateways(room: dict[str, Room]) -> Iterator[GatewaySpot]:
    count: dict[int, int] = {}
    for number in GATEWAY_ROOMS:
        place = room[number]
        count[place.level] = nth = count.get(place.level, 0) + 1
        x, y = place.center
        yield GatewaySpot(
            f"gateway-{place.level}-{nth:02}", f"Gateway {place.level}-{nth:02}", number, round(x, 2), round(y, 2)
        )


def _room_devices(counted: tuple[Room, ...]) -> Iterator[Talker]:
    for room in counted:
        number = room.number
        yield _zigbee(f"{number}/climate", "room climate", f"Climate {number}", room=number)
        yield _zigbee(f"{number}/light", "light", f"Light {number}", room=number)
        yield _zigbee(f"{number}/motion", "presence", f"Presence {number}", room=number)
    for room in of_types(counted, "isolation_room", "operating_room", "equipment_store", "medication_room"):
        yield _zigbee(f"{room.number}/door", "door contact", f"Door {room.number}", room=room.number)
    for room in of_types(counted, "isolation_room", "operating_room", "sterile_compounding"):
        yield _zigbee(f"{room.number}/pressure", "room pressure", f"Pressure {room.number}", room=room.number)
    airy = of_types(counted, "isolation_room", "operating_room", "patient_room", "intensive_care")
    for room in airy:
        yield _zigbee(f"{room.number}/air", "air flow", f"Air flow {room.number}", room=room.number)


def _asset_devices(assets: tuple[Thing, ...]) -> Iterator[Talker]:
    for thing in assets:
        number = thing.number
        if thing.category == "infusion pump":
            yield _zigbee(f"pump/{number}", "pump dock", f"Dock of {thing.name}", "self", asset=number)
        elif thing.category == "vaccine fridge":
            yield _zigbee(f"fridge/{number}", "cold probe", f"Probe {number}", "sensor", asset=number)
            yield Talker(
                f"plug-{number.lower()}",
                "tasmota",
                "plug",
                f"Plug {number}",
                "Sparr",
                "Sparr Plug 16A",
                "14.3.0",
                60,
                "sensor",
                asset=number,
            )
        elif thing.category == "air handler":
            yield _zigbee(f"plant/{number}", "air handler", f"Controller {number}", "self", asset=number)
        elif thing.bed:
            port = f"bed-{thing.home.replace('.', '-')}"
            said = thing.maker, thing.model, "", 1.0
            yield Talker(port, "serial", thing.category, thing.name, *said, "self", asset=number)


_ZIGBEE = {
    "room climate": ("Sensa", "Sensa Klima 2", 60.0),
    "light": ("Lumen & Sons", "DL 16 node", 600.0),
    "presence": ("Sensa", "Sensa Move", 600.0),
    "door contact": ("Sensa", "Sensa Door", 600.0),
    "room pressure": ("Aerlund", "DP 25", 30.0),
    "air flow": ("Aerlund", "AF 10", 120.0),
    "pump dock": ("Halden", "Dock 3", 60.0),
    "cold probe": ("Nordkyl", "Probe B", 60.0),
    "air handler": ("Aerlund", "AL controller", 60.0),
}
"""Maker, model and how many seconds pass between two reports, by kind of Zigbee device."""


def _zigbee(topic: str, kind: str, name: str, role: str = "sensor", *, room: str = "", asset: str = "") -> Talker:
    maker, model, interval = _ZIGBEE[kind]
    return Talker(topic, "zigbee2mqtt", kind, name, maker, model, "1.4.2", interval, role, room, asset)


_BRIDGE = Talker(
    "bridge", "zigbee2mqtt", "bridge", "Zigbee bridge", "", "zStack3x0", "2.1.3", 3600, "sensor", room="2.16"
)
_STRANGER = _zigbee("0x00158d0007e4a1c2", "room climate", "", room="4.24")
"""A sensor that somebody put up in the linen room and told nobody about: it talks, and no one has claimed it."""


def _heard(assets: tuple[Thing, ...], gateways: tuple[GatewaySpot, ...]) -> Iterator[Talker]:
    for index, thing in enumerate(thing for thing in assets if thing.mobile):
        yield Talker(
            tag_of(index),
            "espresense",
            "tag",
            f"Tag {index + 1:03}",
            "Fennec",
            "Asset tag T2",
            "2.0.1",
            10,
            "tag",
            asset=thing.number,
        )
    for spot in gateways:
        yield Talker(
            spot.slug, "espresense", "gateway", spot.name, "Espressif", "ESPresense", "v4.0.2", 60, "sensor", spot.room
        )
