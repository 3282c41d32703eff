"""The one database behaves the same on both engines."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from asset_registry.assets import Asset
from asset_registry.audit import Revision, bump, record
from asset_registry.bindings import Target, bind
from asset_registry.errors import Conflict
from asset_registry.imports import KINDS, export_csv, import_csv
from asset_registry.places import Place
from asset_registry.sign_in import Passwords, SignIn, SignInRefused
from asset_registry.status import claim_asset


def test_a_moment_comes_back_in_utc_and_a_naive_one_never_goes_in(hospital):
    home = timezone(timedelta(hours=1))
    with hospital.database.write() as session:
        session.get(Asset, hospital.pump).created = datetime(2026, 11, 24, 7, 42, 0, 123_000, home)
    with hospital.database.read() as session:
        created = session.get(Asset, hospital.pump).created
    assert (created, created.tzinfo) == (datetime(2026, 11, 24, 6, 42, 0, 123_000, UTC), UTC)
    with pytest.raises(StatementError, match="naive"), hospital.database.write() as session:
        session.get(Asset, hospital.pump).created = datetime(2026, 11, 24, 6, 42)  # noqa: DTZ001 - the case


def test_reading_takes_no_lock_and_leaves_nothing_behind(hospital):
    with hospital.database.write() as writer:
        writer.get(Asset, hospital.pump).name = "half-written"
        writer.flush()
        with hospital.database.read() as reader:
            assert reader.get(Asset, hospital.pump).name == "Pump 117"
    with hospital.database.read() as session:
        session.get(Asset, hospital.pump).name = "scribble"
    with hospital.database.read() as session:
        assert session.get(Asset, hospital.pump).name == "half-written"


def test_the_audit_log_is_append_only(hospital):
    for forgery in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit"):
        with hospital.database.write() as session:
            record(session, hospital.now(), "lind", "claim", ("asset", 1))
        with pytest.raises(DBAPIError, match="append-only"), hospital.database.write() as session:
            session.execute(text(forgery))


@pytest.mark.dialects("postgresql")
def test_nor_can_it_be_truncated(database):
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("TRUNCATE audit"))


def test_of_concurrent_claims_exactly_one_wins(hospital):
    start, won, refused = threading.Barrier(4), [], []

    def race(actor):
        start.wait()
        try:
            with hospital.database.write() as session:
                claim_asset(session, hospital.pump, actor, hospital.now())
            won.append(actor.login)
        except Conflict as conflict:
            refused.append(str(conflict))

    people = (hospital.biomed, hospital.nurse, hospital.other_nurse, hospital.cleaner)
    threads = [threading.Thread(target=race, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(refused)) == (1, 3)
    assert all("Claimed by" in why for why in refused)


def test_concurrent_bindings_of_one_tag_leave_one_in_force(hospital):
    tag = hospital.device("ble:17")
    start = threading.Barrier(4)

    def race(asset):
        start.wait()
        with hospital.database.write() as session:
            bind(session, tag, Target(asset_id=asset), "tag", "okafor", hospital.now())

    assets = (hospital.pump, hospital.fridge, hospital.asset("A"), hospital.asset("B"))
    threads = [threading.Thread(target=race, args=(asset,)) for asset in assets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([binding for binding in hospital.snapshot().bindings_of("ble:17") if binding.until is None]) == 1


def test_the_first_two_writers_of_an_empty_registry_count_two_changes(database):
    start = threading.Barrier(2)

    def race():
        start.wait()
        with database.write() as session:
            bump(session)

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.get(Revision, 1).number == 2


def test_what_was_changed_keeps_its_turn(hospital):
    before = [place.id for place in hospital.snapshot().places.values()]
    with hospital.database.write() as session:
        session.get(Place, hospital.r407).name = "Renovated"
        bump(session)
    assert [place.id for place in hospital.snapshot().places.values()] == before == sorted(before)


def test_files_go_in_and_out(hospital):
    with hospital.database.write() as session:
        now = hospital.now()
        files = {kind: export_csv(session, kind, site="linden") for kind in KINDS}
        for kind, text_ in files.items():
            report = import_csv(session, kind, text_, site="linden", who="x", now=now)
            assert (report.unchanged, report.rejected) == (report.kept, [])
        assert import_csv(
            session, "assets", "number,category\nX,y\n", site="linden", who="x", now=now, dry_run=True
        ).kept
    assert hospital.snapshot().asset("X") is None


def test_a_one_time_link_signs_in_once_however_many_click(hospital):
    door = SignIn(hospital.database, hospital.clock, Passwords(1, 8, 1))
    link, start, opened = door.one_time_link(hospital.admin.person_id, "test"), threading.Barrier(4), []

    def click():
        start.wait()
        with suppress(SignInRefused):
            opened.append(door.with_link(link))

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_an_error_does_not_say_what_was_to_be_written(database):
    with pytest.raises(DBAPIError) as caught, database.write() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "argon2id-of-somebody"})
    assert "argon2id-of-somebody" not in str(caught.value)
