"""The exceptions of Masimo pulse oximeters, as every text format has them.

Document: Masimo Rad-8 Operator's Manual, "Trend data format" (the bits of EXC).
"""

_WORDS = {
    0x001: "no sensor",
    0x002: "defective sensor",
    0x080: "unrecognized sensor",
    0x010: "interference",
    0x020: "sensor off",
    0x040: "ambient light",
}
_FAULTS = 0x083


def health(exceptions: int) -> dict[str, bool | str]:
    """Whether the sensor is at fault, and in words; low perfusion and the search for the pulse are none."""
    return {
        "sensor_fault": bool(exceptions & _FAULTS),
        "technical_alarm": ", ".join(word for bit, word in _WORDS.items() if exceptions & bit),
    }
