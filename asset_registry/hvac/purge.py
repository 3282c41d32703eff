"""How long a room's air takes to be cleared: an estimate, no measurement; a person releases the room.

CDC, Guidelines for Environmental Infection Control in Health-Care Facilities (2003), appendix B, table B.1.
"""

import math

REMOVED = (0.99, 0.999)
"""The shares of table B.1."""


def purge_minutes(air_changes: float, removed: float = 0.999, mixing_factor: float = 1.0) -> float:
    """Minutes until `removed` of what was in the air is gone: t = -ln(C2/C1)/ACH x mixing factor.

    The table assumes perfect mixing (1) and that nothing new comes in. Raises ValueError for what makes no sense.
    """
    if not (math.isfinite(air_changes) and air_changes > 0):
        raise ValueError("without air changes no air is cleared")
    if not 0 < removed < 1:
        raise ValueError("the share removed lies between 0 and 1")
    if not (math.isfinite(mixing_factor) and mixing_factor >= 1):
        raise ValueError("a mixing factor is at least 1")
    return -math.log(1 - removed) / air_changes * 60 * mixing_factor
