"""Conditions over several metrics: `temperature > 26 and humidity > 65 and not running`.

Numbers, true, false, texts in quotes, names of metrics, + - * /, comparisons, and, or, not, min(), max(), abs(): read
by Python's own parser, and nothing else of Python is taken.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import Any

from collector.metrics import METRICS
from collector.reading import Value
from service_desk.rule_terms import judgeable

LONGEST = 500
MOST_METRICS = 12

Values = Mapping[str, Value]
_Node = tuple[type, Callable[[Values], Any]]
"""The kind of what it gives, and how it is worked out."""

_SUMS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
}
_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: lt,
    ast.LtE: le,
    ast.Gt: gt,
    ast.GtE: ge,
    ast.Eq: eq,
    ast.NotEq: ne,
}
_CALLS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs}
_WORDS = {"true": True, "false": False}
_GRAMMAR = "a condition has metrics, numbers, + - * /, comparisons, and, or, not, min(), max(), abs()"
_KINDS = {float: "a number", bool: "true or false", str: "a text"}


class Expression:
    """A condition. Raises ValueError that says what is wrong and at which character."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if len(self.text) > LONGEST:
            raise ValueError(f"longer than {LONGEST} characters")
        try:
            tree = ast.parse(self.text, mode="eval")
        except SyntaxError as error:
            raise ValueError(
                f"at character {error.offset or len(self.text) + 1}: this is no condition ({error.msg})"
            ) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise ValueError("this is no condition") from error
        kind, self._holds = _read(tree.body)
        self.metrics = tuple(dict.fromkeys(_metrics(tree)))
        if kind is not bool:
            raise ValueError(f"it gives {_KINDS[kind]}; a condition compares: {self.text} > 5")
        if not 0 < len(self.metrics) <= MOST_METRICS:
            raise ValueError(f"it names no metric, or more than {MOST_METRICS}")

    def holds(self, values: Values) -> bool | None:
        """Whether it does; None when a value is missing, or it divides by nothing."""
        try:
            return bool(self._holds(values))
        except (KeyError, ZeroDivisionError, OverflowError):
            return None


def _metrics(tree: ast.AST) -> Iterator[str]:
    """In the order in which they are written."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in METRICS]
    for node in sorted(names, key=lambda node: (node.lineno, node.col_offset)):
        yield node.id


def _wrong(node: ast.AST, why: str) -> ValueError:
    return ValueError(f"at character {getattr(node, 'col_offset', 0) + 1}: {why}")


def _read(node: ast.AST) -> _Node:
    reader = _READERS.get(type(node))
    if reader is None:
        raise _wrong(node, _GRAMMAR)
    return reader(node)


def _of(node: ast.AST, kind: type) -> Callable[[Values], Any]:
    found, work = _read(node)
    if found is not kind:
        raise _wrong(node, f"{ast.unparse(node)} is {_KINDS[found]}; here stands {_KINDS[kind]}")
    return work


def _constant(node: ast.Constant) -> _Node:
    value = node.value
    if isinstance(value, bool | str):
        return type(value), lambda _values: value
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError as error:
            raise _wrong(node, "the number is too large") from error
        return float, lambda _values: number
    raise _wrong(node, f"{value!r} is no number and no text")


def _sign(node: ast.UnaryOp) -> _Node:
    if isinstance(node.op, ast.Not):
        of = _of(node.operand, bool)
        return bool, lambda values: not of(values)
    if isinstance(node.op, ast.USub):
        number = _of(node.operand, float)
        return float, lambda values: -number(values)
    raise _wrong(node, _GRAMMAR)


def _sum(node: ast.BinOp) -> _Node:
    combine = _SUMS.get(type(node.op))
    if combine is None:
        raise _wrong(node, _GRAMMAR)
    one, other = _of(node.left, float), _of(node.right, float)
    return float, lambda values: combine(one(values), other(values))


def _join(node: ast.BoolOp) -> _Node:
    """Every part is asked, so that a missing value makes no verdict wherever it stands."""
    parts, join = [_of(part, bool) for part in node.values], all if isinstance(node.op, ast.And) else any
    return bool, lambda values: join([part(values) for part in parts])


def _name(node: ast.Name) -> _Node:
    name = node.id
    if name in _WORDS:
        return bool, lambda _values: _WORDS[name]
    if name in _CALLS:
        raise _wrong(node, f"{name} needs its values: {name}(…)")
    try:
        judgeable(name)
    except ValueError as error:
        near = get_close_matches(name, (*METRICS, *_WORDS), n=1)
        known = name in METRICS or not near
        raise _wrong(node, str(error) if known else f"{name!r} is not a metric; did you mean {near[0]}?") from error
    return METRICS[name].kind, lambda values: values[name]


def _comparison(node: ast.Compare) -> _Node:
    sides = [node.left, *node.comparators]
    kinds, works = zip(*(_read(side) for side in sides), strict=True)
    steps = []
    for number, op in enumerate(node.ops):
        if type(op) not in _ORDERS:
            raise _wrong(sides[number + 1], "compare with < <= > >= == !=")
        if kinds[number] is not kinds[number + 1]:
            raise _wrong(sides[number + 1], f"{_KINDS[kinds[number]]} is compared with {_KINDS[kinds[number + 1]]}")
        if kinds[number] is not float and not isinstance(op, ast.Eq | ast.NotEq):
            raise _wrong(sides[number], f"{_KINDS[kinds[number]]} is compared with == or !=")
        steps.append((works[number], _ORDERS[type(op)], works[number + 1]))
    return bool, lambda values: False not in [test(one(values), other(values)) for one, test, other in steps]


def _call(node: ast.Call) -> _Node:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _CALLS or node.keywords:
        raise _wrong(node, "there are min(), max() and abs()")
    if (len(node.args) != 1) if name == "abs" else (len(node.args) < 2):
        raise _wrong(node, f"{name}() takes {'one value' if name == 'abs' else 'two values or more'}")
    parts, call = [_of(part, float) for part in node.args], _CALLS[name]
    return float, lambda values: call(*[part(values) for part in parts])


_READERS: dict[type[ast.AST], Callable[[Any], _Node]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.UnaryOp: _sign,
    ast.BinOp: _sum,
    ast.BoolOp: _join,
    ast.Compare: _comparison,
    ast.Call: _call,
}
