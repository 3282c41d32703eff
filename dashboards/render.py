"""Templates: one environment for each application, and `page()`, which every screen ends with.

A template is given, besides what its page passes:
`request`, `person` (who is signed in, or None), `roles`, `csrf`, `site`, `version`, `now`, `active` (the first part of
the path: "alarms"), `counts` (incidents {"high", "medium", "low"}), `live_version` (where the live feed goes on);
functions `icon(name)` (inline SVG, hidden from screen readers), `static_url(name)`, `range_words(low, high)`,
`extra(place, request)` (`Context.extras`);
filters `age` ("9 min", of a moment), `ago` ("9 min ago"), `ms` (epoch milliseconds), `local` ("07:42 CET"), `exact`
(for titles), `value` ("24.6 °C", of a reading, or of a value with its metric), `number`, `label`, `unit`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lucide.jinja import lucide
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboards import sentences, words
from dashboards.access import identify
from dashboards.api.models import iso
from dashboards.context import Context
from dashboards.files import StampedFiles
from service_desk.alarms import queries
from service_desk.rulebook import PRIORITIES

TEMPLATES = Path(__file__).parent / "templates"


@lru_cache(maxsize=256)
def icon(name: str, size: int = 20, **attributes: str) -> Markup:
    """A lucide icon as inline SVG in the text's color, hidden from screen readers: a word stands beside it."""
    # one 4 kB element per icon and form: a cache that never needs emptying
    return Markup(lucide(name, size=size, aria_hidden="true", focusable="false", **{"class": "ic", **attributes}))  # noqa: S704 - the wheel's own SVG


@dataclass
class Templates:
    """The Jinja environment of one application."""

    context: Context
    files: StampedFiles

    def __post_init__(self) -> None:
        here = self.context
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(
            icon=icon,
            static_url=self.files.url,
            range_words=words.range_words,
            extra=self._extra,
            site=here.site,
            version=here.version,
            zone=str(here.zone),
        )
        self.environment.filters.update(
            age=lambda moment: words.age(None if moment is None else here.clock.now() - moment),
            ago=self._ago,
            span=words.age,
            iso=iso,
            local=lambda moment: words.local(moment, here.zone, here.clock.now()),
            exact=lambda moment: words.exact(moment, here.zone),
            ms=lambda moment: int(moment.timestamp() * 1000),
            value=words.value,
            number=words.number,
            label=words.label,
            unit=words.unit,
            whole=sentences.whole,
        )

    def _extra(self, place: str, request: Request) -> Markup:
        added = self.context.extras.get(place)
        return Markup(added(request)) if added else Markup()  # noqa: S704 - it rendered its own template

    def _ago(self, moment: datetime | None) -> str:
        if moment is None:
            return "never"
        return f"{words.age(self.context.clock.now() - moment)} ago"

    def frame(self, request: Request) -> dict[str, Any]:
        """What the frame around every page shows."""
        person = identify(request)
        now = self.context.clock.now()
        counts = dict.fromkeys(PRIORITIES, 0)
        if person is not None:
            with self.context.database.read() as session:
                counts = queries.counts(session, now).incidents
        return {
            "request": request,
            "person": person,
            "roles": person.roles if person else frozenset(),
            "csrf": request.state.csrf,
            "live_version": self.context.latest.version,
            "counts": counts,
            "now": now,
            "active": request.url.path.strip("/").partition("/")[0],
        }

    def text(self, name: str, request: Request, /, **values: object) -> str:
        """The rendered template inside its frame."""
        return self.environment.get_template(name).render({**self.frame(request), **values})


def page(request: Request, name: str, /, *, status: int = 200, **values: object) -> Response:
    """Answer with a template. It asks the database for the frame: pages are plain functions, not coroutines."""
    templates: Templates = request.app.state.templates
    return HTMLResponse(templates.text(name, request, **values), status)
