from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.audit import Audit
from asset_registry.errors import Forbidden, Missing
from asset_registry.people import Person, SignInSession, Token, set_active, set_password, set_roles
from asset_registry.sign_in import Passwords, SignIn, SignInRefused, Throttle

QUICK = Passwords(time_cost=1, memory_kib=8, lanes=1)


@pytest.fixture
def door(hospital):
    door = SignIn(hospital.database, hospital.clock, QUICK)
    with hospital.database.write() as session:
        set_password(session, hospital.nurse.person_id, QUICK.hash("correct horse"), "root", hospital.now())
    return door


def actions(hospital):
    with hospital.database.read() as session:
        return [(line.who, line.action) for line in session.scalars(select(Audit).order_by(Audit.id))]


def test_the_right_password_opens_a_session_with_the_persons_roles(door, hospital):
    signed_in = door.with_password("Lind ", "correct horse")
    assert signed_in.principal == hospital.nurse
    seen = door.session_of(signed_in.cookie)
    assert (seen.principal, seen.csrf) == (hospital.nurse, signed_in.csrf)
    assert ("lind", "sign_in") in actions(hospital)


def test_only_the_digest_of_a_cookie_is_kept(door, hospital):
    cookie = door.with_password("lind", "correct horse").cookie
    with hospital.database.read() as session:
        (row,) = session.scalars(select(SignInSession))
    assert cookie not in (row.digest, row.csrf)
    assert door.session_of(row.digest) is None


def test_a_refusal_does_not_say_whether_the_login_exists(door, hospital):
    answers = set()
    for login in ("lind", "no-such-person", "okafor"):
        with pytest.raises(SignInRefused) as refused:
            door.with_password(login, "wrong")
        answers.add(str(refused.value))
    assert answers == {"wrong login or password"}
    assert actions(hospital)[-1] == ("okafor", "sign_in_refused")


def test_a_password_in_the_field_of_the_login_does_not_get_into_the_audit_log(door, hospital):
    with pytest.raises(SignInRefused):
        door.with_password("correct horse battery", "")
    assert actions(hospital)[-1] == ("somebody unknown", "sign_in_refused")


def test_an_unknown_login_costs_the_same_hashing():
    passwords, kept = Passwords(1, 8, 1), QUICK.hash("right")
    checked = []
    passwords._hasher = type("Watch", (), {"verify": lambda _, kept, password: checked.append(kept)})()
    assert passwords.verify("", "anything") is False
    assert passwords.verify(kept, "right") is True
    assert checked == [passwords._decoy, kept]


def test_the_empty_and_the_decoy_password_admit_nobody(door):
    for password in ("", door.passwords._decoy):
        with pytest.raises(SignInRefused):
            door.with_password("okafor", password)


def test_a_password_longer_than_is_looked_at_is_wrong(door, hospital):
    with hospital.database.write() as session:
        set_password(session, hospital.nurse.person_id, QUICK.hash("x" * 1000), "root", hospital.now())
    assert door.with_password("lind", "x" * 1000)
    with pytest.raises(SignInRefused, match="wrong"):
        door.with_password("lind", "x" * 1001)
    with pytest.raises(SignInRefused, match="wrong"):
        door.with_password("y" * 1_000_000, "x")


def test_after_five_failures_a_login_waits_longer_and_longer(door, hospital):
    for _ in range(5):
        with pytest.raises(SignInRefused, match="wrong"):
            door.with_password("lind", "wrong")
    with pytest.raises(SignInRefused, match="wait 1 s") as refused:
        door.with_password("lind", "correct horse")
    assert refused.value.wait_s == 1.0
    hospital.clock.advance(1)
    with pytest.raises(SignInRefused, match="wrong"):
        door.with_password("lind", "wrong")
    with pytest.raises(SignInRefused, match="wait 2 s"):
        door.with_password("lind", "correct horse")
    hospital.clock.advance(2)
    assert door.with_password("lind", "correct horse")
    with pytest.raises(SignInRefused, match="wrong"):
        door.with_password("lind", "wrong")
    assert door.with_password("lind", "correct horse"), "one failure after a success waits for nothing"


def test_a_wait_has_a_longest_and_a_flood_of_logins_a_bound(clock):
    throttle = Throttle(clock, longest_s=300, remembered=10)
    for _ in range(60):
        throttle.failed("lind")
    assert throttle.wait_s("lind") == 300
    for number in range(10):
        throttle.failed(f"made up {number}")
    assert throttle.wait_s("lind") == 0
    assert len(throttle._failures) == 10


def test_a_session_ends_after_12_hours(door, hospital):
    cookie = door.with_password("lind", "correct horse").cookie
    hospital.clock.advance(12 * 3600 - 1)
    assert door.session_of(cookie)
    hospital.clock.advance(1)
    assert door.session_of(cookie) is None


def test_signing_in_makes_a_new_session_and_ends_the_old(door):
    old = door.with_password("lind", "correct horse").cookie
    new = door.with_password("lind", "correct horse", old_cookie=old).cookie
    assert new != old
    assert door.session_of(old) is None
    assert door.session_of(new)


def test_signing_out_ends_it(door, hospital):
    cookie = door.with_password("lind", "correct horse").cookie
    door.sign_out(cookie)
    door.sign_out("made up")
    assert door.session_of(cookie) is None
    assert actions(hospital)[-1] == ("lind", "sign_out")


def test_new_roles_count_at_once_and_who_is_shut_out_is_out(door, hospital):
    signed_in, now = door.with_password("lind", "correct horse"), hospital.now()
    token = door.api_token(hospital.nurse.person_id, "script", [], "lind")
    with hospital.database.write() as session:
        set_roles(session, hospital.nurse.person_id, ["auditor"], "root", now)
    assert door.session_of(signed_in.cookie).principal.roles == {"auditor"}
    with hospital.database.write() as session:
        set_active(session, hospital.nurse.person_id, "root", now, active=False)
    assert door.session_of(signed_in.cookie) is None
    assert door.principal_of_token(token) is None
    with pytest.raises(SignInRefused):
        door.with_password("lind", "correct horse")


def test_a_one_time_link_works_once_and_for_ten_minutes(door, hospital):
    link = door.one_time_link(hospital.admin.person_id, "wardkeeper")
    assert door.with_link(link).principal == hospital.admin
    with pytest.raises(SignInRefused, match="used already"):
        door.with_link(link)
    late = door.one_time_link(hospital.admin.person_id, "wardkeeper")
    hospital.clock.advance(600)
    with pytest.raises(SignInRefused, match="too old"):
        door.with_link(late)
    with pytest.raises(SignInRefused, match="not one of ours"):
        door.with_link("made up")
    assert door.principal_of_token(door.one_time_link(hospital.admin.person_id, "x")) is None, "a link is no token"


def test_a_token_has_narrowed_roles_an_end_and_can_be_revoked(door, hospital):
    token = door.api_token(hospital.admin.person_id, "grafana", ["auditor"], "root", timedelta(days=30))
    assert door.principal_of_token(token).roles == {"auditor"}
    with pytest.raises(SignInRefused):
        door.with_link(token)
    with hospital.database.read() as session:
        row = session.scalar(select(Token).where(Token.name == "grafana"))
    assert token not in row.digest
    hospital.clock.advance(30 * 86400)
    assert door.principal_of_token(token) is None
    endless = door.api_token(hospital.admin.person_id, "script", [], "root")
    assert door.principal_of_token(endless) == hospital.admin
    with hospital.database.read() as session:
        row = session.scalar(select(Token).where(Token.name == "script"))
    door.revoke(row.id, "root")
    assert door.principal_of_token(endless) is None
    with pytest.raises(Missing):
        door.revoke(999, "root")


def test_a_token_cannot_be_given_what_the_person_has_not(door, hospital):
    with pytest.raises(Forbidden, match="does not have the role admin"):
        door.api_token(hospital.nurse.person_id, "x", ["admin"], "lind")
    with pytest.raises(Missing):
        door.api_token(999, "x", [], "root")


def test_a_new_password_ends_every_session(door, hospital):
    cookie = door.with_password("lind", "correct horse").cookie
    with hospital.database.write() as session:
        set_password(session, hospital.nurse.person_id, QUICK.hash("new"), "lind", hospital.now())
        assert session.get(Person, hospital.nurse.person_id).password.startswith("$argon2id$")
    assert door.session_of(cookie) is None
