"""The six blocks under a ticket's chart: what was known when it opened, each in a sentence or "unknown since T"."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asset_registry.locating.words import word_of
from dashboards import words
from dashboards.context import Context

Json = dict[str, Any]
DIGEST = ("temperature", "humidity", "differential_pressure", "air_changes", "co2", "light_on", "door_open")
"""Metrics of a room in the order they are told."""


@dataclass(frozen=True)
class Link:
    """A link with the words after it."""

    text: str
    href: str
    after: str = ""


@dataclass(frozen=True)
class Block:
    """A title, what is told in bold (a link when there is an address), the rest, and further links."""

    title: str
    lead: str = ""
    rest: str = ""
    href: str = ""
    links: tuple[Link, ...] = ()


def blocks_of(evidence: Json, here: Context, now: datetime) -> list[Block]:
    """All six, in their order."""

    def clock(moment: str | None) -> str:
        return words.local(datetime.fromisoformat(moment), here.zone, now) if moment else ""

    def unknown(title: str, part: Json, why: str) -> Block:
        since = clock(part.get("unknown_since"))
        return Block(title, rest=f"Unknown since {since}." if since else why)

    def place(part: Json) -> tuple[str, str]:
        lead = f"{part.get('number', '')} {part.get('name', '')}".strip()
        return lead, f"/rooms/{part['place_id']}" if "place_id" in part else ""

    where, room, spare = evidence["where"], evidence["room"], evidence["spare"]
    blocks = [
        Block("Where", place(where)[0], _how(where), place(where)[1])
        if "number" in where
        else unknown("Where", where, "Unknown: no fix, and it is bound to no room."),
        _room(room)
        if room.get("measures")
        else unknown("The room then", room, "Unknown: nothing reported from there."),
    ]
    if "name" in spare:
        at, _ = place(spare["where"])
        standing = f", {at}. {_sure(spare['where'])}" if at else ", where is unknown."
        blocks.append(Block("Nearest spare", spare["name"], standing, f"/assets/{spare['asset_id']}"))
    else:
        blocks.append(unknown("Nearest spare", spare, "None that can be used is known."))
    blocks.append(_versions(evidence["versions"]) or unknown("Versions", evidence["versions"], "Unknown."))
    earlier = tuple(
        Link(each["number"], f"/tickets/{each['number']}", f" {each['title']}, {clock(each['created'])}")
        for each in evidence["last_tickets"]
    )
    blocks.append(Block("Last tickets", links=earlier, rest="" if earlier else "None before this one."))
    told = [f"{each['who']}, {clock(each['at'])}" for each in evidence["told"]]
    blocks.append(Block("Who was told", rest=". ".join(told) + "." if told else "Nobody yet."))
    return blocks


def _how(where: Json) -> str:
    floor = f", {where['floor']}" if where.get("floor") else ""
    return f"{floor}. {_sure(where)}"


def _sure(where: Json) -> str:
    if where.get("how") != "fix":
        return "It stays there."
    age = words.age(timedelta(seconds=where["age_s"])) if "age_s" in where else ""
    sure = where.get("confidence")
    word = word_of(float(sure)) if sure is not None else "unknown"
    return f"Fix: {word}, {age} old." if age else f"Fix: {word}."


def _room(room: Json) -> Block:
    told = {each["metric"]: each["value"] for each in room["measures"]}
    parts = []
    for metric in (name for name in DIGEST if name in told):
        value = words.value(told[metric], metric)
        plain = metric in ("temperature", "co2")
        label = {"light_on": "light", "door_open": "door"}.get(metric, words.label(metric).lower())
        parts.append(value if plain else f"{label} {value}")
    served = room.get("served_by") or []
    rest = f", {', '.join(parts[1:])}." if len(parts) > 1 else "."
    rest += f" Served by {', '.join(served)}." if served else ""
    return Block("The room then", parts[0] if parts else "", rest)


def _versions(part: Json) -> Block | None:
    device, asset = part.get("device"), part.get("asset")
    told = []
    if asset:
        told.append(" ".join(filter(None, (asset["maker"], asset["model"]))))
        told.append(f"serial {asset['serial']}" if asset["serial"] else "")
    if device:
        told.append(" ".join(filter(None, ("sensor", device["maker"], device["model"]))))
        told.append(f"firmware {device['firmware']}" if device["firmware"] else "firmware unknown")
    told = [each for each in told if each]
    return Block("Versions", told[0], f", {', '.join(told[1:])}." if len(told) > 1 else ".") if told else None
