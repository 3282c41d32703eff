import threading
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.assets import CONDITION, HOLDING, HYGIENE, USE, Asset, usable
from asset_registry.audit import Revision, bump, history
from asset_registry.errors import Conflict, Forbidden, Invalid, Missing
from asset_registry.people import TELEMETRY
from asset_registry.places import Place
from asset_registry.soiling import soiled_by_place
from asset_registry.status import (
    ask_return,
    claim_asset,
    expire_claims,
    release,
    set_status,
    watch_claims,
    withdraw_report,
)
from collector.clock import monotonic


def claim(hospital, actor):
    with hospital.database.write() as session:
        return claim_asset(session, hospital.pump, actor, hospital.now())


def change(hospital, actor, note="", **changes):
    with hospital.database.write() as session:
        return set_status(session, hospital.pump, changes, actor, hospital.now(), note)


def force(hospital, **fields):
    with hospital.database.write() as session:
        for name, value in fields.items():
            setattr(session.get(Asset, hospital.pump), name, value)


def pump(hospital):
    with hospital.database.read() as session:
        return session.get(Asset, hospital.pump)


def pump_history(hospital):
    with hospital.database.read() as session:
        return history(session, "asset", hospital.pump)


# ---------------------------------------------------------------- claiming


def test_a_claim_lasts_15_minutes_and_says_whose_it_is(hospital):
    claim(hospital, hospital.nurse)
    zone = timezone(timedelta(hours=1))
    answer = usable(pump(hospital), hospital.now(), "S. Lind", zone)
    assert (answer.usable, answer.why) == (False, "Claimed by S. Lind to 07:57")
    hospital.clock.advance(15 * 60)
    assert usable(pump(hospital), hospital.now()).usable, "no one has to clear it away"
    claim(hospital, hospital.other_nurse)
    assert pump(hospital).claimed_by == hospital.other_nurse.person_id


def test_a_claim_is_refused_with_the_reason_while_another_holds_it(hospital):
    claim(hospital, hospital.nurse)
    with pytest.raises(Conflict, match="Pump 117: Claimed by Lind to 06:57"):
        claim(hospital, hospital.other_nurse)


def test_claiming_again_starts_the_quarter_of_an_hour_anew(hospital):
    claim(hospital, hospital.nurse)
    hospital.clock.advance(600)
    assert claim(hospital, hospital.nurse).claimed_until == hospital.now() + timedelta(minutes=15)


@pytest.mark.parametrize(
    "fields, why",
    [
        ({"use": "in_use"}, "In use"),
        ({"hygiene": "soiled"}, "Soiled"),
        ({"hygiene": "reprocessing"}, "Being reprocessed"),
        ({"condition": "reported"}, "Reported broken"),
        ({"condition": "sequestered", "hygiene": "soiled"}, "Sequestered"),
        ({"holding": "missing", "condition": "in_repair"}, "Missing"),
        ({"holding": "patient_owned"}, "Belongs to a patient"),
    ],
)
def test_what_cannot_be_used_cannot_be_claimed(hospital, fields, why):
    force(hospital, **fields)
    with pytest.raises(Conflict, match=f"^Pump 117: {why}$"):
        claim(hospital, hospital.nurse)
    assert pump_history(hospital) == []


def test_unknown_hygiene_can_be_taken_but_is_said(hospital):
    force(hospital, hygiene="unknown")
    assert usable(pump(hospital), hospital.now()).why == "Not known to be clean"
    assert claim(hospital, hospital.nurse).use == "claimed"


def test_a_requester_and_a_program_cannot_claim(hospital):
    for actor in (hospital.requester, TELEMETRY):
        with pytest.raises(Forbidden):
            claim(hospital, actor)


def test_of_concurrent_claims_exactly_one_wins(hospital):
    start, results = threading.Barrier(8), []

    def race(actor):
        start.wait()
        try:
            claim(hospital, actor)
            results.append(actor.login)
        except Conflict as refused:
            results.append(refused)

    people = (hospital.biomed, hospital.nurse, hospital.other_nurse, hospital.cleaner)
    threads = [threading.Thread(target=race, args=(people[i % 4],)) for i in range(4)]
    threads += [threading.Thread(target=start.wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [result for result in results if isinstance(result, str)]
    assert len(results) == 4
    assert len(winners) == 1
    assert [line.who for line in pump_history(hospital)] == winners


def test_a_release_is_for_the_one_who_claimed_or_biomed(hospital):
    claim(hospital, hospital.nurse)
    with hospital.database.write() as session:
        with pytest.raises(Forbidden):
            release(session, hospital.pump, hospital.other_nurse, hospital.now())
        assert release(session, hospital.pump, hospital.nurse, hospital.now()).use == "idle"
        with pytest.raises(Conflict, match="is not claimed"):
            release(session, hospital.pump, hospital.nurse, hospital.now())


def test_claims_that_are_over_are_ended_and_audited_once(hospital):
    claim(hospital, hospital.nurse)
    for wait, ended in ((899, 0), (1, 1), (0, 0)):
        hospital.clock.advance(wait)
        with hospital.database.write() as session:
            assert expire_claims(session, hospital.now()) == ended
    assert pump(hospital).use == "idle"
    assert [line.action for line in pump_history(hospital)] == ["claim_over", "claim"]


def test_a_thread_ends_them_when_their_time_comes(hospital):
    claim(hospital, hospital.nurse)
    stop = threading.Event()
    thread = threading.Thread(target=watch_claims, args=(hospital.database, hospital.clock, stop))
    thread.start()
    until = monotonic() + 20
    while pump(hospital).use == "claimed" and monotonic() < until:
        hospital.clock.advance(60)
        stop.wait(0.01)
    stop.set()
    thread.join()
    assert pump(hospital).use == "idle"


# ---------------------------------------------------------------- the four parts


def test_only_a_person_who_cleans_makes_clean(hospital):
    force(hospital, hygiene="soiled")
    for actor in (TELEMETRY, hospital.requester):
        with pytest.raises(Forbidden, match="by scanning"):
            change(hospital, actor, hygiene="clean")
    assert change(hospital, hospital.cleaner, hygiene="clean").hygiene == "clean"


def test_a_place_or_telemetry_may_soil_and_say_in_use(hospital):
    assert change(hospital, TELEMETRY, hygiene="soiled").hygiene == "soiled"
    assert change(hospital, TELEMETRY, use="in_use").use == "in_use"


def test_use_soils(hospital):
    change(hospital, TELEMETRY, use="in_use")
    assert change(hospital, TELEMETRY, use="idle").hygiene == "soiled"


def test_in_use_ends_the_claim(hospital):
    claim(hospital, hospital.nurse)
    assert change(hospital, hospital.nurse, use="in_use").claimed_by is None


def test_a_claimed_asset_that_stands_idle_stays_claimed(hospital):
    claim(hospital, hospital.nurse)
    assert change(hospital, TELEMETRY, use="idle").use == "claimed"
    hospital.clock.advance(900)
    assert change(hospital, TELEMETRY, use="idle").use == "idle"


def test_another_persons_claim_is_not_used_up(hospital):
    claim(hospital, hospital.nurse)
    with pytest.raises(Conflict, match="claimed by another"):
        change(hospital, hospital.other_nurse, use="in_use")


def test_anyone_reports_and_biomed_repairs(hospital):
    assert change(hospital, hospital.requester, condition="reported").condition == "reported"
    with pytest.raises(Forbidden):
        change(hospital, hospital.nurse, condition="ok")
    assert change(hospital, hospital.biomed, condition="in_repair").condition == "in_repair"
    with pytest.raises(Conflict, match="in repair already"):
        change(hospital, hospital.requester, condition="reported")


def test_sequestered_locks_everything_until_biomed_says_why(hospital):
    change(hospital, hospital.biomed, condition="sequestered", hygiene="unknown")
    for changes in ({"hygiene": "clean"}, {"hygiene": "soiled"}, {"use": "in_use"}):
        with pytest.raises(Conflict, match="sequestered"):
            change(hospital, hospital.admin, **changes)
    for actor, note in ((hospital.biomed, ""), (hospital.nurse, "found nothing"), (TELEMETRY, "ok")):
        with pytest.raises(Forbidden):
            change(hospital, actor, note=note, condition="ok")
    assert change(hospital, hospital.biomed, note="photographed, log read", condition="quarantined").condition != "ok"
    assert pump_history(hospital)[0].after["note"] == "photographed, log read"


def test_a_retired_asset_comes_back_only_by_an_admin(hospital):
    change(hospital, hospital.biomed, holding="retired")
    with pytest.raises(Forbidden):
        change(hospital, hospital.biomed, holding="owned")
    assert change(hospital, hospital.admin, holding="owned").holding == "owned"


def test_words_outside_the_vocabulary_are_refused_with_the_choices(hospital):
    with pytest.raises(Invalid, match="it is one of clean, soiled, reprocessing, unknown"):
        change(hospital, hospital.biomed, hygiene="spotless")
    with pytest.raises(Invalid, match="parts use, hygiene, condition, holding"):
        change(hospital, hospital.biomed, mood="good")
    with pytest.raises(Invalid, match="use the claim"):
        change(hospital, hospital.biomed, use="claimed")
    with pytest.raises(Missing), hospital.database.write() as session:
        set_status(session, 999, {"use": "idle"}, hospital.biomed, hospital.now())


def test_every_change_is_audited_before_and_after_and_moves_the_revision(hospital):
    with hospital.database.read() as session:
        before = session.get(Revision, 1).number
    change(hospital, hospital.nurse, hygiene="soiled")
    change(hospital, hospital.nurse, hygiene="soiled")
    (line,) = pump_history(hospital)
    assert (line.who, line.before, line.after) == ("lind", {"hygiene": "clean"}, {"hygiene": "soiled"})
    with hospital.database.read() as session:
        assert session.get(Revision, 1).number == before + 1
    assert hospital.snapshot().assets[hospital.pump].hygiene == "soiled"


@given(
    st.builds(
        Asset,
        use=st.sampled_from(USE),
        hygiene=st.sampled_from(HYGIENE),
        condition=st.sampled_from(CONDITION),
        holding=st.sampled_from(HOLDING),
        claimed_until=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
    st.datetimes(timezones=st.just(UTC)),
)
def test_not_usable_always_has_a_reason_and_usable_is_never_dirty_or_broken(asset, now):
    answer = usable(asset, now)
    if answer.usable:
        assert asset.condition == "ok"
        assert asset.hygiene in ("clean", "unknown")
        assert asset.use != "in_use"
    else:
        assert answer.why


# ---------------------------------------------------------------- after a patient event, taken back, sent back


def test_who_may_take_it_may_sequester_it_and_the_clock_starts(hospital):
    claim(hospital, hospital.nurse)
    change(hospital, hospital.nurse, condition="sequestered")
    assert (pump(hospital).use, pump(hospital).sequestered) == ("idle", hospital.now())
    with pytest.raises(Forbidden):
        change(hospital, hospital.nurse, "Looked at it", condition="ok")
    change(hospital, hospital.biomed, "Read out, sent to the maker", condition="in_repair")
    assert pump(hospital).sequestered is None


def test_a_report_is_taken_back_by_who_made_it_for_a_quarter_of_an_hour(hospital):
    change(hospital, hospital.nurse, condition="reported")
    with hospital.database.write() as session:
        with pytest.raises(Forbidden, match="only who reported it"):
            withdraw_report(session, hospital.pump, hospital.other_nurse, hospital.now())
        withdraw_report(session, hospital.pump, hospital.nurse, hospital.now())
    assert pump(hospital).condition == "ok"
    change(hospital, hospital.nurse, condition="reported")
    hospital.clock.advance(15 * 60 + 1)
    with hospital.database.write() as session, pytest.raises(Forbidden):
        withdraw_report(session, hospital.pump, hospital.nurse, hospital.now())


def test_a_rental_that_is_to_be_fetched_is_taken_by_nobody(hospital):
    with hospital.database.write() as session, pytest.raises(Conflict, match="not rented or borrowed"):
        ask_return(session, hospital.pump, hospital.nurse, hospital.now())
    force(hospital, holding="rented", counterparty="MedRent")
    with hospital.database.write() as session:
        ask_return(session, hospital.pump, hospital.nurse, hospital.now())
    assert usable(pump(hospital), hospital.now()).why == "Going back to MedRent"
    with hospital.database.write() as session:
        ask_return(session, hospital.pump, hospital.nurse, hospital.now(), wanted=False)
    assert usable(pump(hospital), hospital.now()).usable


def test_a_soiled_room_soils_what_comes_in_but_not_what_is_cleaned_there(hospital):
    with hospital.database.write() as session:
        session.get(Place, hospital.r419).room_type = "soiled_utility"
        bump(session)
    snapshot = hospital.snapshot()
    assert soiled_by_place(snapshot, {hospital.pump: hospital.r407}, {hospital.pump: hospital.r419}) == [hospital.pump]
    assert soiled_by_place(snapshot, {hospital.pump: hospital.r419}, {hospital.pump: hospital.r419}) == []
    assert soiled_by_place(snapshot, {}, {hospital.pump: hospital.r407}) == []
