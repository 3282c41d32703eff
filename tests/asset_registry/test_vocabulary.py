"""Words in, what they name out; and what was meant by a word that names nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.vocabulary import Vocabulary

WARD = Vocabulary(
    [
        (1, " infusion pump p-117 p 117 clean"),
        (2, " syringe pump p-118 p 118 soiled"),
        (3, " ventilator v-7 v 7"),
        (4, " defibrillator d-1 d 1"),
    ]
)


def test_a_beginning_names_all_that_begins_so():
    assert WARD.named("pump") == {1, 2}
    assert WARD.named("p-11") == {1, 2}
    assert WARD.named("vent") == {3}
    assert WARD.named("ump") == set()


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("pmup", "pump"),  # swapped
        ("pupm", "pump"),
        ("pumpp", "pump"),  # one too many
        ("ifusion", "infusion"),  # one missing
        ("ventilater", "ventilator"),  # another
        ("defibrilator", "defibrillator"),
        ("defibralator", "defibrillator"),  # two in a long word
        ("pomf", ""),  # two in a short one
        ("pmp", ""),  # too short to guess at
        ("v-8", ""),  # another digit is another asset
        ("1187", ""),
        ("giraffe", ""),
    ],
)
def test_what_was_meant(typed, meant):
    assert WARD.meant(typed) == meant


def test_of_two_that_are_as_near_the_commoner_is_meant():
    both = Vocabulary([(1, "bear"), (2, "bead"), (3, "bead")])
    assert both.meant("beat") == "bead"


WORDS = st.lists(st.sampled_from(["pump", "bed", "b-1", "b-2", "clean", "soiled", "scale"]), max_size=5).map(" ".join)
TEXTS = st.dictionaries(st.integers(1, 8), WORDS)


@given(TEXTS, TEXTS)
def test_a_changed_vocabulary_is_one_made_anew_and_the_old_one_stays(before, changes):
    old = Vocabulary(before.items())
    untouched = {word: set(old.named(word)) for word in ("pump", "b", "s", "clean")}
    changed, anew = old.changed(changes), Vocabulary((before | changes).items())
    for word in ("pump", "bed", "b", "b-1", "s", "clean", "x"):
        assert changed.named(word) == anew.named(word)
    assert {word: set(old.named(word)) for word in untouched} == untouched
    assert changed.meant("pmup") == anew.meant("pmup")
