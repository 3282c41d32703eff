"""What every serial protocol keeps to, whatever is on its line."""

import importlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ports import Query
from drivers.codecs.line import Line
from drivers.dialects import kinds
from tests.drivers.serial.conftest import NOW

PROTOCOLS = [importlib.import_module(f"drivers.{kind}") for kind in kinds("serial")]
protocols = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda module: module.__name__.rpartition(".")[2])


@protocols
def test_its_line_is_as_the_document_has_it(protocol):
    assert isinstance(protocol.LINE, Line)


@protocols
@given(st.lists(st.binary(max_size=300), max_size=5))
def test_whatever_comes_nothing_is_sent_but_what_it_declares(listen, protocol, chunks):
    queries = getattr(protocol, "QUERIES", ())
    assert all(issubclass(one, Query) for one in queries)
    session = protocol.session(protocol.Config(), "serial:ward/bench")
    for n, chunk in enumerate(chunks):
        listen(session, chunk)
        assert session.due() is None or queries
        asked = session.next(NOW + timedelta(seconds=n))
        assert asked is None or isinstance(asked, queries)
