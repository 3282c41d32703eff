"""What foreign systems are told, in words: plain text and HTML of the same blocks, and the chart."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from collector.metrics import METRICS
from service_desk import words
from service_desk.incidents import sentences
from service_desk.ports import IncidentNews
from service_desk.remote.chart import svg
from service_desk.remote.ports import Attachment
from service_desk.surroundings import Surroundings

Json = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """A heading, "" for none, and its lines."""

    heading: str
    lines: tuple[str, ...]


def as_text(blocks: list[Block]) -> str:
    """Plain text."""
    return "\n\n".join("\n".join(([block.heading] if block.heading else []) + list(block.lines)) for block in blocks)


def as_html(blocks: list[Block]) -> str:
    """Paragraphs and lists; nothing of it is markup of others."""
    parts = []
    for block in blocks:
        if block.heading:
            lines = "".join(f"<li>{escape(line)}</li>" for line in block.lines)
            parts.append(f"<p><b>{escape(block.heading)}</b></p><ul>{lines}</ul>")
        else:
            parts.append(f"<p>{'<br>'.join(map(escape, block.lines))}</p>")
    return "".join(parts)


def marked(text: str, mark: str) -> str:
    """A note's text with what it is recognised by."""
    return f"{text}\n\n[{mark}]"


def opening(incident: IncidentNews, evidence: Json | None, around: Surroundings) -> list[Block]:
    """What is wrong, and what was known then."""
    blocks = [Block("", (sentences.opening(incident) or incident.title,))]
    blocks += evidence_blocks(evidence, around.zone) if evidence else []
    source = f"Opened by Wardkeeper{f' at {around.site}' if around.site else ''}."
    return [*blocks, Block("", (source, *([f"{around.url.rstrip('/')}/alarms"] if around.url else [])))]


def joined(incident: IncidentNews) -> str:
    """What has the same cause."""
    return f"Has the same cause: {sentences.joined(incident)}"


def back_again(incident: IncidentNews) -> str:
    """It came back."""
    return f"It came back. {sentences.opening(incident)}"


def merged(title: str, number: str = "") -> str:
    """Another incident is the cause; `number` is its ticket's."""
    return f"This is a consequence of {f'ticket {number}, ' if number else ''}{title}."


def chart(evidence: Json, mark: str, zone: tzinfo) -> Attachment | None:
    """The readings as a drawing, when there are any."""
    drawn = svg(evidence, zone)
    return Attachment(f"chart-{mark}.svg", "image/svg+xml", drawn.encode()) if drawn else None


# ---------------------------------------------------------------- the evidence


_HEADINGS = {
    "where": "Where it is",
    "was": "Where it was",
    "room": "The room then",
    "spare": "Nearest usable spare",
    "versions": "Make and version",
    "checks": "Recall, maintenance, calibration, warranty",
    "last_tickets": "Last tickets",
    "told": "Who was told",
}
_HOW = {"bound": " (it belongs there)", "fix": " (located there)"}
_PLACE = ("number", "name", "floor")
_CHARTED = ("v", "frozen_at", "metric", "subject", "unit", "low", "high", "normal", "points", "chart", "lanes")


def evidence_blocks(evidence: Json, zone: tzinfo) -> list[Block]:
    """Everything that is frozen, also what a later version of it has that this one does not know."""
    at = _time(evidence.get("frozen_at"), zone)
    known = [Block(f"As known at {at}", tuple(_readings(evidence, zone)))]
    rest = [key for key in evidence if key not in _CHARTED]
    order = sorted(rest, key=lambda key: list(_HEADINGS).index(key) if key in _HEADINGS else len(_HEADINGS))
    return known + [Block(_HEADINGS.get(key, _label(key)), tuple(_lines(evidence[key], zone))) for key in order]


def _readings(evidence: Json, zone: tzinfo) -> list[str]:
    points = evidence.get("points") or []
    limits = evidence.get("normal") or words.limits_words(evidence["metric"], evidence.get("low"), evidence.get("high"))
    lines = [f"Measured by: {evidence.get('subject') or 'unknown'}"]
    if limits:
        lines.append(f"Normal: {limits}")
    if points:
        ms, value, _ = points[-1]
        newest = datetime.fromtimestamp(ms / 1000, zone)
        lines.append(f"Newest: {words.value_words(evidence['metric'], value)} at {newest:%H:%M}")
    return lines


def _lines(value: Any, zone: tzinfo) -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_line(each, zone) for each in value] or ["none"]
    if isinstance(value, dict) and "unknown_since" not in value and not _flat(value):
        return [
            f"{_label(key)}: {_line(each, zone)}"
            for key, each in value.items()
            if each not in (None, "", []) and not key.endswith("_id")
        ]
    return [_line(value, zone)]


def _flat(value: Json) -> bool:
    return not any(isinstance(each, dict | list) for each in value.values())


def _line(value: Any, zone: tzinfo) -> str:  # noqa: ANN401 - JSON
    """One thing in one line."""
    if isinstance(value, list):
        return ", ".join(_line(each, zone) for each in value) or "none"
    if not isinstance(value, dict):
        return _plain(value, zone)
    return _known(value, zone) or ", ".join(
        f"{_label(key)}{':' if isinstance(each, dict | list) else ''} {_line(each, zone)}"
        for key, each in value.items()
        if each not in (None, "", []) and not key.endswith("_id")
    )


def _known(value: Json, zone: tzinfo) -> str:
    """What has a form of its own: the unknown, nothing at all, a reading, a place."""
    if "unknown_since" in value:
        since, why = value["unknown_since"], value.get("why")
        return f"unknown{f' since {_time(since, zone)}' if since else ''}{f': {why}' if why else ''}"
    if set(value) == {"none"}:
        return str(value["none"])
    if "metric" in value and "value" in value:
        known = METRICS.get(value["metric"])
        at = f" at {_time(value['at'], zone)}" if value.get("at") else ""
        name = known.label if known else _label(value["metric"])
        return f"{name} {words.value_words(value['metric'], value['value'])}{at}"
    if "number" in value and "floor" in value:
        rest = {key: each for key, each in value.items() if key not in (*_PLACE, "place_id", "how", "word")}
        named = " ".join(part for part in (value["number"], value.get("name")) if part)
        place = ", ".join(part for part in (named, value["floor"]) if part)
        return f"{place}{_HOW.get(value.get('how', ''), '')}" + (f", {_line(rest, zone)}" if rest else "")
    return ""


def _plain(value: Any, zone: tzinfo) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    text = "unknown" if value is None else str(value)
    return _time(text, zone) if len(text) >= 19 and text[4:5] == "-" and text[10:11] == "T" else text


def _label(key: str) -> str:
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def _time(value: object, zone: tzinfo) -> str:
    try:
        at = datetime.fromisoformat(str(value)).astimezone(zone)
    except ValueError:
        return str(value)
    name = zone.key if isinstance(zone, ZoneInfo) else at.tzname() or ""
    return f"{at:%Y-%m-%d %H:%M} {name}"
