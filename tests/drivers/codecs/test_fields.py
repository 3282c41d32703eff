"""Fields of a binary value."""

import pytest

from collector.errors import BadFrame
from drivers.codecs.fields import Fields


def test_fields_one_after_the_other_least_significant_byte_first():
    fields = Fields(bytes.fromhex("01 0201 57f0 780effff aabb"))
    assert (fields.uint(1, "flags"), fields.uint(2, "size"), fields.sfloat("index")) == (1, 0x0102, 8.7)
    assert fields.left == 6
    assert fields.float32("temperature") is not None
    assert (fields.take(2, "rest"), fields.left) == (b"\xaa\xbb", 0)


def test_a_value_that_ends_too_early_says_where_and_in_what():
    fields = Fields(b"\1\2\3")
    fields.uint(2, "size")
    with pytest.raises(BadFrame, match="ends inside its pulse rate") as trouble:
        fields.sfloat("pulse rate")
    assert trouble.value.offset == 3
