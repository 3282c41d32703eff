"""MikroTik TG-BT5 tags: advertisements in, readings out.

The first is the example of MikroTik's documentation, others of the tests of github.com/theengs/decoder.
"""

import pytest

from collector.errors import BadFrame


@pytest.mark.parametrize(
    "topic, packet, values",
    [
        (
            "manufacturer/094f",
            "010032a500000000ffff5019bd5954000061",
            {"temperature": 25.3125, "uptime": 5527997, "battery": 97},
        ),
        (
            "manufacturer/094f",
            "0100cea6000000000200a01c91085700185f",
            {"temperature": 28.625, "uptime": 5703825, "battery": 95},
        ),
        (
            "manufacturer/094f",
            "01009e11fffffeff0000a119e802000029e4",
            {"temperature": 25.6289, "uptime": 744, "battery": 100},
        ),
        ("manufacturer/094f", "0101cea6000000000200a01c91085700185f", {}),
        ("manufacturer/094f", "0100cea60000000002000080910857001864", {"uptime": 5703825, "battery": 100}),
    ],
)
def test_what_it_says(said, topic, packet, values):
    assert said(topic, packet).values == pytest.approx(values, abs=0.005)


def test_one_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex("0100cea6000000000200a01c91085700185f")
    for size in range(2, 18):
        with pytest.raises(BadFrame) as trouble:
            said("manufacturer/094f", raw[:size])
        assert trouble.value.offset == size
