"""The alarm performance page in words: every figure beside what it should be, and who says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Literal

from fastapi import Depends, Query
from markupsafe import Markup, escape

from dashboards import words
from dashboards.context import Context
from dashboards.sentences import many, start
from service_desk.alarms.performance import (
    CHATTERS,
    FLOOD_BEGINS,
    SLOT,
    TARGET,
    Performance,
    Wanted,
    performance,
)

STANDARD = "ISA-18.2, 16.5"
BOTH = "ISA-18.2, 16.5; EEMUA 191"
FEW = 30
"""Of fewer alarms a share says nothing; it is shown and not judged."""
COLUMNS = 144
HEIGHT = 96
Days = Literal["1", "7", "30"]


@dataclass(frozen=True)
class Asked:
    """What the address asks for; `building` is a place's id."""

    days: Days
    building: int | None
    department: str


def asked(
    days: Days = "1",
    building: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    department: Annotated[str, Query(max_length=80)] = "",
) -> Asked:
    """The filters of the address."""
    return Asked(days, building, department)


Filters = Annotated[Asked, Depends(asked)]


def figures_of(here: Context, filters: Asked) -> tuple[Performance, Wanted]:
    """The figures up to now, and what exactly was asked."""
    end = here.clock.now() + timedelta(milliseconds=1)
    wanted = Wanted(
        start=_slot(end) - timedelta(days=int(filters.days)) + SLOT,
        end=end,
        operators=here.operators,
        place_id=filters.building,
        department=filters.department,
    )
    with here.database.read() as session:
        return performance(session, wanted), wanted


def _slot(moment: datetime) -> datetime:
    """The beginning of the ten minutes it lies in."""
    return moment.replace(minute=moment.minute - moment.minute % 10, second=0, microsecond=0)


@dataclass(frozen=True)
class Measure:
    """One line: what, how it is, how it should be (with who says so), and whether it is; None: nothing to compare."""

    name: str
    value: str
    target: str
    source: str
    good: bool | None


def percent(share: float) -> str:
    """A share like "64 %", "5 %", "0.4 %"."""
    return f"{words.number(round(100 * share, 0 if share >= 0.1 else 1))} %"


def answer(figures: Performance) -> str:
    """The first line."""
    if not figures.alarms:
        return "No alarm spoke"
    rate = words.number(figures.average, 1 if figures.average >= 0.1 else 2)
    floods = many(len(figures.floods), "flood") if figures.floods else "no flood"
    return start(f"{many(figures.alarms, 'alarm')}, {rate} in ten minutes, {floods}")


def measures(figures: Performance) -> list[Measure]:
    """In the order of what hurts."""
    return [*_rates(figures), *_nuisances(figures), *_priorities(figures), *_people(figures)]


def _rates(figures: Performance) -> list[Measure]:
    return [
        Measure(
            "Alarms in 10 min for one operator",
            words.number(figures.average, 2),
            "about 1, at most 2",
            BOTH,
            figures.average <= 2,
        ),
        Measure(
            "Most in 10 min for one operator",
            f"{figures.peak:,}",
            "at most 10",
            BOTH,
            figures.peak <= FLOOD_BEGINS,
        ),
        Measure("10 min with more than 10", percent(figures.over), "less than 1 %", STANDARD, figures.over < 0.01),
        Measure("Time in a flood", percent(figures.flooded), "less than 1 %", STANDARD, figures.flooded < 0.01),
    ]


def _nuisances(figures: Performance) -> list[Measure]:
    return [
        Measure(
            "Share of the ten worst",
            percent(figures.worst_share) if figures.alarms else "–",
            "less than 1 %, at most 5 %",
            STANDARD,
            figures.worst_share <= 0.05 if figures.alarms >= FEW else None,
        ),
        Measure("Chattering", f"{figures.chattering:,}", "none", STANDARD, not figures.chattering),
        Measure("Fleeting, over within a minute", f"{figures.fleeting:,}", "none", STANDARD, not figures.fleeting),
        Measure(
            "Standing for a day", f"{len(figures.standing):,}", "fewer than 5", STANDARD, len(figures.standing) < 5
        ),
    ]


def _priorities(figures: Performance) -> list[Measure]:
    if not figures.alarms:
        return []
    shares = {name: count / figures.alarms for name, count in figures.priorities.items()}
    good = {"high": shares["high"] <= 2 * TARGET["high"], "medium": shares["medium"] <= 2 * TARGET["medium"]}
    judged = figures.alarms >= FEW
    return [
        Measure(
            f"Of {name} priority",
            percent(shares[name]),
            f"about {percent(TARGET[name])}",
            BOTH,
            good.get(name) if judged else None,
        )
        for name in ("high", "medium", "low")
    ]


def _people(figures: Performance) -> list[Measure]:
    def span(seconds: float | None) -> str:
        return "–" if seconds is None else words.age(timedelta(seconds=seconds))

    silences = "none"
    if figures.silences:
        rate = 1000 * figures.brief_silences / figures.device_days if figures.device_days else 0.0
        silences = f"{figures.brief_silences:,} of {figures.silences:,}, {words.number(rate, 2)} in 1,000 device-days"
    tickets = many(figures.tickets, "ticket")
    acted = f"{percent(figures.acted / figures.tickets)} of {tickets}" if figures.tickets else "–"
    return [
        Measure("Until somebody answers, half of them", span(figures.median_s), "", "", None),
        Measure("Until somebody answers, 95 %", span(figures.p95_s), "", "", None),
        Measure("Nobody answered", f"{figures.unanswered:,}", "", "", None),
        Measure(
            "Led to an action of a person",
            acted,
            "at least 80 %",
            "Wardkeeper",
            figures.acted >= 0.8 * figures.tickets if figures.tickets else None,
        ),
        Measure("Silences over before an answer", silences, "at most 1 in 1,000 device-days", "Wardkeeper", None),
    ]


def chart(figures: Performance, operators: int, begin: datetime, zone: tzinfo) -> Markup:
    """The most in ten minutes, a column for as long as fits, with the line that begins a flood."""
    each = max(1, -(-len(figures.slots) // COLUMNS))
    tops = [max(figures.slots[at : at + each]) for at in range(0, len(figures.slots), each)]
    limit = FLOOD_BEGINS * operators
    top = max(*tops, limit) * 1.3
    share = 100 / len(tops)
    drawn = "".join(_column(index * share, share, count, top, flood=count > limit) for index, count in enumerate(tops))
    line = HEIGHT * (1 - limit / top)
    said = f"The most alarms in ten minutes: {max(figures.slots)}; more than {limit} begin a flood"
    return Markup(  # noqa: S704 - numbers, and what is escaped
        f'<svg class="chart" width="100%" height="{HEIGHT + 18}" role="img" aria-label="{escape(said)}">'
        f'<path class="g" d="M0 {HEIGHT}H4000"/>{drawn}<path class="lim" d="M0 {line:.1f}H4000"/>'
        f'<text x="0" y="{line - 5:.1f}">more than {limit} begin a flood</text>'
        f"{_labels(figures.slots, begin, zone)}</svg>"
    )


def _column(x: float, share: float, count: int, top: float, *, flood: bool) -> str:
    if not count:
        return ""
    high = max(2.0, HEIGHT * count / top)
    shade = "bar flood" if flood else "bar"
    where = f'x="{x + share * 0.1:.2f}%" y="{HEIGHT - high:.1f}" width="{share * 0.8:.2f}%" height="{high:.1f}"'
    return f'<rect class="{shade}" {where}/>'


def _labels(slots: Sequence[int], begin: datetime, zone: tzinfo) -> str:
    span = len(slots) * SLOT
    form = "%H:%M" if span <= timedelta(days=1) else "%a %-d" if span <= timedelta(days=8) else "%-d %b"
    texts = []
    for index, anchor in enumerate(("start", "middle", "middle", "middle", "end")):
        moment = (begin + span * index / 4).astimezone(zone)
        word = "now" if index == 4 else f"{moment:{form}}"
        texts.append(f'<text x="{25 * index}%" y="{HEIGHT + 14}" text-anchor="{anchor}">{escape(word)}</text>')
    return "".join(texts)


CHATTERING = f"spoke {CHATTERS} times within a minute"
