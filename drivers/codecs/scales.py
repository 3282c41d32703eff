"""Masses as the scales of the Bluetooth SIG say them.

Document: Bluetooth SIG, GATT Specification Supplement, "Weight Measurement" and "Body Composition Measurement".
"""

NOT_MEASURED = 0xFFFF
"""A measurement that did not succeed."""

_KG_LB = 0.45359237


def kilograms(raw: int, *, imperial: bool) -> float:
    """Steps of 5 g, or of a hundredth of a pound."""
    return raw / 100 * _KG_LB if imperial else raw / 200
