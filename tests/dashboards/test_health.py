"""Machines that watch this one learn whether it lives, whether it works, and how much it does."""

from datetime import UTC, datetime

from collector.counters import bad_frame
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


def test_not_ready_while_a_reader_of_the_spool_is_late(nobody, hospital):
    hospital.context.inside = Inside(
        cursors=lambda: [CursorState("alarms", 7, 3, 42.4), CursorState("store", 9, 1, 14.0)],
    )
    assert nobody.get("/readyz").json()["troubles"] == {"alarms": "is 42 s behind"}


def test_not_ready_without_its_database(nobody, hospital, database_url, take_away):
    hospital.database.close()
    take_away(database_url)
    assert nobody.get("/readyz").json() == {"ready": False, "troubles": {"database": "does not answer"}}


def test_figures_in_the_text_format_of_prometheus(nobody, hospital):
    counters = hospital.context.counters
    counters.inc("spool.records", 3)
    counters.inc("refused", 2, sink='he said "no"\n', path="a\\b")
    counters.heard("mqtt:main", 5, 4)
    counters.bad(bad_frame("mqtt:main", "t", b"x", "not JSON", at=NOW))
    answer = nobody.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert "# TYPE wardkeeper_spool_records_total counter" in lines
    assert "wardkeeper_spool_records_total 3" in lines
    assert 'wardkeeper_refused_total{path="a\\\\b",sink="he said \\"no\\"\\n"} 2' in lines
    assert 'wardkeeper_input_frames_total{link="mqtt:main"} 5' in lines
    assert 'wardkeeper_input_bad_frames_total{link="mqtt:main"} 1' in lines
    assert answer.text.endswith("\n")
