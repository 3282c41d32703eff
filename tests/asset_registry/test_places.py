from dataclasses import dataclass, field

from asset_registry.places import distance_m


@dataclass
class Room:
    id: int
    plan: dict = field(default_factory=dict)


def room(number, x, y):
    return Room(number, {"polygon": [[x, y], [x + 4, y], [x + 4, y + 6], [x, y + 6]]})


def test_distance_goes_along_the_walls_and_up_the_stairs():
    a, b = room(1, 0, 0), room(2, 10, 20)
    assert distance_m(a, b) == 30
    assert distance_m(a, b, levels=-2) == 70
    assert distance_m(a, a) == 0


def test_without_a_plan_nobody_can_tell():
    assert distance_m(room(1, 0, 0), Room(2)) is None
    assert distance_m(Room(2), Room(2)) == 0


def test_a_snapshot_measures_between_rooms_of_any_floors(hospital):
    snapshot = hospital.snapshot()
    assert snapshot.distance_m(hospital.r407, hospital.r412) == 10
    assert snapshot.distance_m(hospital.r407, hospital.r501) == 20
    assert snapshot.distance_m(hospital.r407, hospital.floor) is None
