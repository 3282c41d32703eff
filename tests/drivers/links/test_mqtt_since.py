"""Since when a link is as it is: what a person reads first on the inputs page."""

import time


def until(condition):
    """Ask until it is so: no event tells how a link is."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_link_is_down_since_it_was_lost_however_often_it_is_tried_again(mosquitto, link):
    broker = mosquitto()
    one = link(broker.port)
    broker.stop()
    until(lambda: one.status.state == "down")
    lost, errors = one.status, set()

    def tried_again():
        errors.add(one.status.error)
        return len(errors) > 1  # first the connection was lost, then nobody listened

    until(tried_again)
    assert (one.status.state, one.status.since) == ("down", lost.since)
    broker.start()
    until(lambda: one.status.state == "up")
    assert one.status.since > lost.since
