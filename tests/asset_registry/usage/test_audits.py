"""Audits by walking: expected, seen, missing, unexpected, signed."""

import pytest

from asset_registry.audit import history
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import TELEMETRY
from asset_registry.usage.audits import audit_of, audits_of, begin, expected_in, result_of, see, sights_of, sign, unsee


@pytest.fixture
def house(hospital):
    """Three pumps belong in 4.19, one of them is lent out; one in 4.07, of the department ICU."""
    hospital.first = hospital.asset("P-1", home_id=hospital.r419)
    hospital.second = hospital.asset("P-2", home_id=hospital.r419)
    hospital.lent = hospital.asset("P-3", home_id=hospital.r419, holding="loaned_out")
    hospital.other = hospital.asset("P-4", home_id=hospital.r407, department="ICU")
    return hospital


def begun(house, session, department=""):
    now = house.snapshot()
    expected = [asset.id for asset in expected_in(now, [now.places[house.r419]], department)]
    return begin(session, "4.19", [house.r419], expected, house.nurse, house.now()).id


def test_expected_is_what_belongs_there_and_is_not_away(house):
    now = house.snapshot()
    rooms = [now.places[house.r419]]
    assert [asset.number for asset in expected_in(now, rooms)] == ["P-1", "P-2"]
    assert [asset.number for asset in expected_in(now, [], "ICU")] == ["P-4"]
    assert [asset.number for asset in expected_in(now, rooms, "ICU")] == ["P-1", "P-2", "P-4"]


def test_what_was_seen_is_found_or_unexpected_and_the_rest_is_missing(house):
    with house.database.write() as session:
        number = begun(house, session)
        see(session, number, [house.first, house.other], house.r419, "scanned", house.nurse, house.now())
        see(session, number, [house.first], house.r419, "seen", house.biomed, house.now())
    with house.database.read() as session:
        found = result_of(house.snapshot(), audit_of(session, number), sights_of(session, number))
    names = [[asset.number for asset in part] for part in (found.found, found.missing, found.unexpected)]
    assert names == [["P-1"], ["P-2"], ["P-4"]]
    assert (found.sights[house.first].who, found.sights[house.first].how) == ("okafor", "seen")
    with house.database.write() as session:
        unsee(session, number, house.first)
        assert {sight.asset_id for sight in sights_of(session, number)} == {house.other}


def test_signed_it_changes_no_more_and_the_chosen_ones_are_missing(house):
    with house.database.write() as session:
        number = begun(house, session)
        see(session, number, [house.first], None, "seen", house.nurse, house.now())
    with house.database.write() as session:
        sign(session, number, [house.second], "gone since the move", house.biomed, house.now())
    assert house.snapshot().assets[house.second].holding == "missing"
    with house.database.write() as session:
        assert [row.signed_by for row in audits_of(session)] == ["Okafor"]
        assert history(session, "audit", number)[0].after["set missing"] == 1
        with pytest.raises(Conflict, match="was signed"):
            see(session, number, [house.first], None, "seen", house.nurse, house.now())


def test_what_makes_no_sense_is_refused(house):
    with house.database.write() as session:
        with pytest.raises(Invalid, match="nothing in the registry"):
            begin(session, "nowhere", [], [], house.nurse, house.now())
        number = begun(house, session)
        see(session, number, [house.first], None, "seen", house.nurse, house.now())
        with pytest.raises(Invalid, match="is not missing in this audit"):
            sign(session, number, [house.first], "", house.biomed, house.now())
        with pytest.raises(Invalid, match="is not missing in this audit"):
            sign(session, number, [house.other], "", house.biomed, house.now())
        with pytest.raises(Forbidden):
            sign(session, number, [], "", TELEMETRY, house.now())
        with pytest.raises(Missing, match="no audit 99"):
            see(session, 99, [house.first], None, "seen", house.nurse, house.now())
        with pytest.raises(Missing, match="no asset 4711"):
            see(session, number, [4711], None, "seen", house.nurse, house.now())
