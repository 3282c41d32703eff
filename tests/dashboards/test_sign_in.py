"""Signing in works by password, by a one-time link and, once, for the first administrator; all without script."""

import re

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from asset_registry.audit import Audit
from asset_registry.people import Person, SignInSession
from dashboards.access import COOKIE, local_path

PASSWORD = "correct horse battery"


def log_in(client, login="biomed", password=PASSWORD, **more):
    return client.post("/sign-in", data={"login": login, "password": password, **more})


def actions(hospital):
    with hospital.database.read() as session:
        return [(row.action, row.who) for row in session.scalars(select(Audit).order_by(Audit.id))]


def test_a_password_signs_in_and_goes_on_to_the_page_that_was_asked_for(nobody, hospital):
    answer = log_in(nobody, next="/alarms?priority=high")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms?priority=high")
    assert nobody.get("/api/v1/openapi.json").status_code == 200
    assert actions(hospital)[-1] == ("sign_in", "biomed")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(nobody, app, hospital):
    cookie = log_in(nobody).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    hospital.context.secure = True
    assert "Secure" in log_in(TestClient(app, follow_redirects=False)).headers["set-cookie"]


def test_a_wrong_password_says_no_more_than_it_must(nobody, hospital):
    wrong = log_in(nobody, password="guess")
    unknown = log_in(nobody, login="nobody-here")
    assert wrong.status_code == unknown.status_code == 401
    said = [re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)[1] for answer in (wrong, unknown)]
    assert said[0] == said[1] == "Wrong login or password."
    assert COOKIE not in nobody.cookies
    assert actions(hospital)[-2:] == [("sign_in_refused", "biomed"), ("sign_in_refused", "somebody unknown")]


def test_after_five_failures_the_sixth_try_waits(nobody, hospital):
    for _ in range(6):
        log_in(nobody, password="guess")
    refused = log_in(nobody)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    hospital.clock.advance(300)
    assert log_in(nobody).status_code == 303


def test_what_was_typed_comes_back_escaped(nobody):
    answer = log_in(nobody, login='"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


def test_a_one_time_link_signs_in_by_a_plain_click_and_only_once(nobody, app, hospital):
    link = hospital.link("clinician")
    answer = nobody.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert nobody.get(link).headers["location"] == "/"  # the one it let in may click it again
    other = TestClient(app, follow_redirects=False)
    again = other.get(link)
    assert again.status_code == 401
    assert "was used already" in again.text
    assert COOKIE not in other.cookies
    assert ("sign_in_by_link", "clinician") in actions(hospital)


def test_an_old_link_is_refused_with_the_way_out(nobody, hospital):
    link = hospital.link("clinician")
    hospital.clock.advance(11 * 60)
    answer = nobody.get(link)
    assert answer.status_code == 401
    assert "too old; ask for a new one" in answer.text


def test_signing_out_ends_the_session_on_the_server(signed_in, nobody):
    client = signed_in("biomed")
    cookie = client.cookies[COOKIE]
    assert client.post("/sign-out", data={"csrf": client.csrf}).headers["location"] == "/sign-in"
    assert COOKIE not in client.cookies
    nobody.cookies.set(COOKIE, cookie)
    assert nobody.get("/api/v1/openapi.json").status_code == 401


def test_a_session_ends_by_itself(signed_in, hospital):
    client = signed_in("biomed")
    hospital.clock.advance(12 * 3600 + 1)
    assert client.get("/api/v1/openapi.json").status_code == 401


def test_someone_signed_in_is_not_asked_again(signed_in):
    assert signed_in("biomed").get("/sign-in?next=/find").headers["location"] == "/find"


@pytest.fixture
def empty(hospital):
    """A first start: nobody is there yet."""
    with hospital.database.write() as session:
        session.execute(delete(SignInSession))
        session.execute(delete(Person))
    hospital.context.first_link = "the-printed-secret"
    return hospital


def test_the_first_administrator_is_made_once(nobody, empty):
    assert "Make the first administrator" in nobody.get("/first/the-printed-secret").text
    typed = {"name": "Mara Lind", "login": "Mara", "password": "long enough 1"}
    made = nobody.post("/first/the-printed-secret", data=typed)
    assert (made.status_code, made.headers["location"]) == (303, "/")
    with empty.database.read() as session:
        person = session.scalars(select(Person)).one()
    assert (person.login, person.name, person.roles) == ("mara", "Mara Lind", ["admin"])
    assert ("create", "first-link") in actions(empty)
    assert nobody.get("/first/the-printed-secret").status_code == 404


def test_two_first_administrators_at_once_are_one(nobody, empty):
    typed = {"name": "A", "login": "a", "password": "long enough 1"}
    nobody.post("/first/the-printed-secret", data=typed)
    empty.context.first_link = "the-printed-secret"  # as the second request saw it
    second = nobody.post("/first/the-printed-secret", data={**typed, "login": "b"}, headers={"X-CSRF-Token": "-"})
    assert second.status_code in (403, 404)
    with empty.database.read() as session:
        assert session.scalars(select(Person.login)).all() == ["a"]


@pytest.mark.parametrize("secret", ["wrong", "", "the-printed-secre"])
def test_without_the_printed_secret_nobody_becomes_administrator(nobody, empty, secret):
    typed = {"name": "A", "login": "a", "password": "long enough 1"}
    assert nobody.post(f"/first/{secret}", data=typed).status_code == 404
    with empty.database.read() as session:
        assert session.scalars(select(Person)).all() == []


def test_a_short_password_is_refused_and_nothing_is_made(nobody, empty):
    answer = nobody.post("/first/the-printed-secret", data={"name": "A", "login": "a", "password": "short"})
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.text
    with empty.database.read() as session:
        assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", None, "/a\n/b"]
)
def test_nobody_is_sent_to_another_site(target):
    assert local_path(target) == "/"


@given(st.text(max_size=40))
def test_a_local_path_stays_local(target):
    assert re.match(r"/(?![/\\])|/$", local_path(target))
