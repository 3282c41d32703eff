"""What other monitoring says by webhook, as alerts: pure.

Alertmanager, webhook version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Grafana
Alerting says the same and more (https://grafana.com/docs/grafana/latest/alerting/, "Webhook notifier"). Any other JSON
by the paths of the settings.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from asset_registry.errors import Invalid

METRIC = "alert"
DEVICE = "alert:"

_LONGEST = 300
_MOST = 5000
_WORDS = ("summary", "message", "description")

Priority = Literal["high", "medium", "low"]


class Fields(BaseModel):
    """Where in a JSON body an alert stands. A path is names and numbers with dots between: `host.name`, `alerts.0`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    each: str = Field("", description="Path of the list of alerts; without it the body is one, or a list of them.")
    id: list[str] = Field(min_length=1, description="Paths of what together is the same as long as the alert is.")
    status: str = Field(description="Path of what says whether it is firing.")
    firing: list[str] = Field(min_length=1, description="What stands there while it is, whatever the letters' case.")
    resolved: list[str] = Field(min_length=1, description="What stands there when it is no longer.")
    name: str = Field("", description="Path of its name.")
    words: str = Field("", description="Path of what it says to people.")
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels and their paths.")


class Source(BaseModel):
    """Other monitoring that sends its alerts to `/api/v1/alerts/NAME`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fields: Fields | None = Field(
        None, description="Where the alert stands in a body that is neither Alertmanager's nor Grafana's."
    )
    asset: str = Field("asset", description="The label with the number of the asset it is about.")
    room: str = Field("room", description="The label with the number of the room.")
    device: str = Field("device", description="The label with the native id of the device.")
    severity: str = Field("severity", description="The label that says how bad it is.")
    priorities: dict[str, Priority] = Field(
        default={"critical": "high", "high": "high", "warning": "medium", "medium": "medium", "info": "low"},
        description="What that label says, and which priority this is; any other is left to the rule.",
    )


class Heard(msgspec.Struct, frozen=True):
    """One alert of a webhook. `words` are never empty; `asset`, `room`, `device` as the labels have them."""

    fingerprint: str
    firing: bool
    name: str
    words: str
    labels: Mapping[str, str]
    asset: str = ""
    room: str = ""
    device: str = ""
    priority: str = ""


def _text(value: object) -> object:
    return value if isinstance(value, str) or value is None else str(value)


Text = Annotated[str, BeforeValidator(_text)]


class _Alert(BaseModel):
    status: Literal["firing", "resolved"]
    labels: dict[str, Text]
    annotations: dict[str, Text] = {}
    fingerprint: str = ""

    @model_validator(mode="after")
    def _known(self) -> "_Alert":
        if not (self.fingerprint or self.labels):
            raise ValueError("an alert has a fingerprint or labels")
        return self


class _Webhook(BaseModel):
    alerts: list[_Alert] = Field(max_length=_MOST)


def heard(source: Source, body: object) -> list[Heard]:
    """The alerts of a webhook's body. Raises Invalid, which says what is not understood."""
    try:
        alerts = [*_by_fields(source.fields, body)] if source.fields else _Webhook.model_validate(body).alerts
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Invalid(f"{where or 'the body'}: {first['msg']}; see docs/alerts.md") from error
    return [_heard(source, alert) for alert in alerts]


def _heard(source: Source, alert: _Alert) -> Heard:
    labels = alert.labels
    name = labels.get("alertname", "")
    said = next((alert.annotations[key] for key in _WORDS if alert.annotations.get(key, "").strip()), "")
    return Heard(
        fingerprint=_fingerprint(alert),
        firing=alert.status == "firing",
        name=_short(name),
        words=_short(said) or "firing",
        labels=labels,
        asset=labels.get(source.asset, ""),
        room=labels.get(source.room, ""),
        device=labels.get(source.device, ""),
        priority=source.priorities.get(labels.get(source.severity, "").lower(), ""),
    )


def _fingerprint(alert: _Alert) -> str:
    """Its own; of one that has none, or a strange one, a hash: of that or of its labels."""
    own = alert.fingerprint
    if own and len(own) <= 64 and own.isascii() and own.isalnum():
        return own
    said = own or msgspec.json.encode(sorted(alert.labels.items())).decode()
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:32]


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def _by_fields(fields: Fields, body: object) -> Iterator[_Alert]:
    each = _at(body, fields.each) if fields.each else body
    alerts: Sequence[object] = each if isinstance(each, list) else [each]
    if len(alerts) > _MOST:
        raise Invalid(f"more than {_MOST} alerts in one body: send fewer at once")
    for alert in alerts:
        said = [_said(alert, path) for path in fields.id]
        if not any(said):
            raise Invalid(f"there is nothing at {' or '.join(fields.id)}: which alert is it?")
        labels = {label: _said(alert, path) for label, path in fields.labels.items()}
        labels["alertname"] = _said(alert, fields.name) if fields.name else " ".join(said)
        yield _Alert(
            status=_status(fields, _said(alert, fields.status)),
            labels={label: value for label, value in labels.items() if value},
            annotations={"summary": _said(alert, fields.words)} if fields.words else {},
            fingerprint=hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32],
        )


def _status(fields: Fields, said: str) -> Literal["firing", "resolved"]:
    """What is neither is not guessed at."""
    if said.lower() in map(str.lower, fields.firing):
        return "firing"
    if said.lower() in map(str.lower, fields.resolved):
        return "resolved"
    raise Invalid(f"{fields.status} is {said[:80]!r}, which stands under neither `firing` nor `resolved`")


def _at(value: Any, path: str) -> object:  # noqa: ANN401 - any JSON
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _said(alert: object, path: str) -> str:
    value = _at(alert, path)
    if value is None or isinstance(value, dict | list):
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
