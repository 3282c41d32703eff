"""What is built into Linden General or stands on its floor for years: imaging, laboratory, theatres, plant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wardkeeper.demo.building import CORE, STOREYS, WING, Room
from wardkeeper.demo.thing import Thing

FRIDGE_ROOMS = (
    *("2.12", "2.06", "3.09", "3.09", "3.15", "3.15", "4.18", "4.18"),
    *("1.31", "1.31", "1.33", "1.18", "3.30", "4.34"),
)
"""Where F-01 to F-14 stand."""


@dataclass(frozen=True)
class Kind:
    """Assets of one category in these rooms, numbered as they come; `checks`: days to the first ones' next check."""

    category: str
    prefix: str
    title: str
    maker: str
    model: str
    department: str
    rooms: tuple[str, ...]
    criticality: str = "high"
    digits: int = 1
    checks: tuple[int, ...] = ()


_THEATRES = ("2.07", "2.08", "2.09", "2.10", "2.21", "2.22")
_STATIONS = ("1.17", "2.11", "2.25", "3.14", "3.29", "4.17", "4.33", "1.31", "2.01", "1.21")

KINDS = (
    Kind("vaccine fridge", "F", "Fridge", "Nordkyl", "Vaxa 140", "Pharmacy", FRIDGE_ROOMS, digits=2),
    Kind("X-ray system", "XR", "X-ray", "Orrin Imaging", "Ray 500", "Imaging", ("1.11", "1.12")),
    Kind("CT scanner", "CT", "CT", "Orrin Imaging", "Slice 64", "Imaging", ("1.13", "1.14")),
    Kind("MRI scanner", "MR", "MRI", "Orrin Imaging", "Tesla 15", "Imaging", ("1.15",)),
    Kind("angiography system", "AX", "Angiography", "Orrin Imaging", "Vessel 2", "Imaging", ("1.16",)),
    Kind("image archive", "PACS", "Image archive", "Orrin Imaging", "Archive 5", "IT", ("3.34",)),
    Kind(
        "laboratory analyser",
        "LA",
        "Analyser",
        "Quill Diagnostics",
        "Chema 7",
        "Laboratory",
        ("1.21", "1.21", "1.23", "1.23", "1.22", "3.09"),
    ),
    Kind(
        "centrifuge",
        "CF",
        "Centrifuge",
        "Quill Diagnostics",
        "Spin 4",
        "Laboratory",
        ("1.21", "1.23", "1.29", "3.09"),
        "medium",
    ),
    Kind("sterilizer", "ST", "Sterilizer", "Caldor", "Steam 60", "Sterile supply", ("2.24", "2.24", "2.23", "2.06")),
    Kind(
        "washer-disinfector",
        "WD",
        "Washer",
        "Caldor",
        "Wash 12",
        "Sterile supply",
        ("2.24", "2.24", "1.24", "2.14", "3.17", "4.20"),
        "medium",
    ),
    Kind("anaesthesia machine", "AN", "Anaesthesia machine", "Halden", "Somna 3", "Surgery", (*_THEATRES, "2.17")),
    Kind("operating table", "OT", "Operating table", "Marlow", "Plano 4", "Surgery", _THEATRES, "medium"),
    Kind("surgical light", "SL", "Surgical light", "Lumen & Sons", "OP 90", "Surgery", _THEATRES * 2, "medium", 2),
    Kind(
        "dialysis machine",
        "DI",
        "Dialysis machine",
        "Halden",
        "Rena 2",
        "Dialysis",
        ("3.25", "3.26", "3.27", "3.28") * 2,
        checks=(-12,),
    ),
    Kind("label printer", "PR", "Label printer", "Sparr", "Tag 4", "IT", _STATIONS, "low", 2),
    Kind("laminar flow bench", "LF", "Flow bench", "Aerlund", "Clean 18", "Pharmacy", ("1.32",), checks=(21,)),
    Kind(
        "emergency generator",
        "G",
        "Generator",
        "Northgate",
        "Diesel 800",
        "Facilities",
        ("1.40", "1.40"),
        checks=(2, 16),
    ),
    Kind("uninterruptible power supply", "UPS", "UPS", "Northgate", "Hold 20", "Facilities", ("3.34", "1.41")),
    Kind("chiller", "CH", "Chiller", "Aerlund", "Kalt 300", "Facilities", ("1.39", "1.39")),
    Kind("medical gas plant", "MG", "Gas plant", "Northgate", "Aer 3", "Facilities", ("1.42", "1.42", "1.42")),
    Kind("kitchen equipment", "KI", "Kitchen unit", "Caldor", "Combi 10", "Kitchen", ("1.35",) * 4 + ("1.36",), "low"),
)


def built_in(rooms: Sequence[Room]) -> Iterator[Thing]:
    """All of it."""
    for kind in KINDS:
        for index, room in enumerate(kind.rooms, 1):
            number = f"{kind.prefix}-{index:0{kind.digits}}"
            name = f"Fridge {number}" if kind.prefix == "F" else f"{kind.title} {index}"
            check = kind.checks[index - 1] if index <= len(kind.checks) else None
            yield _fixture(kind, number, name, room, check=check)
    yield from _air(rooms)
    yield from _lights(rooms)


def _fixture(
    kind: Kind, number: str, name: str, stands: str, serves: tuple[str, ...] = (), check: int | None = None
) -> Thing:
    return Thing(
        number=number,
        name=name,
        category=kind.category,
        maker=kind.maker,
        model=kind.model,
        serial=f"{kind.maker[:2].upper()}19{int(number.split('-')[1]):05}",
        udi_di="",
        department=kind.department,
        criticality=kind.criticality,
        mobile=False,
        use="in_use",
        hygiene="clean",
        condition="ok",
        holding="owned",
        home=stands,
        stands=stands,
        serves=serves,
        check_in_days=check,
    )


_AIR_HANDLER = Kind("air handler", "AHU", "Air handler", "Aerlund", "AL 8000", "Facilities", ())
_EXTRACT = Kind("extract fan", "EF", "Extract fan", "Aerlund", "EX 20", "Facilities", ())
_LIGHTS = Kind("light circuit", "L", "Lights", "Lumen & Sons", "DL 16", "Facilities", (), "low")
_PLANT = {"A": "2.16", "B": "1.39"}
"""The plant room of each building."""


def _air(rooms: Sequence[Room]) -> Iterator[Thing]:
    theatres = tuple(room.number for room in rooms if room.room_type in {"operating_room", "sterile_storage"})
    first = {n: tuple(r.number for r in rooms if r.level == n and r.west < WING) for n in STOREYS}
    wing = {n: tuple(r.number for r in rooms if r.level == n and r.west >= WING) for n in STOREYS}
    served = {
        1: ("A", theatres),
        2: ("A", tuple(number for number in first[2] + wing[2] if number not in theatres)),
        3: ("A", first[4][:5]),
        4: ("A", first[4][5:]),
        5: ("A", first[3]),
        6: ("A", wing[3]),
        7: ("A", wing[4]),
        8: ("B", first[1][:16]),
        9: ("B", first[1][16:]),
        10: ("B", wing[1]),
    }
    for index, (building, numbers) in served.items():
        yield _fixture(_AIR_HANDLER, f"AHU-{index}", f"Air handler {index}", _PLANT[building], numbers)
    for index, number in ((12, "4.12"), (13, "4.13"), (20, "4.20"), (24, "1.24"), (35, "1.35"), (43, "1.43")):
        yield _fixture(_EXTRACT, f"EF-{index}", f"Extract fan {index}", _PLANT["A" if index < 24 else "B"], (number,))


def _lights(rooms: Sequence[Room]) -> Iterator[Thing]:
    """Four circuits a floor: north and south of each block."""
    for level in STOREYS:
        station = next(room for room in rooms if room.level == level and room.room_type == "nurse_station")
        for side in (1, 2, 3, 4):
            north, wing = side % 2 == 1, side > 2
            numbers = tuple(
                room.number
                for room in rooms
                if (room.level, room.center[1] < CORE[1], room.west >= WING) == (level, north, wing)
            )
            title = f"Lights {level}{' wing' if wing else ''} {'north' if north else 'south'}"
            yield _fixture(_LIGHTS, f"L-{level}{side}", title, station.number, numbers)
