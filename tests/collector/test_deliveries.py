"""A redelivered message is recognised."""

import pytest

from collector.deliveries import Deliveries, Sessions
from collector.errors import Unreachable
from collector.reading import DeliveryKey


def key(mid, digest=b"x", link="mqtt", session="1", redelivered=False):
    return DeliveryKey(link, session, mid, digest, redelivered)


def test_a_message_is_known_by_link_session_id_and_digest_flagged_or_not():
    deliveries = Deliveries()
    deliveries.remember([key(7)])
    assert key(7, redelivered=True) in deliveries
    for other in (key(8), key(7, digest=b"y"), key(7, link="other"), key(7, session="2")):
        assert other not in deliveries


def test_an_id_used_again_stands_for_the_new_message():
    deliveries = Deliveries()
    deliveries.remember([key(1), key(2), key(1, digest=b"new"), key(1, link="other")])
    assert key(1, digest=b"new") in deliveries
    assert key(1) not in deliveries  # the broker had its acknowledgement: it does not come again
    assert key(2) in deliveries
    assert key(1, link="other") in deliveries


def test_every_id_of_a_session_is_remembered_whatever_others_bring():
    deliveries = Deliveries()
    deliveries.remember([key(mid) for mid in range(1, 65_536)])
    deliveries.remember([key(mid, digest=bytes([turn]), link="b") for turn in range(3) for mid in range(1, 65_536)])
    assert all(key(mid) in deliveries for mid in range(1, 65_536))


def test_a_session_can_be_forgotten():
    deliveries = Deliveries()
    deliveries.remember([key(1), key(1, session="2")])
    deliveries.forget("mqtt", "1")
    assert key(1) not in deliveries
    assert key(1, session="2") in deliveries


def test_what_was_dumped_can_be_loaded():
    one, two = Deliveries(), Deliveries()
    one.remember([key(1), key(2), key(9, link="b")])
    two.remember([key(3)])
    two.load(one.dump())
    assert all(k in two for k in (key(1), key(2), key(3), key(9, link="b")))


def test_session_numbers_are_never_used_twice_for_a_link_also_after_a_restart(tmp_path):
    path = tmp_path / "sessions.json"
    sessions = Sessions(path)
    assert sessions.token("mqtt") is None
    assert [sessions.renew("mqtt"), sessions.renew("mqtt"), sessions.renew("b")] == ["1", "2", "1"]
    again = Sessions(path)
    assert again.token("mqtt") == "2"
    assert again.renew("mqtt") == "3"


def test_a_token_that_could_not_be_kept_is_not_given(tmp_path):
    path = tmp_path / "away" / "sessions.json"
    sessions = Sessions(path)
    with pytest.raises(OSError, match="No such file"):
        sessions.renew("mqtt")
    assert sessions.token("mqtt") is None


def test_a_damaged_file_says_what_to_do(tmp_path):
    path = tmp_path / "sessions.json"
    path.write_bytes(b"\0\0\0")
    with pytest.raises(Unreachable, match=r"sessions\.json: it is damaged .* remove it"):
        Sessions(path)
