"""A floor's drawing: what is wrong with one, saving it, and taking the last save back."""

import json

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from asset_registry.audit import Audit
from asset_registry.bindings import Device, Gateway
from asset_registry.drawing import Drawing, drawing_of, geojson_of, mark_of, save, undo
from asset_registry.drawing_checks import faults, hung
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.floor_files import FloorReport, floor_called, import_floor
from asset_registry.hvac.brick import class_of
from asset_registry.places import Place
from asset_registry.plan_files import read


def box(number, west=0, north=0, east=4, south=5, **more):
    return {"number": number, "polygon": [[west, north], [east, north], [east, south], [west, south]], **more}


def drawing(*rooms, **more):
    return hung(Drawing(**{"width": 30, "depth": 20, "rooms": rooms, **more}))


@pytest.mark.parametrize(
    "kind, wrong",
    [
        ("number", drawing(box("1"), box("1", west=6, east=9))),
        ("crosses", drawing({"number": "1", "polygon": [[0, 0], [4, 4], [4, 0], [0, 4]]})),
        ("small", drawing(box("1", east=0.2, south=0.2))),
        ("outside", drawing(box("1", east=31))),
        ("overlap", drawing(box("1"), box("2", west=3, east=8))),
        ("overlap", drawing(box("1", east=20, south=20), box("2", west=8, north=8, east=10, south=10))),
        ("door", drawing(box("1", doors=[{"x": 2, "y": 2}]))),
        ("gateway", drawing(gateways=[{"device": 1, "x": 1, "y": 1}, {"device": 1, "x": 2, "y": 1}])),
        ("gateway", drawing(gateways=[{"device": 1, "x": 1, "y": 50}])),
        ("zone", drawing(box("1"), zones=[{"kind": "hvac", "name": "AHU 3", "rooms": ["1", "2"]}])),
        ("zone", drawing(zones=[{"kind": "exit", "name": "Main door"}])),
    ],
)
def test_what_is_wrong_is_named(kind, wrong):
    assert [fault.kind for fault in faults(wrong)] == [kind]


def test_walls_may_be_drawn_to_their_middle_or_their_inside():
    assert faults(drawing(box("1"), box("2", west=3.8, east=8), box("3", west=8, east=12))) == []


@pytest.mark.parametrize("x, y, wall", [(2, 0, "n"), (4, 2, "e"), (2, 5, "s"), (0, 2, "w")])
@pytest.mark.parametrize("turned", [False, True])
def test_a_door_hangs_in_the_wall_that_it_stands_in(x, y, wall, turned):
    room = box("1", doors=[{"x": x, "y": y}])
    room["polygon"] = room["polygon"][::-1] if turned else room["polygon"]
    assert drawing(room).rooms[0].doors[0].wall == wall


@pytest.fixture
def session(database):
    with database.write() as session:
        yield session


@pytest.fixture
def now(clock):
    return clock.now()


@pytest.fixture
def floor(session, now):
    """An empty floor with one undrawn room, and a device."""
    site = Place(kind="floor", number="4", level=4)
    session.add(site)
    session.flush()
    session.add(Place(kind="room", parent_id=site.id, number="4.01", plan={"ceiling_m": 2.7}))
    session.add(Device(id=7, site="linden", native_id="gw", first_seen=now, dismissed=False, typed=[]))
    session.flush()
    return site.id


def seen(session, floor):
    return mark_of(drawing_of(session, floor))


def test_saved_with_rooms_gateways_and_zones_and_undone(session, floor, now):
    wanted = drawing(
        box("4.01", doors=[{"x": 2, "y": 5}]),
        box("4.02", west=4, east=8, room_type="stairs"),
        gateways=[{"device": 7, "x": 5, "y": 1}],
        zones=[{"kind": "cleaning", "name": "West", "rooms": ["4.01", "4.02"]}],
    )
    save(session, floor, wanted, seen(session, floor), "fay", now)
    rooms = {room.number: room for room in session.scalars(select(Place).where(Place.kind == "room"))}
    assert rooms["4.01"].plan["ceiling_m"] == 2.7
    assert rooms["4.01"].plan["doors"] == [{"x": 2, "y": 5, "width": 1, "wall": "s"}]
    assert session.get(Gateway, 7).place_id == rooms["4.02"].id
    assert drawing_of(session, floor).zones[0].rooms == ["4.01", "4.02"]

    undo(session, floor, "fay", now)
    assert drawing_of(session, floor).rooms == []
    assert session.get(Gateway, 7) is None
    assert {room.number for room in session.scalars(select(Place).where(Place.kind == "room"))} == {"4.01", "4.02"}
    assert [row.action for row in session.scalars(select(Audit).where(Audit.object_kind == "drawing"))] == [
        "draw",
        "undraw",
    ]
    with pytest.raises(Conflict, match="no save"):
        undo(session, floor, "fay", now)


def test_who_saw_an_older_drawing_is_refused(session, floor, now):
    old = seen(session, floor)
    save(session, floor, drawing(box("4.01")), old, "fay", now)
    with pytest.raises(Conflict, match="somebody else"):
        save(session, floor, drawing(box("4.09")), old, "ben", now)


def test_a_save_is_not_undone_over_what_came_after_it(session, floor, now):
    save(session, floor, drawing(box("4.01")), seen(session, floor), "fay", now)
    session.scalar(select(Place).where(Place.number == "4.01")).name = "Store"
    session.flush()
    with pytest.raises(Conflict, match="changed after"):
        undo(session, floor, "fay", now)


def test_two_rooms_change_their_numbers_with_each_other(session, floor, now):
    save(session, floor, drawing(box("4.01"), box("4.02", west=4, east=8)), seen(session, floor), "fay", now)
    drawn = drawing_of(session, floor)
    one, two = drawn.rooms
    one.number, two.number = two.number, one.number
    save(session, floor, drawn, seen(session, floor), "fay", now)
    assert [(room.id, room.number) for room in drawing_of(session, floor).rooms] == [(one.id, "4.02"), (two.id, "4.01")]


def test_a_room_of_another_floor_is_refused(session, floor, now):
    with pytest.raises(Invalid, match="not on this floor"):
        save(session, floor, drawing(box("4.01", id=999)), seen(session, floor), "fay", now)


# ---------------------------------------------------------------- plans from files

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg"><g>
<rect id="4.01" x="10" y="20" width="40" height="50"><title>Store</title></rect>
<path id="4.02" d="M50 20h40v50H50z M0 0 10,0 10 10Z"/><path id="bent" d="M0 0C1 1 2 2 3 3Z"/>
<polygon id="4.03" points="90,20 130,20 110,70"/></g></svg>"""


def test_svg_in_its_own_units():
    found = read("plan.svg", SVG)
    assert [(each.number, each.name, len(each.polygon)) for each in found] == [
        ("4.01", "Store", 4),
        ("4.02", "", 4),
        ("4.02-2", "", 3),
        ("4.03", "", 3),
    ]
    assert found[0].polygon == [(10, 20), (50, 20), (50, 70), (10, 70)]


def test_what_goes_out_as_geojson_comes_in_again():
    drawn = drawing(box("4.01", name="Store", room_type="store"))
    (back,) = read("plan.geojson", json.dumps(geojson_of(drawn)).encode())
    assert (back.number, back.name, back.room_type) == ("4.01", "Store", "store")
    assert back.polygon == drawn.rooms[0].polygon


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("plan.svg", b"<svg><script>1</script></svg>", "<script>"),
        ("plan.svg", b'<svg><image href="http://x.test/a.png"/></svg>', "<image>"),
        ("plan.svg", b'<svg><a href="http://x.test/"><rect width="1" height="1"/></a></svg>', "leads out"),
        ("plan.svg", b'<svg onload="x()"/>', "leads out"),
        ("plan.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "entities"),
        ("plan.svg", b'<svg><g transform="scale(2)"/></svg>', "flatten"),
        ("plan.svg", b"<svg>", "no SVG"),
        ("plan.svg", b"<svg/>", "no outline"),
        ("plan.svg", b'<svg><path d="M0 0 L 1"/></svg>', "one too few"),
        ("plan.json", b'{"features": 3, "type": "FeatureCollection"}', "no GeoJSON"),
        ("plan.dwg", b"", "neither"),
    ],
)
def test_files_that_are_refused_say_why(name, content, why):
    with pytest.raises(Invalid, match=why):
        read(name, content)


def test_a_floor_goes_out_as_geojson_and_comes_in_again(session, floor, now):
    save(session, floor, drawing(box("4.01", doors=[{"x": 2, "y": 5}])), seen(session, floor), "fay", now)
    told = geojson_of(drawing_of(session, floor))
    other = Place(kind="floor", number="5", level=5)
    session.add(other)
    session.flush()
    content = json.dumps(told).encode()
    assert floor_called(session, "5") == other.id
    assert import_floor(session, other.id, "4.geojson", content, "fay", now) == FloorReport(1, 0)
    (room,) = drawing_of(session, other.id).rooms
    assert (room.number, room.doors[0].wall, room.doors[0].x) == ("4.01", "s", 2)
    assert import_floor(session, other.id, "4.geojson", content, "fay", now) == FloorReport(0, 1)
    assert undo(session, other.id, "fay", now).rooms[0].number == "4.01"


@pytest.mark.parametrize(
    "number, polygon, why",
    [
        ("", [[0, 0], [4, 0], [4, 4], [0, 0]], "outline 1 has no number"),
        ("4.02", [[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]], "4.02: its walls cross"),
    ],
)
def test_a_file_that_cannot_be_drawn_is_refused_whole(session, floor, now, number, polygon, why):
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [polygon]}}
    content = json.dumps(feature | {"properties": {"number": number}}).encode()
    with pytest.raises(Invalid, match=why):
        import_floor(session, floor, "plan.geojson", content, "fay", now)
    assert drawing_of(session, floor).rooms == []
    with pytest.raises(Missing, match="no floor 9"):
        floor_called(session, "9")


def test_brick_classes_are_kept_where_they_are_not_the_usual_ones(session, floor, now):
    wanted = drawing(box("4.01"), brick={"asset:3": "Variable_Air_Volume_Box", "device:7": "IAQ_Sensor_Equipment"})
    save(session, floor, wanted, seen(session, floor), "fay", now)
    kept = drawing_of(session, floor).brick
    assert class_of(kept, "asset:3", "Air_Handling_Unit") == "Variable_Air_Volume_Box"
    assert class_of(kept, "asset:4", "Air_Handling_Unit") == "Air_Handling_Unit"
    for wrong in ({"asset:3": "Teapot"}, {"room:3": "Gateway"}):
        with pytest.raises(ValidationError):
            drawing(brick=wrong)
