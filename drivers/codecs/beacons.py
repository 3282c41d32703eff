"""iBeacons that write a measurement where other beacons have their major, minor and power.

Document: Apple, "Proximity Beacon Specification", release R1; who writes what is said by the decoders of the makers.
Their major and minor are no name: such a beacon is known by its address.
"""

PREFIX = b"\x02\x15"
"""Type and length of an iBeacon."""

NUMBERS_AT = 18
"""Where its major begins."""

AB_TEMP = bytes.fromhex("b5b182c7eab14988aa99b5c1517008d9")
BM2 = bytes.fromhex("655f83caae16a10a702e31f30d58dd82")
BM6 = bytes.fromhex("3ba29cd9a42c894856badaf2606ef777")
JAALEE = bytes.fromhex("ebefd08370a247c89837e7b5634df525")
TILTS = tuple(bytes.fromhex(f"a495bb{color}0c5b14b44b5121370f02d74de") for color in range(1, 9))

_MEASURING = frozenset((BM2, BM6, JAALEE, *TILTS))
"""Their UUIDs."""


def uuid_of(data: bytes) -> bytes:
    """The UUID of an iBeacon; nothing of any other frame."""
    return data[2:NUMBERS_AT] if data.startswith(PREFIX) else b""


def is_ab_temp(data: bytes, name: str) -> bool:
    """Whether it is an ABTemp, which has the UUID of all of its maker's beacons but a name of its own."""
    return uuid_of(data) == AB_TEMP and name.casefold().startswith("abtemp")


def measures(data: bytes, name: str) -> bool:
    """Whether an iBeacon's numbers are a measurement."""
    return uuid_of(data) in _MEASURING or is_ab_temp(data, name)
