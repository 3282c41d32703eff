"""The blocks under a ticket's chart: what was known when it opened, each in a sentence or "unknown since T".

Evidence of version 1 has fewer of them; it is never written again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from asset_registry.locating.words import word_of
from dashboards import words
from dashboards.context import Context

Json = dict[str, Any]
BEFORE_LAST = {"bridge": "the bridge", "lift": "the lift", "stairs": "the stairs"}


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


Clock = Callable[[str | None], str]


def blocks_of(evidence: Json, here: Context, now: datetime) -> list[Block]:
    """All six, in their order."""

    def clock(moment: str | None) -> str:
        return words.local(datetime.fromisoformat(moment), here.zone, now) if moment else ""

    checks = _checks(evidence["checks"]) if "checks" in evidence else ""
    return [
        _where(evidence, clock),
        _room(evidence["room"], clock),
        _spare(evidence["spare"], clock),
        _versions(evidence["versions"], checks),
        _last(evidence["last_tickets"], clock),
        _told(evidence["told"], clock),
    ]


def unknown(part: Json, clock: Clock, otherwise: str = "") -> str:
    """As "Unknown since 07:12: no gateway hears it."."""
    since, why = clock(part.get("unknown_since")), str(part.get("why", ""))
    if since:
        return f"Unknown since {since}{f': {why}' if why else ''}."
    return f"Never known: {why}." if why else otherwise or "Never known."


def _lost(part: object) -> bool:
    return not part or (isinstance(part, dict) and "unknown_since" in part)


def _where(evidence: Json, clock: Clock) -> Block:
    where = evidence["where"]
    if "number" not in where:
        said = unknown(where, clock, "Unknown: no fix, and it is bound to no room.")
        return Block("Where", rest=f"{said} {_was(evidence.get('was', {}), clock)}".rstrip())
    lead, href = _place(where)
    floor = f", {where['floor']}" if where.get("floor") else ""
    was = _was(evidence.get("was", {}), clock)
    return Block("Where", lead, f"{floor}. {_sure(where)} {was}".rstrip(), href)


def _place(part: Json) -> tuple[str, str]:
    lead = f"{part.get('number', '')} {part.get('name', '')}".strip()
    return lead, f"/rooms/{part['place_id']}" if "place_id" in part else ""


def _was(was: Json, clock: Clock) -> str:
    """Whether it moved."""
    if "since" in was:
        return f"There since {clock(was['since'])}."
    stays = was.get("stays", ())
    if not stays:
        return ""
    if len(stays) == 1:
        return f"Not moved since {clock(_iso(stays[0]['from']))}."
    told = [f"{stay['number'] or 'nowhere'} from {clock(_iso(stay['from']))}" for stay in stays[-3:]]
    return f"Moved: {', '.join(told)}."


def _iso(ms: float) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def _sure(where: Json) -> str:
    if where.get("how") != "fix":
        return "It stays there."
    age = words.age(timedelta(seconds=where["age_s"])) if "age_s" in where else ""
    sure = where.get("confidence")
    word = word_of(float(sure)) if sure is not None else "unknown"
    return f"Fix: {word}, {age} old." if age else f"Fix: {word}."


def _room(room: Json, clock: Clock) -> Block:
    title = "The room then"
    if _lost(room):
        return Block(title, rest=unknown(room, clock, "Unknown: nothing reported from there."))
    kinds = {"air": room.get("air", room.get("measures")), "light": room.get("light"), "door": room.get("door")}
    told = [_measured(each) for part in kinds.values() if not _lost(part) for each in part or ()]
    lost = [name for name, part in kinds.items() if "air" in room and _lost(part)]
    rest = f", {', '.join(told[1:])}." if len(told) > 1 else "." if told else ""
    if lost:
        rest += f" Never known: {', '.join(lost)}."
    served = room.get("served_by")
    if isinstance(served, list) and served:
        rest += f" Served by {', '.join(served)}."
    elif isinstance(served, dict):
        rest += " Nobody wrote down what serves it."
    return Block(title, told[0] if told else "", rest.strip() if not told else rest)


def _measured(each: Json) -> str:
    metric, value = str(each["metric"]), words.value(each["value"], str(each["metric"]))
    if metric in ("temperature", "co2", "illuminance"):
        return value
    label = {"light_on": "light", "door_open": "door"}.get(metric, words.label(metric).lower())
    return f"{label} {value}"


def _spare(spare: Json, clock: Clock) -> Block:
    title = "Nearest spare"
    if "none" in spare:
        return Block(title, rest=spare["none"])
    if "name" not in spare:
        return Block(title, rest=unknown(spare, clock, "None that can be used is known."))
    at, _ = _place(spare["where"])
    standing = f", {at}. {_sure(spare['where'])}" if at else ", where is unknown."
    metres = spare.get("distance_m")
    if isinstance(metres, int):
        by = BEFORE_LAST.get(str(spare.get("by", "")), "")
        standing += f" {metres} m{f' and {by}' if by else ''} away." if metres else " In the same room."
    reading = spare.get("reading")
    if reading and not _lost(reading):
        standing += f" It is at {words.value(reading['value'], reading['metric'])}."
    return Block(title, spare["name"], standing, f"/assets/{spare['asset_id']}")


def _versions(part: Json, checks: str) -> Block:
    device, asset = part.get("device"), part.get("asset")
    told = []
    if asset and not _lost(asset):
        told.append(" ".join(each for each in (asset["maker"], asset["model"]) if not _lost(each)))
        told.append("" if _lost(asset["serial"]) else f"serial {asset['serial']}")
    if device and not _lost(device):
        told.append(" ".join(["sensor", *(each for each in (device["maker"], device["model"]) if not _lost(each))]))
        told.append("firmware unknown" if _lost(device["firmware"]) else f"firmware {device['firmware']}")
    told = [each for each in told if each]
    rest = f", {', '.join(told[1:])}." if len(told) > 1 else "." if told else "Never known: it is not in the registry."
    lead = told[0] if told else ""
    return Block("Versions and checks" if checks else "Versions", lead, f"{rest} {checks}".rstrip())


def _checks(checks: Json) -> str:
    """Recall, maintenance, calibration, warranty: what is over comes first, what nobody wrote down last."""
    if "recall" in checks and _lost(checks["recall"]):
        return ""
    recall = checks["recall"]
    said = [f"Recalled: {recall['reference']}." if "reference" in recall else "No recall."]
    lost = []
    for name in ("maintenance", "calibration", "warranty"):
        part = checks[name]
        if _lost(part):
            lost.append(name)
            continue
        day = date.fromisoformat(part["until"])
        ended = {"maintenance": "overdue since", "calibration": "ended", "warranty": "ended"}[name]
        holds = {"maintenance": "due", "calibration": "to", "warranty": "to"}[name]
        said.append(f"{name.capitalize()} {ended if part['over'] else holds} {day.day} {day:%b %Y}.")
    if lost:
        said.append(f"Never known: {', '.join(lost)}.")
    return " ".join(said)


def _last(tickets: list[Json] | Json, clock: Clock) -> Block:
    if not isinstance(tickets, list) or not tickets:
        return Block("Last tickets", rest="None before this one.")
    links = tuple(
        Link(each["number"], f"/tickets/{each['number']}", f" {each['title']}, {clock(each['created'])}")
        for each in tickets
    )
    return Block("Last tickets", links=links)


def _by(how: str) -> str:
    return "" if how in ("", "screen") else f" by {how}"


def _told(told: list[Json] | Json, clock: Clock) -> Block:
    if isinstance(told, dict):
        return Block("Who was told", rest=str(told.get("none", "")) or unknown(told, clock))
    said = [f"{each['who']}{_by(str(each.get('how', '')))}, {clock(each['at'])}" for each in told]
    return Block("Who was told", rest=". ".join(said) + "." if said else "Nobody yet.")
