"""What left the building, in words: whether an asset is outside, and when it went out and in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from asset_registry.leaving import LEFT
from collector.points import readings_of
from collector.ports import Selection
from dashboards.context import Context


@dataclass(frozen=True)
class Left:
    """An asset left by an exit zone; `back` None: it is outside still."""

    zone: str
    at: datetime
    back: datetime | None = None

    @property
    def by(self) -> str:
        """As "the south exit"."""
        return f"the {self.zone[:1].lower()}{self.zone[1:]}"


def left_of(here: Context, asset_id: int) -> Left | None:
    """How an asset left that is outside now."""
    said = here.latest.get(f"asset:{asset_id}", LEFT)
    return Left(str(said.value), said.at) if said is not None and said.value else None


def times_left(here: Context, asset_id: int, span: timedelta) -> list[Left]:
    """How often it left in the last `span`, newest first."""
    now = here.clock.now()
    asked = Selection(now - span, now + timedelta(milliseconds=1), (f"asset:{asset_id}",), (LEFT,))
    said = sorted(readings_of(here.store.query(asked)), key=lambda reading: reading.at)
    found: list[Left] = []
    for reading in said:
        if reading.value:
            found.append(Left(str(reading.value), reading.at))
        elif found and found[-1].back is None:
            found[-1] = Left(found[-1].zone, found[-1].at, reading.at)
    return found[::-1]
