"""How far rooms are from one another, where ways are drawn and where not."""


def test_a_snapshot_measures_between_rooms_of_any_floors(hospital):
    snapshot = hospital.snapshot()
    assert snapshot.distance_m(hospital.r407, hospital.r412) == 10
    assert snapshot.distance_m(hospital.r407, hospital.r501) == 20, "a level up, and nobody drew the stairs"
    assert snapshot.distance_m(hospital.r407, hospital.floor) is None
    assert snapshot.distance_m(hospital.r407, hospital.r407) == 0
