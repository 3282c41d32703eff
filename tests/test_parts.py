"""Every part says what it implements and whether it is proven, has typed settings, and has a test of its own name."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from collector.parts import Part, parts
from wardkeeper import catalog

ROOT = Path(__file__).parent.parent
PACKAGES = list(catalog.PACKAGES)
PARTS = parts(PACKAGES)


@pytest.fixture(params=PARTS, ids=lambda found: found.name)
def each(request) -> Part:
    return request.param


def test_the_first_line_of_its_docstring_is_its_title(each):
    assert 0 < len(each.title) < 120


def test_its_docstring_names_the_document_it_implements(each):
    assert each.document, "name it: a URL, a file of docs/, a standard's number, or a line with the word Document"


def test_it_says_whether_it_is_proven(each):
    assert isinstance(each.module.PROVEN, bool)


def test_its_settings_are_typed_strict_and_refuse_what_they_do_not_know(each):
    assert issubclass(each.config, BaseModel)
    assert each.config.model_config.get("extra") == "forbid"
    assert each.config.model_config.get("strict") is True


def test_it_has_a_test_of_its_own_name(each):
    package, _, name = each.module.__name__.rpartition(".")
    assert (ROOT / "tests" / Path(*package.split(".")) / f"test_{name}.py").is_file()


def test_names_are_unique_and_in_order():
    names = [found.name for found in PARTS]
    assert names == sorted(set(names))
