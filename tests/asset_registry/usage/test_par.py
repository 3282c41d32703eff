"""How many there should be, how many there are, and what to bring from where."""

import pytest

from asset_registry.errors import Invalid, Missing
from asset_registry.usage.par import levels_of, pars, set_par


def test_what_is_wanting_is_brought_from_where_there_is_more_nearest_first(hospital):
    near, far, own = hospital.asset("P-1"), hospital.asset("P-2"), hospital.asset("P-3")
    with hospital.database.write() as session:
        set_par(session, hospital.r407, "infusion pump", 2, None, "berg", hospital.now())
        set_par(session, hospital.r501, "infusion pump", 1, 1, "berg", hospital.now())
        rows = pars(session)
    snapshot = hospital.snapshot()
    usable = {near: hospital.r412, far: hospital.r419, own: hospital.r501}
    wanting, other = levels_of(rows, snapshot, usable)
    assert (wanting.par.place_id, wanting.wanting, list(wanting.bring)) == (hospital.r407, 2, [near, far])
    assert (other.wanting, other.over, list(other.here)) == (0, 0, [own]), (
        "what a place needs itself is not taken from it"
    )


def test_nothing_is_promised_twice_and_a_floor_counts_what_is_in_its_rooms(hospital):
    only = hospital.asset("P-1")
    with hospital.database.write() as session:
        set_par(session, hospital.floor, "infusion pump", 1, 1, "berg", hospital.now())
        set_par(session, hospital.r501, "infusion pump", 1, None, "berg", hospital.now())
        rows = pars(session)
    snapshot = hospital.snapshot()
    told = {level.par.place_id: level for level in levels_of(rows, snapshot, {only: hospital.r407})}
    assert (told[hospital.floor].wanting, told[hospital.r501].wanting) == (0, 1)
    assert list(told[hospital.r501].bring) == [], "level 4 needs its one pump"


def test_a_level_is_changed_and_taken_away_and_makes_sense(hospital):
    with hospital.database.write() as session:
        set_par(session, hospital.r407, "bed", 2, 4, "berg", hospital.now())
        assert set_par(session, hospital.r407, "bed", 3, 4, "berg", hospital.now()).least == 3
        assert set_par(session, hospital.r407, "bed", 0, None, "berg", hospital.now()) is None
        assert pars(session) == []
        for wrong in ((3, 2), (-1, None)):
            with pytest.raises(Invalid):
                set_par(session, hospital.r407, "bed", *wrong, "berg", hospital.now())
        with pytest.raises(Invalid, match="category"):
            set_par(session, hospital.r407, " ", 1, None, "berg", hospital.now())
        with pytest.raises(Missing):
            set_par(session, 9999, "bed", 1, None, "berg", hospital.now())
