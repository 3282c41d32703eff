"""Cursor paging: pages joined are the whole, and a cursor is good only for its own question."""

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.paging import decode, encode, listed
from dashboards.problems import Wrong


@given(st.lists(st.integers(1, 2**62), unique=True), st.integers(1, 7), st.booleans())
def test_pages_joined_are_the_whole(ids, limit, newest):
    joined, cursor = [], None
    while True:
        rows, cursor = listed(ids, limit, cursor, lambda key: key, newest=newest)
        joined += rows
        if cursor is None:
            break
        assert len(rows) == limit
    assert joined == sorted(ids, reverse=newest)


@given(st.text(min_size=1, max_size=60))
def test_a_foreign_cursor_is_refused_or_means_a_key(text):
    with suppress(Wrong):
        assert isinstance(decode(text, int), int)


def test_a_cursor_fits_only_its_own_question():
    with pytest.raises(Wrong):
        decode(encode("readings"), int)
    forged = base64.urlsafe_b64encode(json.dumps({"a": 1}).encode()).decode()
    with pytest.raises(Wrong):
        decode(forged, int)
