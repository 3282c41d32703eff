"""The arrays of locating: float32 where there are many, indices as int64."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.integer]

NOWHERE = -1
"""An index that is none: no room, no gateway."""


def decibels(power: Floats, packets: Floats) -> Floats:
    """The level in dBm of a sum of linear power over so many packets; about -130 without any."""
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-13) / np.maximum(packets, 1e-9)))


def milliwatts(level_dbm: Floats) -> Floats:
    """Linear power."""
    return np.asarray(10.0 ** (np.asarray(level_dbm, dtype=np.float64) / 10.0))
