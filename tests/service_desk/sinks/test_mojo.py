import pytest

from service_desk.remote.errors import Away, Barred
from service_desk.sinks.mojo import Config, Mojo
from tests.service_desk.sinks.conftest import KEY
from tests.service_desk.sinks.systems.mojo import System


@pytest.fixture
def there():
    there = System()
    yield there
    there.stop()


@pytest.fixture
def mojo(there):
    return Mojo(Config.model_validate(there.settings()))


@pytest.mark.parametrize("newest", [True, False], ids=["newest", "search"])
def test_a_ticket_is_found_among_the_newest_or_by_the_search(there, mojo, draft, run, newest):
    made = run(mojo.create(draft))
    there.newest = newest
    assert run(mojo.find(KEY)) == (made if newest else None)
    there.index()
    assert run(mojo.find(KEY)) == made


def test_the_requester_sees_neither_notes_nor_files(there, mojo, draft, note, run):
    number = run(mojo.create(draft)).number
    for _ in range(2):
        run(mojo.add(number, note))
    assert there.staff_only == {note.file.name}
    assert (len(there.only.files), len(there.only.notes)) == (1, 2)
    assert {request.path.rpartition("/")[2] for request in there.requests if there.writes(request)} == {
        "tickets",
        "attachments",
        "staff_notes",
    }


def test_the_key_in_the_address_stands_in_no_message(there, draft, run):
    wrong = Mojo(Config.model_validate(there.settings() | {"queue": 9}))
    with pytest.raises(Exception, match="422") as refused:
        run(wrong.create(draft))
    there.stop()
    with pytest.raises(Away) as away:
        run(wrong.find(KEY))
    assert not [said for said in (refused, away) if "mojo-key" in str(said.value) + repr(said.value.__cause__)]


def test_a_wrong_key_bars(there, draft, run):
    settings = there.settings()
    settings["access_token"] = type(settings["access_token"])("wrong")
    with pytest.raises(Barred, match="check the account"):
        run(Mojo(Config.model_validate(settings)).create(draft))
