"""A technician's round: the nearest next, what is in use last."""

from asset_registry.usage.visits import Visit, round_of


def test_the_round_goes_to_the_nearest_next_and_to_what_is_in_use_last(hospital):
    far, near, busy, lost, beside = (
        hospital.asset(number, use=use)
        for number, use in (("A", "idle"), ("B", "idle"), ("C", "in_use"), ("D", "idle"), ("E", "idle"))
    )
    snapshot = hospital.snapshot()
    where = {far: hospital.r419, near: hospital.r412, busy: hospital.r407, beside: hospital.r412, lost: None}
    visits = [Visit(snapshot.assets[a], ["due"], snapshot.places.get(room or 0)) for a, room in where.items()]
    told = round_of(snapshot, visits, snapshot.places[hospital.r407])
    assert [(each.asset.number, each.metres) for each in told] == [
        ("B", 10.0),
        ("E", 0.0),
        ("A", 20.0),
        ("C", 30.0),
        ("D", None),
    ]


def test_without_a_start_it_begins_somewhere(hospital):
    snapshot = hospital.snapshot()
    pump = snapshot.assets[hospital.pump]
    (only,) = round_of(snapshot, [Visit(pump, ["due"], snapshot.places[hospital.r412])], None)
    assert only.metres is None
