"""One YAML file in, typed settings out; every mistake named as `path:line: field: why`."""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator

from collector.errors import ConfigError, Unreachable
from collector.influx.heard import Config as LineProtocol
from drivers.links.forward import Config as Forwarding
from drivers.links.mqtt import Config as Broker
from service_desk.alerts.config import Config as Alertmanager
from service_desk.alerts.incoming import Source as AlertSource
from wardkeeper.sections import (
    Alarms,
    BackupSettings,
    HeartbeatSettings,
    Locating,
    OnCallSettings,
    RetentionSettings,
    Section,
    SpoolSettings,
    Web,
    did_you_mean,
)
from wardkeeper.yaml_lines import Loc, YamlProblem, read

MAIN_STORE = "store"
"""The name of the store that screens and API ask."""

_SECRET_WORDS = ("password", "token", "secret", "bindkey", "identities")
_URL_WITH_PASSWORD = re.compile(r"://[^/?#\s:@]*:[^/?#\s@]+@")


class Settings(Section):
    """The whole file. Parts (links, store, sinks) are checked against the part's own settings."""

    site: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Short name of the site, part of every device's identity."
    )
    site_name: str = Field("", description="Name of the site on the screens.")
    timezone: str = Field("UTC", description="Time zone of the screens, as in the tz database.")
    holidays: list[Annotated[date, Field(strict=False)]] = Field(
        default_factory=list, description="Days on which nobody is at a desk, beside Saturdays and Sundays: 2026-12-25."
    )
    data: Path = Field(
        Path("/var/lib/wardkeeper"), strict=False, description="Folder for the spool, the store and the database."
    )
    database: SecretStr | None = Field(
        None, description="SQLAlchemy address of the database; SQLite in `data` when not given."
    )
    web: Web = Field(default_factory=Web, description="Screens and API.")
    spool: SpoolSettings = Field(default_factory=SpoolSettings, description="Spool.")
    locating: Locating = Field(default_factory=Locating, description="Locating.")
    alarms: Alarms = Field(default_factory=Alarms, description="Alarms.")
    room_profiles: Path | None = Field(
        None, strict=False, description="What rooms must have (docs/rooms.md); the shipped file when not given."
    )
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="How long points are kept.")
    backups: BackupSettings = Field(
        default_factory=BackupSettings, description="Backups before an upgrade of the database."
    )
    store: dict[str, Any] = Field(
        default_factory=lambda: {"kind": "store.duckdb"},
        description="The time-series store: `kind` and that part's settings.",
    )
    stores: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], dict[str, Any]] = Field(
        default_factory=dict,
        description="Further stores by name, each given everything at its own pace: `kind` and that part's settings.",
    )
    line_protocol: LineProtocol = Field(
        default_factory=LineProtocol, description="Line protocol in, by `/write` and `/api/v2/write`."
    )
    alerts: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")], AlertSource] = Field(
        default_factory=dict, description="Other monitoring that sends its alerts here, by name (docs/alerts.md)."
    )
    alertmanager: Alertmanager | None = Field(None, description="An Alertmanager that is told of every alarm.")
    links: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Links by name: `kind` and that kind's settings."
    )
    forward: Forwarding | None = Field(None, description="Where an edge forwards to: the centre's broker.")
    sinks: dict[str, dict[str, Any]] = Field(
        default_factory=lambda: {"desk": {"kind": "sink.desk"}},
        description="Ticket systems by name: `kind` and that part's settings.",
    )
    channels: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], dict[str, Any]] = Field(
        default_factory=dict,
        description="Ways to tell people by name, `kind` and that part's settings (docs/notices.md).",
    )
    on_call: OnCallSettings = Field(default_factory=OnCallSettings, description="Who is on call.")

    heartbeat: HeartbeatSettings | None = Field(None, description="A sign of life to a monitor outside.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            near = difflib.get_close_matches(value, available_timezones(), 1)
            raise ValueError(f"no such time zone{did_you_mean(near)}")
        return value

    @field_validator("stores")
    @classmethod
    def _own_names(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        if MAIN_STORE in value:
            raise ValueError(f"{MAIN_STORE} is the first store's name; take another one")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the screens."""
        return ZoneInfo(self.timezone)

    @property
    def all_stores(self) -> dict[str, dict[str, Any]]:
        """Every store by name, first the one that screens and API ask."""
        return {MAIN_STORE: self.store, **self.stores}

    def make_data(self) -> None:
        """Make the folder `data` when it is not there. Raises Unreachable."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable(f"data: {self.data} cannot be made: {error.strerror}; name another one") from error

    @property
    def database_url(self) -> str:
        """SQLAlchemy address of the database."""
        return self.database.get_secret_value() if self.database else f"sqlite:///{self.data / 'wardkeeper.db'}"


@dataclass(frozen=True)
class Problem:
    """One mistake in a settings file."""

    path: str
    line: int
    field: str
    why: str

    def __str__(self) -> str:
        """As `wardkeeper check` prints it."""
        return f"{self.path}:{self.line}: {self.field}: {self.why}"


class SettingsError(ConfigError):
    """All mistakes of a settings file at once."""

    def __init__(self, problems: list[Problem]) -> None:
        """`problems` in the order of the file."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


PartConfig = Callable[[str], type[BaseModel] | None]
"""The Config of a part by its name ("mqtt.tasmota"), None when there is no such part."""


def load(path: Path, config_of: PartConfig, kinds: list[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Read, check and type the file. Raises SettingsError naming everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        data, lines = read(text, environment)
    except YamlProblem as error:
        raise SettingsError([Problem(str(path), error.line, _dotted(error.loc) or "file", str(error))]) from error
    problems = [
        Problem(str(path), _line(lines, loc), _dotted(loc) or "file", why)
        for loc, why in _mistakes(data, config_of, kinds)
    ]
    if problems:
        raise SettingsError(sorted(problems, key=lambda problem: problem.line))
    return Settings.model_validate(data)


def _mistakes(data: object, config_of: PartConfig, kinds: list[str]) -> Iterator[tuple[Loc, str]]:
    yield from _model_mistakes(Settings, data, ())
    if not isinstance(data, dict):
        return
    yield from _open_secrets(data, ())
    yield from _part_mistakes(data.get("store"), ("store",), config_of, kinds)
    yield from _doubles(data, config_of)
    for group in ("links", "sinks", "stores", "channels"):
        parts = data.get(group)
        for name, part in parts.items() if isinstance(parts, dict) else ():
            yield from _part_mistakes(part, (group, name), config_of, kinds)
            dialects = part.get("dialects") if isinstance(part, dict) else None
            for index, dialect in enumerate(dialects) if isinstance(dialects, list) else ():
                yield from _part_mistakes(dialect, (group, name, "dialects", index), config_of, kinds)


def _part_mistakes(part: object, loc: Loc, config_of: PartConfig, kinds: list[str]) -> Iterator[tuple[Loc, str]]:
    if not isinstance(part, dict):
        return
    kind = part.get("kind")
    if not isinstance(kind, str):
        yield loc, "needs a kind, as in `wardkeeper kinds`"
        return
    config = config_of(kind)
    if config is None:
        yield (*loc, "kind"), f"there is no {kind!r}{did_you_mean(difflib.get_close_matches(kind, kinds, 1, 0.5))}"
        return
    yield from _model_mistakes(config, {key: value for key, value in part.items() if key != "kind"}, loc)


def _connections(data: dict[Any, Any], config_of: PartConfig) -> Iterator[tuple[Loc, BaseModel]]:
    """Links, and where to forward to, each with its settings; what is wrong in itself say others."""
    links = data.get("links")
    given: list[tuple[Loc, object]] = (
        [(("links", name), link) for name, link in links.items()] if isinstance(links, dict) else []
    )
    for loc, part in [*given, (("forward",), data.get("forward"))]:
        if isinstance(part, dict):
            kind = part.get("kind")
            model = Forwarding if loc == ("forward",) else config_of(kind) if isinstance(kind, str) else None
            with suppress(ValidationError):
                if model is not None:
                    yield loc, model.model_validate({key: value for key, value in part.items() if key != "kind"})


def _doubles(data: dict[Any, Any], config_of: PartConfig) -> Iterator[tuple[Loc, str]]:
    """What two want for themselves alone (`exclusive` in `drivers.links.link`), and what would go round for ever."""
    first: dict[str, str] = {}
    connections = list(_connections(data, config_of))
    forward = next((config for _, config in connections if isinstance(config, Forwarding)), None)
    for loc, config in connections:
        exclusive = getattr(config, "exclusive", None)
        for field, what in exclusive(str(loc[-1])).items() if exclusive else ():
            here: Loc = (*loc, *field)
            other = first.setdefault(what, _dotted(here))
            if other != _dotted(here):
                yield here, f"is that of {other} already: {what}"
        if forward is not None and isinstance(config, Broker) and forward.returns_by(config):
            yield loc, "hears at this broker what forward says there: it would go round for ever"


def _model_mistakes(model: type[BaseModel], data: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    try:
        model.model_validate(data)
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_input=False):
            where: Loc = (*loc, *mistake["loc"])
            if mistake["type"] == "extra_forbidden":
                near = difflib.get_close_matches(str(where[-1]), _fields_at(model, mistake["loc"]), 1)
                yield where, f"unknown{did_you_mean(near)}"
            elif mistake["type"] == "missing":
                yield where, "is missing"
            else:
                yield where, mistake["msg"].removeprefix("Value error, ")


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    for step in loc[:-1]:
        field = model.model_fields.get(str(step))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return list(model.model_fields)


def _open_secrets(data: object, loc: Loc, *, secret: bool = False) -> Iterator[tuple[Loc, str]]:
    """What stands under a word for secrets, however deep, and addresses with a password in them."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _open_secrets(value, (*loc, key), secret=secret or any(word in key for word in _SECRET_WORDS))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _open_secrets(value, (*loc, index), secret=secret)
    elif isinstance(data, str) and data and (secret or _URL_WITH_PASSWORD.search(data)):
        yield loc, "secrets do not stand in this file: write !env NAME or !file PATH"


def _dotted(loc: Loc) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).removeprefix(".")


def _line(lines: dict[Loc, int], loc: Loc) -> int:
    while loc not in lines:
        loc = loc[:-1]
    return lines[loc]
