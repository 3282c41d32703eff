"""What a few words may mean: the first line answers them, groups say what can be taken."""

from datetime import timedelta

import pytest

from asset_registry.assets import Usability
from asset_registry.status import claim_asset
from dashboards.search import answer, categories, look_of, search
from tests.dashboards.conftest import PUMP_TAG


@pytest.fixture
def ask(hospital):
    """A function that searches as a clinician."""
    visitor = hospital.sign_in.principal_of_token(hospital.token("clinician"))

    def asked(text, near=""):
        place = hospital.snapshots.current.room(near) if near else None
        with hospital.database.read() as session:
            found = search(session, hospital.context, visitor, text, place)
        return found, answer(hospital.context, found).replace("\u00a0", " ")

    return asked


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "What are you looking for?"),
        ("   ", "What are you looking for?"),
        ("xylophone", "Nothing is called “xylophone”"),
        ("P-118", "Pump 118 has not been seen lately: soiled"),
        ("F-07", "Fridge F-07 is in 4.18"),
        ("equipment store", "4.19 Equipment store"),
        ("never-seen", "never-seen"),
    ],
)
def test_the_first_line(ask, text, said):
    assert ask(text)[1] == said


def test_nearest_first_with_the_distance(ask, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    found, said = ask("pump", near="4.12")
    assert said == "Nearest usable pump: 117 in 4.19, 18 m"
    assert [hit.asset.number for hit in found.usable] == ["P-117"]
    assert [hit.asset.number for hit in found.doubtful] == ["P-119"], "usable, but nobody knows where"
    assert [hit.asset.number for hit in found.not_usable] == ["P-118"]


def test_what_a_colleague_has_claimed_comes_before_nearer_ones_that_cannot_be_had(ask, hospital):
    colleague = hospital.sign_in.principal_of_token(hospital.token("biomed"))
    hospital.clock.advance(-20)
    with hospital.database.write() as session:
        claim_asset(session, hospital.assets["P-119"], colleague, hospital.clock.now())
    hospital.clock.advance(20)
    hospital.snapshots.refresh()
    found, _ = ask("pump", near="4.19")
    assert [hit.asset.number for hit in found.not_usable] == ["P-119", "P-118"]
    assert [hit.claimed for hit in found.not_usable] == [hospital.clock.now() - timedelta(seconds=20), None]


def test_a_faint_fix_is_a_perhaps(ask, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"], confidence=0.5)
    assert ask("pump")[1] == "No pump is surely usable; perhaps Pump 117 in 4.19"


@pytest.mark.parametrize(
    "why, confidence, look",
    [("", 0.95, "use"), ("In use", 0.95, "half"), ("Claimed by A to 07:57", 0.8, "half"), ("Soiled", 0.95, "no")],
)
def test_how_a_dot_looks(why, confidence, look):
    assert look_of(Usability(not why, why), confidence) == look
    assert look_of(Usability(not why, why), 0.5) == "old"


def test_what_people_look_for(hospital):
    assert categories(hospital.context) == [("infusion pump", 2)]
