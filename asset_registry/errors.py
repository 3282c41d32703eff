"""How the registry says no. All are `Refused`: trying the same again does not help."""

from collector.errors import Refused


class Invalid(Refused):
    """What was asked for makes no sense: a value outside the vocabulary, a half-filled form."""


class Missing(Refused):
    """What was named does not exist."""


class Conflict(Refused):
    """It cannot be done as things stand: claimed by another, sequestered, not usable."""


class Forbidden(Refused):
    """Not by this person."""
