from asset_registry.locating.drawn import drawn, plan_drawn
from asset_registry.snapshot import SnapshotSource


def plan_of(hospital):
    source = SnapshotSource(hospital.database, "linden", hospital.clock)
    source.refresh()
    return plan_drawn(source.current), source.current


def test_rooms_and_gateways_of_a_drawn_floor_are_a_plan_with_walls(hospital):
    hospital.gateway("gw/4-07", hospital.r407, 2, 3)
    plan, snapshot = plan_of(hospital)
    assert [(gateway.id, gateway.x_m, gateway.y_m) for gateway in plan.gateways] == [("gw/4-07", 2.0, 3.0)]
    assert {int(room.id) for room in plan.rooms} == {hospital.r407, hospital.r412, hospital.r419}
    assert plan.walls
    assert drawn(snapshot).points == []


def test_without_gateways_there_is_nothing_to_locate_by(hospital):
    plan, snapshot = plan_of(hospital)
    assert plan is None
    assert drawn(snapshot) is None
