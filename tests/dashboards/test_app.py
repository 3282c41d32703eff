"""The application around the pages: static files that may be kept, compression, kind errors, nothing from elsewhere."""

import re
from contextlib import ExitStack

import pytest

from dashboards.files import DIRECTORY, StampedFiles, stamp_of


def style(nobody):
    return re.search(r'href="(/static/[0-9a-f]{12}/wardkeeper\.css)"', nobody.get("/sign-in").text)[1]


def test_a_static_file_may_be_kept_for_ever_under_its_stamp(nobody):
    answer = nobody.get(style(nobody))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    again = nobody.get(style(nobody), headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_page_of_an_older_version_still_finds_its_files(nobody):
    answer = nobody.get("/static/000000000000/wardkeeper.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_any_change_of_any_file_gives_a_new_stamp(tmp_path):
    (tmp_path / "a.js").write_text("1")
    first = stamp_of(tmp_path)
    (tmp_path / "b.js").write_text("2")
    second = stamp_of(tmp_path)
    (tmp_path / "b.js").write_text("3")
    assert len({first, second, stamp_of(tmp_path)}) == 3


def test_a_template_that_names_a_missing_file_is_a_mistake():
    with pytest.raises(FileNotFoundError, match=r"no static file 'missing\.css'"):
        StampedFiles(DIRECTORY).url("missing.css")


@pytest.mark.parametrize("path", ["..%2fapp.py", "%2e%2e/app.py"])
def test_nothing_outside_the_static_folder_is_served(nobody, path):
    assert nobody.get(f"/static/x/{path}").status_code == 404


def test_pages_and_answers_are_compressed(nobody, program):
    assert nobody.get("/sign-in").headers["content-encoding"] == "gzip"
    assert program("biomed").get("/api/v1/assets").headers["content-encoding"] == "gzip"


def test_an_address_that_is_not_there_is_told_kindly(nobody, signed_in):
    for client in (nobody, signed_in("biomed")):
        answer = client.get("/romos/4")
        assert answer.status_code == 404
        assert "Nothing is at /romos/4." in answer.text
        assert "Go to the overview" in answer.text
    problem = nobody.get("/api/v1/nothing")
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"


def test_what_an_address_says_is_escaped(nobody):
    assert "<script>x" not in nobody.get("/<script>x").text


def test_a_role_that_is_not_enough_gets_a_page_that_says_which_is(signed_in):
    answer = signed_in("clinician").get("/collector")
    assert answer.status_code == 403
    assert "This needs the role auditor, biomed or it agent." in answer.text


def test_a_request_that_is_too_large_is_refused(program):
    answer = program("biomed").post("/api/v1/tickets", json={"title": "x", "text": "x" * 3_000_000})
    assert answer.status_code == 413


def test_the_schema_is_there_but_no_page_from_a_cdn(program):
    client = program("biomed")
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_no_template_reaches_outside_or_carries_inline_script_or_style():
    for template in (DIRECTORY.parent / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", text), template.name
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), template.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), template.name


def test_when_no_connection_is_free_every_page_says_so(signed_in, hospital, monkeypatch):
    client, pool = signed_in("biomed"), hospital.database.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    with ExitStack() as held:
        for _ in range(pool.size() + pool._max_overflow):
            held.enter_context(hospital.database.read())
        page, problem = client.get("/"), client.get("/api/v1/assets")
    assert page.status_code == problem.status_code == 503
    assert client.get("/").status_code == 200


def test_without_its_database_every_page_says_so(signed_in, hospital, database_url, take_away):
    client = signed_in("biomed")
    hospital.database.close()
    take_away(database_url)
    page, problem = client.get("/"), client.get("/api/v1/assets")
    assert page.status_code == problem.status_code == 503
    assert "The database does not answer." in page.text
    assert problem.json()["detail"].startswith("The database does not answer.")
