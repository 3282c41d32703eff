"""The sections of the settings, each typed and with its defaults; `settings.Settings` is the whole file."""

import difflib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.metrics import FAMILIES
from collector.tls import Tls


def did_you_mean(near: list[str]) -> str:
    """The end of a sentence that names the nearest, if there is one."""
    return f"; did you mean {near[0]}?" if near else ""


class Section(BaseModel):
    """What every section has."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Web(Section):
    """Where the screens and the API listen."""

    host: str = Field("127.0.0.1", description="Address to listen on; put TLS in front before opening it to others.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    https: bool = Field(
        default=False, description="Browsers come through TLS (a reverse proxy): cookies are marked Secure."
    )
    url: str = Field(
        "", description="The address people use, for links in messages; made from host and port when empty."
    )


class SpoolSettings(Section):
    """The durable spool between links and everything else."""

    segment_mb: int = Field(64, ge=1, le=4096, description="Size at which a new segment begins.")
    keep_s: float = Field(60.0, ge=0, description="How long delivered segments are kept for a replay.")
    quota_mb: int = Field(10_240, ge=64, description="Disk the spool may use.")


class Locating(Section):
    """How sightings become fixes (docs/locating.md)."""

    engine: Literal["map", "nearest"] = Field(
        "map", description="A map of the plan where rooms and gateways are drawn; or always the nearest gateway."
    )
    model: Path | None = Field(
        None, strict=False, description="What `wardkeeper locate train` made of a survey; the plan alone if not given."
    )
    commit_delay_s: float = Field(
        15.0, ge=0, description="Nearest gateway: a new room must stay the best for this long before it counts."
    )
    window_s: float = Field(10.0, gt=0, description="Nearest gateway: how far back sightings are averaged.")
    unknown_after_s: float = Field(900.0, gt=0, description="A tag not heard for this long is nowhere.")


class Alarms(Section):
    """How readings become alarms."""

    history_after_s: float = Field(900.0, gt=0, description="Readings older than this make history, never an alarm.")
    close_after_s: dict[Literal["high", "medium", "low"], float] = Field(
        {"high": 900.0, "medium": 300.0, "low": 300.0},
        description="For how long all must have stayed normal before an incident closes by itself, by priority.",
    )
    reopen_within_s: float = Field(1800.0, ge=0, description="What comes back so soon after it closed is reopened.")
    one_cause_within_s: float = Field(
        900.0, ge=0, description="How long before or after its cause an alarm begins that is a consequence of it."
    )
    operators: int = Field(
        1, ge=1, le=1000, description="How many people answer alarms at a time; for the alarm performance page."
    )
    silent_conditions: list[Literal["reported", "in_repair", "quarantined", "sequestered", "awaiting_acceptance"]] = (
        Field(["in_repair", "awaiting_acceptance"], description="Assets whose alarms are suppressed by design.")
    )
    practice_room_types: list[str] = Field(
        default_factory=list, description="Room types for practice: alarms there are suppressed by design."
    )
    cold_categories: list[str] = Field(
        ["vaccine fridge", "vaccine freezer", "blood fridge", "plasma freezer"],
        description="Categories of assets whose alarms only a signed decision closes; the cold chain.",
    )
    isolation_room_types: list[str] = Field(
        ["aii_room", "aii_anteroom", "isolation_room", "pe_anteroom", "protective_environment_room"],
        description="Room types whose alarms of air and doors only a signed decision closes.",
    )


Days = Annotated[int, Field(ge=0, le=36_500)]


class RetentionSettings(Section):
    """How long the store on this machine keeps points. The longest of what family and category say holds."""

    days: Days = Field(0, description="Days that points are kept; 0: for ever.")
    rollup_days: Days = Field(
        0, description="Days that minutes, quarters of an hour and days of them are kept, no shorter; 0: for ever."
    )
    families: dict[str, Days] = Field(
        default_factory=dict, description="Days by family of metrics: `vital`, `location`."
    )
    classes: dict[str, Days] = Field(default_factory=dict, description="Days by category of the asset: `refrigerator`.")
    hold: list[str] = Field(
        default_factory=list,
        description="Devices (native ids) and assets (numbers) of which everything is kept, whatever the rest says.",
    )

    @field_validator("families")
    @classmethod
    def _known_family(cls, value: dict[str, int]) -> dict[str, int]:
        for name in value:
            if name not in FAMILIES:
                raise ValueError(f"no family {name!r}{did_you_mean(difflib.get_close_matches(name, FAMILIES, 1))}")
        return value


class BackupSettings(Section):
    """Backups that are made before the database is upgraded."""

    keep: int = Field(5, ge=1, le=1000, description="How many are kept in `backups` under `data`.")


class HeartbeatSettings(Section):
    """A sign of life to a monitor outside, while all is well."""

    url: SecretStr = Field(description="Address that is asked while all is well; a secret: !file PATH or !env NAME.")
    failing_url: SecretStr | None = Field(
        None, description="Address that is asked while something is not; without it there is silence then."
    )
    method: Literal["GET", "HEAD", "POST"] = Field("GET", description="How they are asked; POST says what is not well.")
    every_s: float = Field(60.0, ge=5, description="Seconds between two signs of life.")
    timeout_s: float = Field(10.0, gt=0, le=60, description="Seconds after which no answer is none.")
    late_s: float = Field(300.0, gt=0, description="A reader of the spool that is further behind is not well.")
    tls: Tls | None = Field(None, description="Files for TLS; the system's authorities count without it.")

    @field_validator("url", "failing_url")
    @classmethod
    def _an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("needs an address that begins with https:// or http://")
        return value


class OnCallSettings(Section):
    """Calendars that say who is on call (docs/notices.md)."""

    hosts: list[str] = Field(
        default_factory=list,
        description="Hosts that calendars may be fetched from; without one they are brought by hand.",
    )
    every_s: float = Field(900.0, ge=60, description="Seconds between two looks at a calendar's address.")
    ca: str | None = Field(None, description="File with the authority that signed those hosts' certificates.")
