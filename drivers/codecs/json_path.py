"""Where a value stands in JSON: `climate.probes[0].t`, `["a name with . in it"]`, `.` for the whole.

Document: RFC 9535 (JSONPath), its names and indices without the leading `$`; nothing that selects more than one value.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

from collector.errors import BadFrame

Steps = tuple[str | int, ...]

WHOLE = "."

_NAME, _BRACKETS = r"""([^.\[\]"']+)""", r"""\[(-?\d{1,6})\]|\[(?:"([^"]*)"|'([^']*)')\]"""
_FIRST, _STEP = re.compile(f"{_NAME}|{_BRACKETS}"), re.compile(rf"\.{_NAME}|{_BRACKETS}")
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


def steps(path: str) -> Steps:
    """The names and indices on the way. Raises ValueError."""
    if path == WHOLE:
        return ()
    way: list[str | int] = []
    at = 0
    while at < len(path) or not way:
        step = (_STEP if way else _FIRST).match(path, at)
        if step is None:
            raise ValueError(f"{path!r} is no path from {path[at:]!r} on; write a.b[0] or ['a.b'], . for the whole")
        name, index, *quoted = step.groups()
        way.append(int(index) if index else name or next(one for one in quoted if one is not None))
        at = step.end()
    return tuple(way)


def _valid(path: str) -> str:
    steps(path)
    return path


JsonPath = Annotated[str, AfterValidator(_valid)]
"""A path, as settings write it."""


def found(value: object, way: Steps) -> object:
    """What stands there; None where nothing does. Raises BadFrame where something else stands on the way."""
    for number, step in enumerate(way):
        if value is None:
            return None
        if not isinstance(value, list if isinstance(step, int) else dict):
            wanted = "a list" if isinstance(step, int) else "an object"
            raise BadFrame(f"{written(way[:number])} is {kind_of(value)}, not {wanted}")
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if -len(value) <= step < len(value) else None
    return value


def written(way: Steps) -> str:
    """The path of `way`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in way)
    return text.removeprefix(".") if way else "the payload"


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    return _KINDS.get(type(value), "null")
