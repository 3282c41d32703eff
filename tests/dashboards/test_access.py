"""Every route denies unless it says whom it admits. Whom is in `admitted.py`."""

import inspect

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from asset_registry.roles import ROLES
from dashboards import access
from dashboards.access import admit, declared
from dashboards.app import create_app
from tests.dashboards.admitted import EXPECTED, STAFF, roles

REFUSED = {401, 403}


def path_of(route):
    """The address of something that is not there: what is asked is who comes as far as being told so."""
    _, _, path = route.partition(" ")
    return path.replace("{secret}", "none").replace("{", "9999").replace("}", "")


def test_every_route_says_what_the_table_says(app):
    said = {f"{method} {path}": admitted for (method, path), admitted in declared(app).items()}
    assert {route: said.get(route, "absent") for route in EXPECTED} == EXPECTED
    assert set(said) <= set(EXPECTED), "a new route: say in the table above whom it admits"


@pytest.mark.long_on("postgresql")
@pytest.mark.parametrize("role", [*ROLES, None])
def test_every_route_admits_whom_the_table_says_and_nobody_else(role, nobody, program):
    client = nobody if role is None else program(role)
    wrong = []
    for route, admitted in EXPECTED.items():
        method, _, _ = route.partition(" ")
        if method == "WEBSOCKET":
            continue
        answer = client.request(method, path_of(route), headers={"Accept": "application/json"})
        refused = answer.status_code in REFUSED and "json" in answer.headers["content-type"]
        let_in = not refused  # a wrong password is a page, and no refusal to look at it
        if let_in != (admitted is None or role in (admitted or ())):
            wrong.append(f"{route}: {answer.status_code}")
        assert answer.status_code < 500, f"{route}: {answer.text}"
    assert not wrong


def test_a_route_that_says_nothing_keeps_the_application_from_starting(hospital, monkeypatch):
    router = APIRouter()
    router.get("/open-door")(lambda: "come in")
    monkeypatch.setattr(
        "dashboards.app._routers", lambda package: [router] if package.__name__.endswith("pages") else []
    )
    with pytest.raises(RuntimeError, match=r"these routes do not say whom they admit: /open-door"):
        create_app(hospital.context)


def test_a_router_and_its_route_must_both_admit(hospital, monkeypatch):
    router = APIRouter(dependencies=[admit("biomed", "facilities")])
    router.get("/narrow", dependencies=[admit("facilities", "auditor")])(lambda: "come in")
    monkeypatch.setattr(
        "dashboards.app._routers", lambda package: [router] if package.__name__.endswith("pages") else []
    )
    app = create_app(hospital.context)
    assert declared(app)["GET", "/narrow"] == roles("facilities")
    token = hospital.token("auditor")
    assert TestClient(app).get("/narrow", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_a_misspelt_role_is_named():
    with pytest.raises(ValueError, match="no such role: biomedic"):
        admit("biomedic")


def test_what_asks_the_database_is_never_a_coroutine(app):
    """A coroutine would hold up everybody while it waits for the database."""
    waiting_on_sockets = {"/ws/live", "/query", "/write", "/api/v2/write"}
    coroutines = {
        route.path for route in iter_route_contexts(app.routes) if inspect.iscoroutinefunction(route.endpoint)
    }
    assert coroutines == waiting_on_sockets


# ---------------------------------------------------------------- who is asking


def test_a_page_sends_nobody_to_sign_in_and_back(app, nobody):
    answer = nobody.get("/sign-out-page-that-needs-a-person")
    assert answer.status_code == 404
    answer = nobody.post("/sign-out", headers={"Referer": "http://testserver/find"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_a_program_is_told_so_in_json(nobody):
    answer = nobody.get("/api/v1/assets")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
def test_a_token_admits_a_program(nobody, hospital, scheme):
    headers = {"Authorization": f"{scheme} {hospital.token('biomed')}"}
    assert nobody.get("/api/v1/assets", headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer ä"])
def test_a_wrong_token_admits_nobody_even_beside_a_good_cookie(signed_in, header):
    client = signed_in("admin")
    assert client.get("/api/v1/assets", headers={"Authorization": header.encode()}).status_code == 401


def test_a_person_shut_out_is_out_at_once(signed_in, hospital):
    from asset_registry.people import set_active

    client = signed_in("biomed")
    with hospital.database.write() as session:
        set_active(session, hospital.people["biomed"], "test", hospital.clock.now(), active=False)
    assert client.get("/api/v1/assets").status_code == 401


def test_the_wrong_role_is_told_which_one_would_do(program):
    answer = program("clinician").get("/api/v1/audit")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs the role auditor. An administrator can give it to you."


# ---------------------------------------------------------------- requests that change something


def claim_path(hospital):
    return f"/api/v1/assets/{hospital.assets['P-117']}/claim"


def test_a_cookie_alone_changes_nothing(signed_in, hospital):
    answer = signed_in("biomed").post(claim_path(hospital))
    assert answer.status_code == 403
    assert "did not come from a current Wardkeeper page" in answer.json()["detail"]
    assert hospital.snapshots.current.assets[hospital.assets["P-117"]].use == "idle"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_changes_nothing_even_with_the_token(signed_in, hospital, headers):
    client = signed_in("biomed")
    answer = client.post(claim_path(hospital), headers={"X-CSRF-Token": client.csrf, **headers})
    assert answer.status_code == 403


def test_our_own_page_may(signed_in, hospital):
    client = signed_in("biomed")
    headers = {"X-CSRF-Token": client.csrf, "Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.post(claim_path(hospital), headers=headers).status_code == 200


def test_the_token_of_another_session_does_not_fit(signed_in, hospital):
    client, other = signed_in("biomed"), signed_in("clinician")
    assert client.post(claim_path(hospital), headers={"X-CSRF-Token": other.csrf}).status_code == 403


@pytest.mark.parametrize("as_file", [False, True], ids=["form", "multipart"])
def test_a_form_carries_the_token_in_a_field(signed_in, as_file):
    client = signed_in("biomed")
    more = {"files": {"photo": b"x"}} if as_file else {}
    assert client.post("/sign-out", data={"csrf": "wrong"}, **more).status_code == 403
    assert client.post("/sign-out", data={"csrf": client.csrf}, **more).status_code == 303


def test_another_site_cannot_sign_a_browser_in(nobody):
    answer = nobody.post("/sign-in", data={"login": "biomed"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_socket_opens_for_our_own_pages_only(signed_in):
    from starlette.testclient import WebSocketDenialResponse

    client = signed_in("biomed")
    with (
        pytest.raises(WebSocketDenialResponse),
        client.websocket_connect("/ws/live", headers={"Origin": "https://evil.example"}),
    ):
        pass
    with client.websocket_connect("/ws/live", headers={"Origin": "http://testserver"}) as socket:
        assert socket.receive_json()["hello"]


@pytest.mark.parametrize("role", [*ROLES, None])
def test_the_live_feed_admits_staff(role, signed_in, nobody):
    from starlette.testclient import WebSocketDenialResponse

    client = signed_in(role) if role else nobody
    if role in STAFF:
        with client.websocket_connect("/ws/live") as socket:
            assert socket.receive_json()["hello"]
    else:
        with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/ws/live"):
            pass
        assert refused.value.status_code == (403 if role else 401)


# ---------------------------------------------------------------- headers


def test_nothing_inline_and_nothing_from_elsewhere(nobody):
    headers = nobody.get("/sign-in").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_a_fault_of_ours_is_told_kindly_with_all_headers(hospital):
    app = create_app(hospital.context)
    broken = APIRouter(dependencies=[access.PUBLIC])
    broken.get("/broken")(lambda: 1 / 0)
    broken.get("/api/v1/broken")(lambda: 1 / 0)
    app.include_router(broken)
    headers = {"Authorization": f"Bearer {hospital.token('biomed')}"}
    client = TestClient(app, headers=headers, raise_server_exceptions=False)
    page, problem = client.get("/broken"), client.get("/api/v1/broken")
    assert page.status_code == problem.status_code == 500
    assert "Nothing was changed" in page.text
    assert "division" not in page.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert page.headers["content-security-policy"]
