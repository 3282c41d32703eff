"""Rules in words: what one judges, whom, and what was changed in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service_desk.rulebook import built
from service_desk.rules_yaml import Draft, RuleFaults

_SCOPE = {
    "devices": "",
    "categories": "",
    "room_types": "",
    "departments": "of ",
    "rooms": "in ",
    "use": "",
}
"""What stands before the entries of each condition, in the order they are told."""


@dataclass(frozen=True)
class Change:
    """One version of a rule: who made it, when, and what was another before."""

    version: int
    at: datetime
    who: str
    what: tuple[str, ...]


def condition(draft: Draft) -> str:
    """When it alarms: "Buffered probe above 8.0 °C or below 2.0 °C for 20 s"; "" of one that cannot judge."""
    try:
        return built(draft).condition()
    except RuleFaults:
        return ""


def scope(config: Mapping[str, Any]) -> str:
    """Whom it judges: "vaccine fridge", "infusion pump or syringe pump, in use"; of everybody "all that give it"."""
    given = config.get("scope") or {}
    parts = [
        before + " or ".join(str(one).replace("_", " ") for one in given[name])
        for name, before in _SCOPE.items()
        if given.get(name)
    ]
    return ", ".join(parts) or "all that give it"


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What was changed: "priority: medium → high"; of a first version nothing."""
    if before is None or after is None:
        return ()
    return tuple(_differing(_flat(before), _flat(after)))


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == "enabled":
            yield "switched on" if new else "switched off"
        else:
            yield f"{name}: {_told(old)} → {_told(new)}"


def _flat(facts: Mapping[str, Any]) -> dict[str, object]:
    top = {name: facts.get(name) for name in ("name", "kind", "enabled")}
    config = dict(facts.get("config") or {})
    inside = config.pop("scope", None) or {}
    return {**top, **config, **{f"scope.{name}": entries for name, entries in inside.items()}}


def _told(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
