"""A part is found by its file's name."""

import sys

import pytest

from collector.errors import ConfigError
from collector.parts import names, part, parts

DECODER = '"""Words of a thermometer.\n\nDocument: https://example.org/protocol.pdf\n"""\n\nPROVEN = True\n'


@pytest.fixture
def tree(tmp_path, monkeypatch):
    def put(path, text=""):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    for package in ("hospital", "hospital/serial", "hospital/links", "ward", "ward/stores"):
        put(f"{package}/__init__.py")
    put("hospital/serial/thermo.py", DECODER)
    put("hospital/serial/_shared.py", "raise RuntimeError('not a part')")
    put("hospital/links/mqtt.py", "raise RuntimeError('not a part')")
    put("hospital/decode.py", "raise RuntimeError('not a part')")
    put("ward/stores/shelf.py", '"""A shelf."""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    yield ["hospital", "ward.stores"]
    for name in [name for name in sys.modules if name.split(".")[0] in {"hospital", "ward"}]:
        del sys.modules[name]


def test_the_name_is_family_and_file_and_links_codecs_and_private_files_are_none(tree):
    assert names(tree) == {"serial.thermo": "hospital.serial.thermo", "store.shelf": "ward.stores.shelf"}


def test_title_document_and_proven_are_read_from_the_module(tree):
    thermo, shelf = parts(tree)
    assert (thermo.title, thermo.proven) == ("Words of a thermometer", True)
    assert thermo.document == "Document: https://example.org/protocol.pdf"
    assert (shelf.title, shelf.document, shelf.proven, shelf.config) == ("A shelf", "", False, None)


def test_a_misspelt_name_is_answered_with_the_nearest(tree):
    with pytest.raises(ConfigError, match=r"'serial\.termo'; did you mean serial\.thermo"):
        part("serial.termo", tree)
    with pytest.raises(ConfigError, match="wardkeeper kinds"):
        part("zzz", tree)


def test_one_part_is_got_without_importing_the_others(tree):
    assert part("store.shelf", tree).title == "A shelf"
    assert "hospital.serial.thermo" not in sys.modules
