"""The first line of a page is its answer: numbers and plurals for it, and addresses that keep a page's filters."""

import re
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request

_SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_NUMBER = re.compile(r"(\b[A-Z]{1,4}-\d+|\b\d+-\d+|\b[\d.,]+–[\d.,]+(?:\u00a0[^\s).]+)?)")


def spelled(count: int) -> str:
    """A count in a sentence: "seven" up to ten, then "1,210"."""
    return _SPELLED[count] if 0 <= count < len(_SPELLED) else f"{count:,}"


def many(count: int, one: str, more: str = "") -> str:
    """A count with its noun: "one alarm", "no alarms"; `more` is the plural when it is not just an s."""
    return f"{spelled(count)} {one if count == 1 else more or one + 's'}"


def start(sentence: str) -> str:
    """With a capital first letter; the rest stays as it is."""
    return sentence[:1].upper() + sentence[1:]


def whole(text: str) -> Markup:
    """The text with numbers ("F-07", "W-2296") and ranges ("2–8 °C") that never break in two."""
    parts = _NUMBER.split(text)
    return Markup("").join(  # every odd part is a number
        Markup('<span class="num">{}</span>').format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def address(request: Request, **changes: object) -> str:
    """The page's own address with some of its query changed; None or "" takes a name out."""
    query = {**request.query_params, **changes}
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path
