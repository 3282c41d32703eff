import pytest
from pydantic import SecretStr, ValidationError

from collector.errors import Refused
from service_desk.remote.errors import Barred
from service_desk.sinks.glpi import Config, HighLevel, Legacy
from tests.service_desk.sinks.conftest import KEY, MARK
from tests.service_desk.sinks.systems import glpi, glpi_v2

VERSIONS = [(glpi.System, Legacy), (glpi_v2.System, HighLevel)]


@pytest.fixture(params=VERSIONS, ids=["version 1", "version 2"])
def both(request):
    """The system over there and ours of the same version."""
    system, ours = request.param
    there = system()
    yield there, ours(Config.model_validate(there.settings()))
    there.stop()


def test_a_ticket_is_found_by_its_very_key(both, draft, run):
    there, ours = both
    made = run(ours.create(draft))
    assert (made.number, made.url) == (there.only.number, f"{there.url}/front/ticket.form.php?id={made.number}")
    assert run(ours.find(KEY)) == made
    assert run(ours.find(KEY[:-1])) is None
    assert there.only.priority == "high"


def test_a_followup_is_private_and_nothing_in_it_is_markup(both, draft, note, run):
    there, ours = both
    number = run(ours.create(draft)).number
    run(ours.add(number, note))
    assert there.private == {f"How it &lt;went&gt;\n\n[{MARK}]"}
    assert run(ours.said(number, MARK))
    assert [name for name, _, _ in there.only.files] == ([note.file.name] if there.takes_files else [])


def test_a_file_that_is_there_is_not_told_twice(both, draft, note, run):
    there, ours = both
    number = run(ours.create(draft)).number
    for _ in range(2):
        run(ours.add(number, note))
    assert (len(there.only.files), len(there.only.notes)) == (there.takes_files, 2)


def test_one_log_in_serves_many_requests_and_another_follows_when_it_has_ended(both, draft, run):
    there, ours = both
    run(ours.find(KEY))
    run(ours.create(draft))
    assert len(there.sessions) == 1
    there.sessions.clear()
    with pytest.raises(Barred):
        run(ours.find(KEY))
    assert run(ours.find(KEY)).number == there.only.number


@pytest.mark.parametrize(
    "system, ours, wrong",
    [(glpi.System, Legacy, "app_token"), (glpi.System, Legacy, "user_token"), (glpi_v2.System, HighLevel, "password")],
)
def test_whatever_is_wrong_with_the_log_in_bars_the_sink(system, ours, wrong, draft, run):
    there = system()
    barred = ours(Config.model_validate(there.settings() | {wrong: SecretStr("wrong")}))
    with pytest.raises(Barred, match="check the account"):
        run(barred.create(draft))
    there.stop()


def test_a_ticket_that_is_opened_again_is_new_or_whoevers_it_was(both, draft, run):
    there, ours = both
    number = run(ours.create(draft)).number
    for who, status in (("", 1), ("M. Okafor", 2)):
        there.only.assignee = who
        there.move(number, "solved")
        run(ours.change(run(ours.look(number)), state="open"))
        assert f'"status": {status}' in _sent(there) or f'"status": {{"id": {status}}}' in _sent(there)


def test_a_closed_one_takes_no_followup(both, draft, note, run):
    there, ours = both
    number = run(ours.create(draft)).number
    there.move(number, "closed")
    with pytest.raises(Refused):
        run(ours.add(number, type(note)(note.mark, note.text)))


@pytest.mark.parametrize(
    "version, missing", [(1, "app_token, user_token"), (2, "client_id, client_secret, username, password")]
)
def test_a_version_needs_its_own_secrets(version, missing):
    with pytest.raises(ValidationError, match=f"version {version} needs {missing}"):
        Config.model_validate({"url": "https://glpi.example.org", "version": version})


def _sent(there):
    return there.requests[-1].body.decode()
