"""Xiaomi's body scales: frames of the tests of https://github.com/Bluetooth-Devices/xiaomi-ble in, readings out."""

import pytest

from collector.errors import BadFrame

V1, V2 = "service/181d", "service/181b"


@pytest.mark.parametrize(
    "topic, frame, values",
    [
        (V1, "229e43e507040b101301", {"body_weight": 86.55}),
        (V1, "23c84be507040b101301", {"body_weight": 87.997}),  # 194 lb
        (V1, "329c40e507040b101301", {"body_weight": 82.7}),  # 165.4 catties
        (V1, "029e43e507040b101301", {}),  # has not settled
        (V1, "a22044b20701010a1a15", {}),  # nobody on it any more
        (V2, "0226b20705040f0201ac018642", {"body_weight": 85.15, "body_impedance": 428}),
        (V2, "0224b20705040f020100008642", {"body_weight": 85.15}),
        (V2, "0226b20705040f0201ffff8642", {"body_weight": 85.15}),
        (V2, "0326b20705040f0201ac01c84b", {"body_weight": 87.997, "body_impedance": 428}),
        (V2, "0264b20705040f020100009c40", {"body_weight": 82.7}),
        (V2, "0624b20705040f020100008642", {}),  # a thing
        (V2, "0204b207010112101a0000a852", {}),
        (V2, "02a6b20705040f0201ac018642", {}),
    ],
)
def test_a_weight(said, topic, frame, values):
    found = said(topic, frame)
    assert found.values == values
    assert found.facts["maker"] == "Xiaomi"


def test_what_is_longer_is_another_makers(said):
    assert said(V2, bytes(20)).items == []


@pytest.mark.parametrize("topic, frame", [(V1, "229e43"), (V2, "0226b20705")])
def test_a_frame_that_ends_too_early_is_bad(said, topic, frame):
    with pytest.raises(BadFrame) as trouble:
        said(topic, frame)
    assert trouble.value.offset == len(frame) // 2
