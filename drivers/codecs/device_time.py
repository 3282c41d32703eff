"""Clocks of devices: zones by name, and which times no device can mean."""

from datetime import UTC, datetime, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

OLDEST = datetime(2016, 1, 1, tzinfo=UTC)
"""A device that says an earlier time has never set its clock."""


def _known(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as trouble:
        raise ValueError(f"{name!r} is not a time zone such as Europe/Vienna") from trouble


Timezone = Annotated[str, AfterValidator(_known)]
"""A zone of the tz database, as settings name it."""


class Zoned(BaseModel):
    """Settings of a part whose device has a clock without zone, and nothing else to set."""

    model_config = ConfigDict(extra="forbid", strict=True)

    timezone: Timezone | None = Field(
        None, description="Zone of the device's clock; without it readings count from when they are heard."
    )


def zone_of(name: str | None) -> tzinfo | None:
    """The zone that the settings name, if they do."""
    return ZoneInfo(name) if name else None


def in_zone(said: datetime | None, zone: tzinfo | None) -> datetime | None:
    """The UTC of a clock without zone; None where no zone was configured or the clock was never set."""
    if said is None or zone is None:
        return None
    try:
        moment = said.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return None
    return moment if moment >= OLDEST else None
