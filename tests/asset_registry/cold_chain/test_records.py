"""What people set up and sign, and that nobody changes it afterwards."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from asset_registry.cold_chain.judging import Probe
from asset_registry.cold_chain.records import (
    ColdRecord,
    ColdStore,
    Setup,
    broken_at,
    decide,
    quarantine,
    quarantined,
    records_of,
    set_probe,
    set_up,
    sign,
)
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.hvac import Range
from asset_registry.people import TELEMETRY, create_person, principal_of

PROBE = Probe(True, 0.5, "DAkkS 4711", date(2027, 3, 1))


@pytest.fixture
def pharmacist(hospital):
    with hospital.database.write() as session:
        return principal_of(create_person(session, "yilmaz", "E. Yilmaz", ["pharmacy_lab"], "test", hospital.now()))


@pytest.fixture
def fridge(hospital, pharmacist):
    with hospital.database.write() as session:
        set_up(session, hospital.fridge, Setup("vaccines"), pharmacist, hospital.now())
    return hospital.fridge


def signed(hospital, asset_id):
    with hospital.database.read() as session:
        return records_of(session, asset_id)


def test_every_act_is_signed_with_name_time_meaning_and_reason(hospital, pharmacist, fridge):
    with hospital.database.write() as session:
        set_up(session, fridge, Setup("vaccines", 3, 7), pharmacist, hospital.now(), "label of the maker")
    newest = signed(hospital, fridge)[0]
    assert (newest.name, newest.login, newest.at, newest.reason) == (
        "E. Yilmaz",
        "yilmaz",
        hospital.now(),
        "label of the maker",
    )
    assert newest.meaning == "responsible for what is kept in this store"
    assert newest.content == {"product": "vaccines", "low": 3, "high": 7}
    with hospital.database.read() as session:
        assert session.get(ColdStore, fridge).wanted(Range(2, 8)) == Range(3, 7)


def test_a_change_without_a_reason_is_refused(hospital, pharmacist, fridge):
    with hospital.database.write() as session, pytest.raises(Invalid, match="say why"):
        set_up(session, fridge, Setup("platelets"), pharmacist, hospital.now(), " ")


@pytest.mark.parametrize(
    "probe", [Probe(accuracy_c=0), Probe(accuracy_c=9), Probe(certificate="4711"), Probe(valid_until=date(2027, 1, 1))]
)
def test_a_probe_that_makes_no_sense_is_refused(hospital, pharmacist, fridge, probe):
    with hospital.database.write() as session, pytest.raises(Invalid):
        set_probe(session, fridge, probe, pharmacist, hospital.now())


def test_the_certificate_is_kept_and_signed(hospital, fridge):
    with hospital.database.write() as session:
        assert set_probe(session, fridge, PROBE, hospital.biomed, hospital.now()).probe == PROBE
    assert signed(hospital, fridge)[0].content["valid_until"] == "2027-03-01"


def test_a_quarantine_ends_with_a_decision_of_the_pharmacy_alone(hospital, pharmacist, fridge):
    with hospital.database.write() as session:
        quarantine(session, fridge, hospital.nurse, hospital.now(), "11 °C over night")
    assert quarantined(signed(hospital, fridge)).name == "Lind"
    with hospital.database.write() as session:
        with pytest.raises(Conflict, match="already"):
            quarantine(session, fridge, hospital.nurse, hospital.now(), "again")
        for person in (hospital.nurse, hospital.biomed):
            with pytest.raises(Forbidden, match="pharmacy lab"):
                decide(session, fridge, "released", {}, person, hospital.now(), "looks fine")
        with pytest.raises(Invalid, match="rests on"):
            decide(session, fridge, "released", {}, pharmacist, hospital.now(), "")
        with pytest.raises(Invalid, match="released, discarded or returned"):
            decide(session, fridge, "eaten", {}, pharmacist, hospital.now(), "hunger")
        decide(session, fridge, "discarded", {"start": "2026-11-24T01:00:00.000Z"}, pharmacist, hospital.now(), "maker")
    assert quarantined(signed(hospital, fridge)) is None


def test_nobody_signs_for_a_store_that_is_none_and_no_program_signs(hospital, pharmacist, fridge):
    with hospital.database.write() as session:
        with pytest.raises(Missing, match="no cold store"):
            quarantine(session, hospital.pump, hospital.nurse, hospital.now(), "warm")
        with pytest.raises(Missing, match="no asset"):
            set_up(session, 9999, Setup("vaccines"), pharmacist, hospital.now())
        for stranger in (TELEMETRY, hospital.requester, hospital.cleaner):
            with pytest.raises(Forbidden):
                sign(session, fridge, "review", {}, stranger, hospital.now())


@pytest.mark.parametrize("statement", ["UPDATE cold_record SET reason = 'x'", "DELETE FROM cold_record"])
def test_a_signed_record_is_only_ever_added(hospital, fridge, statement):
    with pytest.raises(DBAPIError, match="only ever added"), hospital.database.write() as session:
        session.execute(text(statement))


def test_what_is_changed_behind_our_back_shows(hospital, pharmacist, fridge):
    with hospital.database.write() as session:
        for half in range(4):
            sign(
                session,
                fridge,
                "review",
                {"lowest": 3.5 + half, "highest": 5.0},
                pharmacist,
                hospital.now() + timedelta(hours=half),
            )
    rows = signed(hospital, fridge)
    assert broken_at(rows) is None
    forged = rows[2]
    forged.content = {"lowest": 2.5, "highest": 5.0}
    assert broken_at(rows) is forged
    assert broken_at([row for row in signed(hospital, fridge) if row.id != forged.id]).id == forged.id + 1, (
        "one is gone"
    )
    assert all(isinstance(row, ColdRecord) for row in rows)
