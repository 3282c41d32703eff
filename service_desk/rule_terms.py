"""What every rule says of itself: whom it judges, for how long, how grave it is, and in which words."""

from collections.abc import Container, Iterable
from datetime import timedelta
from difflib import get_close_matches
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from collector.metrics import METRICS, is_vital
from service_desk import words
from service_desk.ports import Subject, Verdict

_FIELDS = {
    "asset",
    "number",
    "room",
    "room_name",
    "floor",
    "building",
    "value",
    "device",
    "metric",
    "normal",
    "held",
}

Duration = Annotated[timedelta, BeforeValidator(words.duration_of)]


def judgeable(metric: str) -> str:
    """The metric, which is known and no vital. Raises ValueError."""
    if is_vital(metric):
        raise ValueError(
            f"{metric} is a vital and never judged: Wardkeeper is not a patient monitor. "
            "Judge the device's own technical_alarm, battery or sensor_fault instead"
        )
    if metric not in METRICS:
        near = get_close_matches(metric, METRICS, n=1)
        raise ValueError(f"{metric!r} is not a metric" + (f"; did you mean {near[0]}?" if near else ""))
    return metric


def measured(metric: str) -> str:
    """The metric, which is judgeable and a number. Raises ValueError."""
    if METRICS[judgeable(metric)].kind is not float:
        raise ValueError(f"{metric} is not a number")
    return metric


Judged = Annotated[str, AfterValidator(judgeable)]
Measured = Annotated[str, AfterValidator(measured)]


class _Ids(frozenset[str]):
    """Devices by their ids, or by how those begin."""

    __slots__ = ("_begin",)

    def __init__(self, entries: Iterable[str]) -> None:
        self._begin = tuple(one[:-1] for one in entries if one.endswith("*"))

    def __contains__(self, device: object) -> bool:
        return super().__contains__(device) or str(device).startswith(self._begin)


class Scope(BaseModel):
    """Whom a rule judges: every condition given must hold, by one of its entries. Empty: all that give the metric."""

    model_config = ConfigDict(extra="forbid", strict=True)

    devices: list[str] = Field([], description="Native ids; `channel:*` is every one that begins so.")
    categories: list[str] = Field([], description="Categories of assets.")
    room_types: list[str] = Field([], description="As in `config/room_profiles.yaml`.")
    departments: list[str] = Field([], description="Departments of assets.")
    rooms: list[str] = Field([], description="Numbers of rooms.")
    buildings: list[str] = Field([], description="Names of buildings.")
    use: list[Literal["idle", "in_use", "claimed"]] = Field([], description="How the asset is used.")

    def conditions(self) -> tuple[tuple[str, Container[str]], ...]:
        """Of each condition given the field of a subject and what may stand there."""
        given = ((field, getattr(self, name)) for name, field in _OF_SUBJECT.items())
        return tuple(
            (field, _Ids(entries) if field == "device" else frozenset(entries)) for field, entries in given if entries
        )


_OF_SUBJECT = {
    "devices": "device",
    "categories": "category",
    "room_types": "room_type",
    "departments": "department",
    "rooms": "room",
    "buildings": "building",
    "use": "use",
}
"""Conditions of a scope, and the field of a subject that each is about."""


class Terms(BaseModel):
    """What the configuration of every kind has."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    for_: Duration = Field(default=timedelta(0), alias="for", description="So long it must hold before it is raised.")
    keep_for: Duration = Field(timedelta(0), description="So long it must be back before it clears.")
    scope: Scope = Field(Scope(), description="Whom it judges.")
    priority: Literal["high", "medium", "low"] = Field("medium", description="Of the alarm.")
    why: str = Field("", max_length=300, description="Why that priority: what follows if nobody answers, how soon.")
    title: str = Field(
        "{asset} in {room} is at {value}",
        description="Of the alarm: {asset} {number} {room} {room_name} {floor} {building} {device} {metric} {value}"
        " {normal} {held}.",
    )
    incident: str = Field("", description="Of the incident; the title when empty.")
    normal: str = Field("", description="What is normal, in words; made from the rest when empty.")
    latch: bool = Field(False, description="Whether a person must reset it.")

    @model_validator(mode="after")
    def _fillable(self) -> "Terms":
        for template in (self.title, self.incident):
            for _, name, form, conversion in Formatter().parse(template):
                if name is not None and name not in _FIELDS:
                    raise ValueError(f"{{{name}}} is not known in a title; there are {', '.join(sorted(_FIELDS))}")
                if form or conversion:  # would fail, or fill the memory, when the alarm is raised
                    raise ValueError(f"{{{name}}} stands alone in a title, without ! or :")
        return self


def filled(template: str, subject: Subject, verdict: Verdict, metric: str, normal: str) -> str:
    """A title with what it names."""
    known = METRICS.get(metric)
    text = template.format(
        asset=subject.asset or subject.device_name or subject.device,
        number=subject.number,
        room=subject.room or "an unknown room",
        room_name=subject.room_name,
        floor=subject.floor or "an unknown floor",
        building=subject.building or "an unknown building",
        device=subject.device_name or subject.device,
        metric=known.label if known else metric,
        value=words.value_words(metric, verdict.value),
        normal=normal,
        held=words.duration(verdict.at - verdict.since),
    )
    return text[:1].upper() + text[1:]
