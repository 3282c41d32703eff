"""YAML with line numbers, and secrets from files (`!file PATH`) or the environment (`!env NAME`)."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

Loc = tuple[str | int, ...]


class YamlProblem(Exception):
    """Something wrong with the text itself, at `line` (from 1) and `loc`."""

    def __init__(self, why: str, line: int, loc: Loc = ()) -> None:
        """`why` is for a person."""
        super().__init__(why)
        self.line = line
        self.loc = loc


def read(text: str, environment: Mapping[str, str]) -> tuple[Any, dict[Loc, int]]:
    """The document and the line of every field in it. Raises YamlProblem; nothing but plain YAML types is built."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(error.problem or "not YAML", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise YamlProblem(f"not YAML: {error}", 1) from error
    lines: dict[Loc, int] = {(): 1}
    return (_build(root, (), lines, environment) if root is not None else {}), lines


def secret_files(text: str) -> list[Path]:
    """The files that a document names by `!file`, in its order."""
    tokens = list(yaml.scan(text, Loader=yaml.SafeLoader))
    named = [after for tag, after in pairwise(tokens) if isinstance(tag, yaml.TagToken) and tag.value == ("!", "file")]
    return [Path(token.value) for token in named if isinstance(token, yaml.ScalarToken)]


def _build(node: yaml.Node, loc: Loc, lines: dict[Loc, int], environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - YAML holds anything
    lines.setdefault(loc, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, loc, lines, environment)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*loc, index), lines, environment) for index, child in enumerate(node.value)]
    if node.tag in {"!file", "!env"}:
        return _secret(node, loc, environment)
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        why = f"cannot be read as {node.tag}; secrets are !file PATH or !env NAME"
        raise YamlProblem(why, node.start_mark.line + 1, loc) from error


def _mapping(node: yaml.MappingNode, loc: Loc, lines: dict[Loc, int], environment: Mapping[str, str]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in built:
            raise YamlProblem("given twice", line, (*loc, key))
        lines[*loc, key] = line
        built[key] = _build(value_node, (*loc, key), lines, environment)
    return built


def _secret(node: yaml.Node, loc: Loc, environment: Mapping[str, str]) -> SecretStr:
    line, name = node.start_mark.line + 1, str(node.value)
    if node.tag == "!env":
        if name not in environment:
            raise YamlProblem(f"the environment variable {name} is not set", line, loc)
        return SecretStr(environment[name])
    try:
        return SecretStr(Path(name).read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise YamlProblem(f"the secret file {name} cannot be read: {error}", line, loc) from error
