"""Ticket systems, as far as one can go without telling them anything."""

import pytest

from tests.service_desk.sinks.systems.zammad import System
from tests.service_desk.sinks.there import Reply


@pytest.fixture
def zammad(patient):
    there = System()
    given = {**there.settings(), "kind": "sink.zammad"}
    lines = "".join(f", {name}: {_plain(value)!r}" for name, value in given.items() if name != "token")
    (patient.path.parent / "token").write_text(there.settings()["token"].get_secret_value())
    patient.write(f"sinks:\n  helpdesk: {{token: !file '{patient.path.parent / 'token'}'{lines}}}\n")
    yield there
    there.stop()


def _plain(value):
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def test_the_built_in_desk_needs_none(patient):
    assert patient.says("tickets") == []


def test_one_that_lets_us_in_is_told_nothing(patient, zammad):
    assert patient.says("tickets") == [("well", "", "sinks.helpdesk", "It lets Wardkeeper in, and searches")]
    assert zammad.tickets == {}


def test_one_that_does_not_let_us_in(patient, zammad):
    zammad.writes = lambda _: True
    zammad.faults.append(Reply(401, {"error": "Invalid token"}))
    [(_, name, where, what)] = patient.says("tickets")
    assert (name, where) == ("tickets.barred", "sinks.helpdesk")
    assert "check the account" in what


def test_one_that_is_away(patient, zammad):
    zammad.stop()
    [(_, name, _, what)] = patient.says("tickets")
    assert name == "tickets.away"
    assert "cannot be reached" in what
    zammad.start()


def test_a_webhook_is_not_sent_only_to_try_it(patient):
    secret = patient.path.parent / "secret"
    secret.write_text("whsec_YSBrZXkgb2YgdHdlbnR5LWZvdXIgYnl0ZXM=")
    patient.write(f"sinks:\n  hook: {{kind: sink.webhook, url: 'http://127.0.0.1:9/', secret: !file '{secret}'}}\n")
    assert [state for state, *_ in patient.says("tickets")] == ["unseen"]
