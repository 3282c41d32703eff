"""One axis: does trying again help?"""

import pytest

from collector.errors import BadFrame, ConfigError, Refused, Unreachable, WardkeeperError


@pytest.mark.parametrize("kind", [ConfigError, Unreachable, BadFrame, Refused])
def test_each_is_caught_as_itself_or_as_all_of_them_but_not_as_another(kind):
    for other in (ConfigError, Unreachable, BadFrame, Refused, WardkeeperError):
        assert issubclass(kind, other) == (other in (kind, WardkeeperError))


def test_a_bad_frame_says_why_and_where():
    error = BadFrame("checksum is 0x1F, not 0x2E", offset=12)
    assert (str(error), error.offset) == ("checksum is 0x1F, not 0x2E", 12)
