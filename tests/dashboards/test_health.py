"""Machines that watch this one learn whether it lives, whether it works, and how much it does."""

from datetime import UTC, datetime

from collector.exposition import family
from collector.supervisor import Status
from dashboards.context import CursorState, Inside, SpoolState

NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


def test_alive_needs_nothing(nobody, hospital):
    hospital.database.close()
    assert nobody.get("/healthz").text == "ok\n"


def test_ready_when_everything_works(nobody):
    answer = nobody.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "troubles": {}})


def test_not_ready_while_a_part_waits_or_the_spool_is_full(nobody, hospital):
    hospital.context.inside = Inside(
        services=lambda: [Status("alarms", "waiting", NOW, 1, "secret detail"), Status("spool", "running", NOW)],
        spool=lambda: SpoolState(10, 1000, 1.0, ()),
    )
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["troubles"] == {"alarms": "waiting", "spool": "is full"}
    assert "secret" not in answer.text


def test_not_ready_when_rooms_begin_to_be_thinned(nobody, hospital):
    for fullness, troubles in ((0.89, {}), (0.9, {"spool": "is nearly full"})):
        hospital.context.inside = Inside(spool=lambda fullness=fullness: SpoolState(10, 1000, fullness, ()))
        assert nobody.get("/readyz").json()["troubles"] == troubles


def test_not_ready_while_a_disk_hangs_and_every_part_still_seems_to_run(nobody, hospital):
    hospital.context.inside = Inside(spool=lambda: SpoolState(10, 1000, 0.1, (), waiting_s=31.4))
    assert nobody.get("/readyz").json()["troubles"] == {"spool": "has not written for 31 s"}


def test_not_ready_while_a_reader_of_the_spool_is_late(nobody, hospital):
    hospital.context.inside = Inside(
        cursors=lambda: [CursorState("alarms", 7, 3, 42.4), CursorState("store", 9, 1, 14.0)],
    )
    assert nobody.get("/readyz").json()["troubles"] == {"alarms": "is 42 s behind"}


def test_not_ready_without_its_database(nobody, hospital, database_url, take_away):
    hospital.database.close()
    take_away(database_url)
    assert nobody.get("/readyz").json() == {"ready": False, "troubles": {"database": "does not answer"}}


def test_a_scraper_with_a_token_reads_the_figures_in_the_format_it_asks_for(program, hospital):
    hospital.context.inside = Inside(
        figures=lambda: [family("wardkeeper_items_total", "counter", "Written", [({}, 3)])],
    )
    scraper = program("auditor")
    answer = scraper.get("/metrics", headers={"Accept": "text/plain;version=0.0.4"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE wardkeeper_items_total counter\nwardkeeper_items_total 3\n" in answer.text
    assert "wardkeeper_websocket_clients 0\n" in answer.text
    answer = scraper.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("# EOF\n")


def test_without_a_token_nobody_learns_how_much_is_measured_here(nobody):
    assert nobody.get("/metrics", headers={"Accept": "text/plain"}).status_code == 401
