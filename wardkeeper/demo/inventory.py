"""What Linden General owns: 300 assets of fictional makers, where they stand, and in which state."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wardkeeper.demo.building import GATEWAY_ROOMS, Room


@dataclass(frozen=True)
class Thing:
    """An asset as it is seeded: `home` is where it belongs, `stands` where it is at first (numbers on doors)."""

    number: str
    name: str
    category: str
    maker: str
    model: str
    serial: str
    udi_di: str
    department: str
    criticality: str
    mobile: bool
    use: str
    hygiene: str
    condition: str
    holding: str
    home: str
    stands: str
    serves: tuple[str, ...] = ()


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
    Kind("infusion pump", 120, "P", "Pump", "Halden", ("Volumat 3", "Volumat 3", "Volumat 2"), "high", 3),
    Kind("pulse oximeter", 40, "O", "Oximeter", "Brisk & Vale", ("Oxa 11", "Oxa 20")),
    Kind("bed", 30, "B", "Bed", "Marlow", ("Aline 80",), "low"),
    Kind("wheelchair", 26, "WC", "Wheelchair", "Tollen", ("Glide 2",), "low"),
    Kind("ventilator", 14, "V", "Ventilator", "Halden", ("Respira 500",), "high"),
    Kind("syringe pump", 14, "S", "Syringe pump", "Halden", ("Perfa S",), "high"),
    Kind("suction unit", 12, "SU", "Suction unit", "Tollen", ("Vaca 7",)),
    Kind("ultrasound", 8, "U", "Ultrasound", "Orrin Imaging", ("Echo M9",)),
    Kind("defibrillator", 8, "D", "Defibrillator", "Brisk & Vale", ("Cardia 4",), "high"),
    Kind("ECG recorder", 6, "E", "ECG recorder", "Brisk & Vale", ("Trace 12",)),
)

FRIDGE_ROOMS = ("2.12", "2.06", "3.09", "3.09", "3.15", "3.15", "4.18", "4.18")
"""Where F-01 to F-08 stand."""

_PUMP_117 = ("infusion pump", 117)
_DEPARTMENTS = {2: "Surgery", 3: "Intensive care", 4: "Ward 4"}


def gtin(body: int) -> str:
    """A GTIN-14 out of GS1's prefix 952, which is kept for examples, with its check digit."""
    digits = f"0952{body:09}"
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(digits))
    return digits + str(-total % 10)


def things(rooms: Sequence[Room], chance: random.Random) -> tuple[Thing, ...]:
    """Every asset, movable ones first."""
    return (*_movable(rooms, chance), *_fridges(), *_plant(rooms))


def _movable(rooms: Sequence[Room], chance: random.Random) -> Iterator[Thing]:
    for index, kind in enumerate(KINDS):
        for count in range(1, kind.count + 1):
            use, hygiene, condition, holding = _status(kind, count, chance)
            home = _home(kind, rooms, count)
            yield Thing(
                number=f"{kind.prefix}-{count:0{kind.digits}}",
                name=f"{kind.title} {count:0{kind.digits}}" if kind.digits == 3 else f"{kind.title} {count}",
                category=kind.category,
                maker=kind.maker,
                model=kind.models[count % len(kind.models)],
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
            )


def _status(kind: Kind, count: int, chance: random.Random) -> tuple[str, str, str, str]:
    """The four parts. Pump 117 is in use at a patient; a recalled batch of old pumps is quarantined."""
    if kind.category == "bed" or (kind.category, count) == _PUMP_117:
        return "in_use", "clean", "ok", "owned"
    if kind.category == "infusion pump" and kind.models[count % 3] == "Volumat 2" and count % 4 == 0:
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
        bedrooms = of_types(rooms, "patient_room", "intensive_care", "isolation_room", "recovery_room")
        return bedrooms[(count - 1) % len(bedrooms)]
    if (kind.category, count) == _PUMP_117:
        return next(room for room in rooms if room.number == "4.19")
    wanted = "nurse_station" if kind.category in {"defibrillator", "ECG recorder"} else "equipment_store"
    stores = of_types(rooms, wanted)
    return stores[count % len(stores)]


def _stands(kind: Kind, rooms: Sequence[Room], home: Room, status: tuple[str, str, str], chance: random.Random) -> str:
    use, hygiene, condition = status
    same = [room for room in rooms if room.level == home.level]
    if kind.category == "bed" or condition == "quarantined":
        return home.number
    if condition == "in_repair":
        return "2.16"
    if use == "in_use":
        return at_a_patient(same, chance)
    if hygiene in {"soiled", "reprocessing"}:
        return of_types(same, "soiled_utility")[0].number
    return home.number if chance.random() < 0.7 else of_types(same, "clean_utility")[0].number


def of_types(rooms: Sequence[Room], *types: str) -> list[Room]:
    """The rooms of these types, in order."""
    return [room for room in rooms if room.room_type in types]


def care_rooms(rooms: Sequence[Room]) -> list[Room]:
    """Where equipment is used at a patient."""
    return of_types(rooms, "patient_room", "intensive_care", "isolation_room", "recovery_room", "operating_room")


def at_a_patient(rooms: Sequence[Room], chance: random.Random) -> str:
    """A room where equipment is used; those with a gateway three times as often, so that most fixes are right."""
    choices = care_rooms(rooms)
    weights = [3 if room.number in GATEWAY_ROOMS else 1 for room in choices]
    return chance.choices(choices, weights)[0].number


def _fixture(number: str, name: str, category: str, stands: str, serves: tuple[str, ...] = ()) -> Thing:
    maker, model = {
        "vaccine fridge": ("Nordkyl", "Vaxa 140"),
        "air handler": ("Aerlund", "AL 8000"),
        "extract fan": ("Aerlund", "EX 20"),
        "light circuit": ("Lumen & Sons", "DL 16"),
    }[category]
    return Thing(
        number=number,
        name=name,
        category=category,
        maker=maker,
        model=model,
        serial=f"{maker[:2].upper()}19{int(number.split('-')[1]):05}",
        udi_di="",
        department="Pharmacy" if category == "vaccine fridge" else "Facilities",
        criticality="high" if category != "light circuit" else "low",
        mobile=False,
        use="in_use",
        hygiene="clean",
        condition="ok",
        holding="owned",
        home=stands,
        stands=stands,
        serves=serves,
    )


def _fridges() -> Iterator[Thing]:
    for index, room in enumerate(FRIDGE_ROOMS, 1):
        yield _fixture(f"F-{index:02}", f"Fridge F-{index:02}", "vaccine fridge", room)


def _plant(rooms: Sequence[Room]) -> Iterator[Thing]:
    theatres = tuple(room.number for room in of_types(rooms, "operating_room", "sterile_storage"))
    level = {n: tuple(room.number for room in rooms if room.level == n) for n in (2, 3, 4)}
    five = level[4][:5]
    served = {
        1: theatres,
        2: tuple(number for number in level[2] if number not in theatres),
        3: five,
        4: level[4][5:],
        5: level[3],
    }
    for index, numbers in served.items():
        yield _fixture(f"AHU-{index}", f"Air handler {index}", "air handler", "2.16", numbers)
    for index, number in ((12, "4.12"), (13, "4.13"), (20, "4.20")):
        yield _fixture(f"EF-{index}", f"Extract fan {index}", "extract fan", "2.16", (number,))
    for floor in (2, 3, 4):
        for side in (1, 2):
            north = [room for room in rooms if room.level == floor and (room.center[1] < 16) == (side == 1)]
            title = f"Lights {floor} {'north' if side == 1 else 'south'}"
            numbers = tuple(room.number for room in north)
            station = of_types([room for room in rooms if room.level == floor], "nurse_station")[0]
            yield _fixture(f"L-{floor}{side}", title, "light circuit", station.number, numbers)
