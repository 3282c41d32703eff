"""Parameters that several resources share."""

from typing import Annotated

from fastapi import Path

Id = Annotated[int, Path(ge=1, lt=2**63)]
"""A surrogate id in an address."""
