"""Rules as YAML: drafts in, with the line of every fault; rows out.

```yaml
rules:
  - name: Vaccine fridges
    kind: rule.threshold        # the default
    metric: probe_temperature   # and what the kind's Config has
```

A text that is one rule alone, without `rules:`, is taken too.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from collector.errors import ConfigError
from collector.parts import part

PACKAGE = "service_desk.rules"
DEFAULT_KIND = "rule.threshold"
LONGEST_NAME = 120


class Fault(NamedTuple):
    """What is wrong with a field; `line` is 0 where there are no lines."""

    line: int
    field: str
    why: str


class RuleFaults(ConfigError):
    """Rules that cannot be: one `source:line: field: why` a line."""

    def __init__(self, faults: Iterable[Fault], source: str = "") -> None:
        self.faults = list(faults)
        lines = (f"{source}:{fault.line}: " if source and fault.line else "" for fault in self.faults)
        super().__init__(
            "\n".join(f"{line}{fault.field}: {fault.why}" for line, fault in zip(lines, self.faults, strict=True))
        )


class Draft(NamedTuple):
    """A rule as somebody wrote it."""

    name: str
    config: dict[str, Any]
    kind: str = DEFAULT_KIND
    enabled: bool = True


def validated(draft: Draft) -> BaseModel:
    """The draft's typed configuration. Raises RuleFaults (fields only, no lines)."""
    try:
        found = part(draft.kind, [PACKAGE])
    except ConfigError as error:
        raise RuleFaults([Fault(0, "kind", str(error))]) from error
    if not draft.name.strip() or len(draft.name) > LONGEST_NAME or not draft.name.isprintable():
        raise RuleFaults([Fault(0, "name", f"a rule needs a name of at most {LONGEST_NAME} letters, on one line")])
    if found.config is None:
        raise RuleFaults([Fault(0, "kind", f"{draft.kind} is not a rule kind")])
    try:
        return found.config.model_validate(draft.config)
    except ValidationError as error:
        raise RuleFaults(_faults(error, found.config)) from error


def _faults(error: ValidationError, config: type[BaseModel]) -> Iterator[Fault]:
    for problem in error.errors():
        path = [str(step) for step in problem["loc"] if not str(step).startswith(("function-", "list[", "float"))]
        why = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            near = get_close_matches(path[-1], _fields(config, path[:-1]), n=1)
            why = "there is no such field" + (f"; did you mean {near[0]}?" if near else "")
        yield Fault(0, ".".join(path) or "rule", why)


def _fields(config: type[BaseModel], path: Iterable[str]) -> list[str]:
    """The fields that may stand there."""
    for step in path:
        inside = config.model_fields[step].annotation if step in config.model_fields else None
        if not (isinstance(inside, type) and issubclass(inside, BaseModel)):
            return []
        config = inside
    return [field.alias or name for name, field in config.model_fields.items()]


def read(text: str, source: str = "rules.yaml") -> list[Draft]:
    """The drafts of a YAML file, every one valid. Raises RuleFaults with all that is wrong."""
    root, rules = _parsed(text, source)
    drafts: list[Draft] = []
    faults: list[Fault] = []
    for index, entry in enumerate(rules):
        node = _child(_child(root, "rules") or root, index)
        where = f"rules[{index}]"
        if not isinstance(entry, Mapping):
            faults.append(Fault(_line(node), where, "a rule is a mapping with name, metric, …"))
            continue
        config = {str(key): value for key, value in entry.items()}
        kind = str(config.pop("kind", DEFAULT_KIND))
        name, enabled = config.pop("name", ""), config.pop("enabled", True)
        draft = Draft(str(name), config, kind if "." in kind else f"rule.{kind}", enabled is not False)
        if draft.name in {other.name for other in drafts}:
            faults.append(Fault(_line(node, "name"), f"{where}.name", f"{draft.name!r} is there twice"))
        try:
            validated(draft)
        except RuleFaults as error:
            faults += [
                Fault(_line(node, *fault.field.split(".")), f"{where}.{fault.field}", fault.why)
                for fault in error.faults
            ]
        drafts.append(draft)
    if faults:
        raise RuleFaults(faults, source)
    return drafts


def examples(text: str) -> dict[str, Draft]:
    """Of each kind the first of a file. Raises RuleFaults."""
    return {draft.kind: draft for draft in reversed(read(text))}


def _parsed(text: str, source: str) -> tuple[yaml.Node | None, list[Any]]:
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # a few lines of them can say more than fits into memory
                why = f"*{event.anchor}: references are not for rules; write it out"
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise RuleFaults([Fault(line, "yaml", why)], source)
        root, data = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error)
        raise RuleFaults([Fault(mark.line + 1 if mark else 1, "yaml", why)], source) from error
    if isinstance(root, yaml.MappingNode) and {"name", "metric"} & set(data):  # one rule alone
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [root], root.start_mark, root.end_mark), [data]
    rules = data.get("rules") if isinstance(data, Mapping) else data
    if rules is None:
        rules = []
    if not isinstance(rules, list) or (isinstance(data, Mapping) and set(data) - {"rules"}):
        raise RuleFaults([Fault(1, "rules", "the file has one key, rules, with a list of rules")], source)
    return root, rules


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and str(step).isdigit() and int(step) < len(node.value):
        found: yaml.Node = node.value[int(step)]
        return found
    return None


def _line(node: yaml.Node | None, *steps: str) -> int:
    """The line of the deepest step that is there, from 1."""
    line = node.start_mark.line + 1 if node else 1
    for step in steps:
        node = _child(node, step)
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def written(drafts: Iterable[Draft]) -> str:
    """The YAML that `read` reads."""
    return _dumped({"rules": [_entry(draft) for draft in drafts]})


def written_alone(draft: Draft) -> str:
    """One rule alone, as `read` reads it."""
    entry = _entry(draft)
    if draft.kind == DEFAULT_KIND:
        del entry["kind"]
    return _dumped(entry)


def _entry(draft: Draft) -> dict[str, Any]:
    return {"name": draft.name, "kind": draft.kind, **({} if draft.enabled else {"enabled": False}), **draft.config}


def _dumped(data: object) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return text
