"""What Linden General owns: 800 assets, where they stand, and in which state.

Makers are fictional, but for those of the bedside oximeters, whose protocols are real.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wardkeeper.demo import fixtures
from wardkeeper.demo.building import BEDSIDE, GATEWAY_ROOMS, WING, Room
from wardkeeper.demo.thing import Thing, gtin


@dataclass(frozen=True)
class Kind:
    """How many of a category there are, who makes them, and how they are named and numbered."""

    category: str
    count: int
    prefix: str
    title: str
    maker: str
    models: tuple[str, ...]
    criticality: str = "medium"
    digits: int = 2


KINDS = (
    Kind("infusion pump", 200, "P", "Pump", "Halden", ("Volumat 3", "Volumat 3", "Volumat 2"), "high", 3),
    Kind("pulse oximeter", 60, "O", "Oximeter", "Brisk & Vale", ("Oxa 11", "Oxa 20")),
    Kind("bed", 102, "B", "Bed", "Marlow", ("Aline 80",), "low"),
    Kind("wheelchair", 50, "WC", "Wheelchair", "Tollen", ("Glide 2",), "low"),
    Kind("ventilator", 22, "V", "Ventilator", "Halden", ("Respira 500",), "high"),
    Kind("syringe pump", 60, "S", "Syringe pump", "Halden", ("Perfa S",), "high"),
    Kind("suction unit", 28, "SU", "Suction unit", "Tollen", ("Vaca 7",)),
    Kind("ultrasound", 12, "U", "Ultrasound", "Orrin Imaging", ("Echo M9",)),
    Kind("defibrillator", 18, "D", "Defibrillator", "Brisk & Vale", ("Cardia 4",), "high"),
    Kind("ECG recorder", 12, "E", "ECG recorder", "Brisk & Vale", ("Trace 12",)),
    Kind("patient monitor", 48, "M", "Monitor", "Brisk & Vale", ("Vista 9", "Vista 12"), "high"),
    Kind("blood pressure monitor", 30, "BP", "Blood pressure monitor", "Brisk & Vale", ("Cuffa 2",), "low"),
    Kind("feeding pump", 18, "FP", "Feeding pump", "Halden", ("Nutra 1",)),
    Kind("mobile X-ray", 3, "MX", "Mobile X-ray", "Orrin Imaging", ("Rove 30",), "high"),
)

OLD_PUMPS = "Volumat 2"
LOT, LOT_SIZE = "V2-2207", 28
"""The production lot that the first 28 of the old pumps come from."""

WORKSHOP = "1.37"
"""Where what is in repair stands."""

_PUMP_117 = ("infusion pump", 117)
_DEPARTMENTS = {1: "Emergency", 2: "Surgery", 3: "Intensive care", 4: "Ward 4"}
_YEAR = 365


def things(rooms: Sequence[Room], chance: random.Random) -> tuple[Thing, ...]:
    """Every asset, movable ones first."""
    return (*_movable(rooms, chance), *fixtures.built_in(rooms), *_bedside())


def _movable(rooms: Sequence[Room], chance: random.Random) -> Iterator[Thing]:
    old_pumps = 0
    for index, kind in enumerate(KINDS):
        for count in range(1, kind.count + 1):
            model = kind.models[count % len(kind.models)]
            old_pumps += model == OLD_PUMPS
            of_lot = model == OLD_PUMPS and old_pumps <= LOT_SIZE
            use, hygiene, condition, holding = _status(kind, count, chance, worn=model == OLD_PUMPS and not of_lot)
            home = _home(kind, rooms, count)
            yield Thing(
                number=f"{kind.prefix}-{count:0{kind.digits}}",
                name=f"{kind.title} {count:0{kind.digits}}" if kind.digits == 3 else f"{kind.title} {count}",
                category=kind.category,
                maker=kind.maker,
                model=model,
                serial=f"{kind.maker[:2].upper()}{24 - count % 5}{chance.randrange(10_000, 99_999)}",
                udi_di=gtin(1000 + index * 10 + count % len(kind.models)),
                department=_DEPARTMENTS[home.level],
                criticality=kind.criticality,
                mobile=kind.category != "bed",
                use=use,
                hygiene=hygiene,
                condition=condition,
                holding=holding,
                home=home.number,
                stands="4.15"
                if (kind.category, count) == _PUMP_117
                else _stands(kind, rooms, home, (use, hygiene, condition), chance),
                lot=LOT if of_lot else "",
                check_in_days=chance.randrange(-_YEAR // 20, _YEAR),
            )


def _status(kind: Kind, count: int, chance: random.Random, *, worn: bool) -> tuple[str, str, str, str]:
    """The four parts. Pump 117 is in use at a patient; some of the `worn` ones are quarantined."""
    if kind.category == "bed" or (kind.category, count) == _PUMP_117:
        return "in_use", "clean", "ok", "owned"
    if worn and count % 4 == 0:
        return "idle", "clean", "quarantined", "owned"
    draw = chance.random()
    holding = "rented" if chance.random() < 0.04 else "owned"
    for limit, use, hygiene, condition in (
        (0.42, "in_use", "clean", "ok"),
        (0.52, "idle", "soiled", "ok"),
        (0.56, "idle", "reprocessing", "ok"),
        (0.59, "idle", "clean", "in_repair"),
        (0.61, "idle", "soiled", "reported"),
    ):
        if draw < limit:
            return use, hygiene, condition, holding
    return "idle", "clean", "ok", holding


def _home(kind: Kind, rooms: Sequence[Room], count: int) -> Room:
    if kind.category == "bed":
        bedrooms = [room for room in care_rooms(rooms) if room.room_type != "operating_room"]
        return bedrooms[(count - 1) % len(bedrooms)]
    if (kind.category, count) == _PUMP_117:
        return next(room for room in rooms if room.number == "4.19")
    wanted = "nurse_station" if kind.category in {"defibrillator", "ECG recorder"} else "equipment_store"
    stores = of_types(rooms, wanted)
    return stores[count % len(stores)]


def _stands(kind: Kind, rooms: Sequence[Room], home: Room, status: tuple[str, str, str], chance: random.Random) -> str:
    use, hygiene, condition = status
    if kind.category == "bed" or condition == "quarantined":
        return home.number
    if condition == "in_repair":
        return WORKSHOP
    if use == "in_use":
        return at_a_patient([room for room in rooms if room.level == home.level], chance)
    if hygiene in {"soiled", "reprocessing"}:
        return nearest(rooms, home, "soiled_utility")
    return home.number if chance.random() < 0.7 else nearest(rooms, home, "clean_utility")


def of_types(rooms: Sequence[Room], *types: str) -> list[Room]:
    """The rooms of these types, in order."""
    return [room for room in rooms if room.room_type in types]


def nearest(rooms: Sequence[Room], to: Room, room_type: str) -> str:
    """The number of the nearest room of that type on the same floor, rather in the same block."""

    def far(room: Room) -> tuple[bool, float]:
        away = abs(room.center[0] - to.center[0]) + abs(room.center[1] - to.center[1])
        return (room.west < WING) != (to.west < WING), away

    return min((room for room in of_types(rooms, room_type) if room.level == to.level), key=far).number


def care_rooms(rooms: Sequence[Room]) -> list[Room]:
    """Where equipment is used at a patient."""
    wards = ("patient_room", "intensive_care", "isolation_room", "recovery_room", "operating_room")
    return of_types(rooms, *wards, "emergency_room", "trauma_room")


def at_a_patient(rooms: Sequence[Room], chance: random.Random) -> str:
    """A room where equipment is used; those with a gateway three times as often, so that most fixes are right."""
    choices = care_rooms(rooms)
    weights = [3 if room.number in GATEWAY_ROOMS else 1 for room in choices]
    return chance.choices(choices, weights)[0].number


def _bedside() -> Iterator[Thing]:
    """The oximeters at the beds: every second one says Nonin's format 2, the others Masimo's ASCII 1."""
    for index, room in enumerate(BEDSIDE, 1):
        maker, model = (("Nonin", "OEM III"), ("Masimo", "Rad-8"))[index % 2 == 0]
        yield Thing(
            number=f"BO-{index:02}",
            name=f"Bedside oximeter {room}",
            category="pulse oximeter",
            maker=maker,
            model=model,
            serial=f"{maker[:2].upper()}23{index:05}",
            udi_di="",
            department=_DEPARTMENTS[int(room[0])],
            criticality="medium",
            mobile=False,
            use="in_use",
            hygiene="clean",
            condition="ok",
            holding="owned",
            home=room,
            stands=room,
            bed="1",
        )
