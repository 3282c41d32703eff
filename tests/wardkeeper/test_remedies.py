"""docs/doctor.md is what the checks say, and each thing they can find is found in some test."""

import re

import pytest

from tools.tree import ROOT
from wardkeeper.checkup import topics, troubles
from wardkeeper.remedies import remedies

PAGE = ROOT / "docs" / "doctor.md"


def test_the_page_is_what_the_checks_say():
    assert PAGE.read_text() == "".join(remedies()), "python -m wardkeeper.remedies > docs/doctor.md"


@pytest.mark.parametrize("name,topic", topics().items(), ids=topics().keys())
def test_every_topic_says_what_it_is_and_can_find_something(name, topic):
    assert topic.__doc__
    assert troubles(topic)
    assert all(re.fullmatch(rf"{name}\.[a-z_-]+", trouble.name) for trouble in troubles(topic))


@pytest.mark.parametrize("name,topic", topics().items(), ids=topics().keys())
def test_everything_a_topic_can_find_is_found_in_its_test(name, topic):
    text = (ROOT / "tests" / "wardkeeper" / "doctor" / f"test_{name}.py").read_text()
    assert [trouble.name for trouble in troubles(topic) if f'"{trouble.name}"' not in text] == []
