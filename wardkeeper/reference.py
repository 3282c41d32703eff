"""The configuration reference, made from the settings: `python -m wardkeeper.reference > docs/configuration.md`."""

import json
import sys
from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from wardkeeper.catalog import LINKS, parts
from wardkeeper.settings import Settings

_HEAD = """# Configuration

One YAML file. `wardkeeper check --config F` names every mistake in it as `path:line: field: why`.
Secrets do not stand in it: write `!file PATH` or `!env NAME`. This page is generated from the settings themselves.

```yaml
{example}```
"""

EXAMPLE = """site: linden
site_name: Linden General
timezone: Europe/Berlin
data: /var/lib/wardkeeper
links:
  ward:
    kind: mqtt
    host: 127.0.0.1
    dialects:
      - kind: mqtt.zigbee2mqtt
      - kind: mqtt.tasmota
        timezone: Europe/Berlin
      - kind: mqtt.espresense
"""


def reference() -> Iterator[str]:
    """The page, in pieces."""
    yield _HEAD.format(example=EXAMPLE)
    yield from _section("The file", Settings)
    for name, field in Settings.model_fields.items():
        section = _model_in(field)
        if section is not None:
            yield from _section(f"`{name}`", section)
    for kind, module in LINKS.items():
        yield from _section(f"kind `{kind}`", module.Config, (module.__doc__ or "").partition("\n")[0])
    for part in parts():
        if part.config is not None and part.config.model_fields:
            yield from _section(f"kind `{part.name}`", part.config, part.title)


def _section(title: str, model: type[BaseModel], words: str = "") -> Iterator[str]:
    yield f"\n## {title}\n\n"
    if words:
        yield f"{words}\n\n"
    yield "| field | default | meaning |\n|---|---|---|\n"
    for name, field in model.model_fields.items():
        yield f"| `{field.alias or name}` | {_default(field)} | {field.description or ''} |\n"
    for name, field in model.model_fields.items():
        inner = _model_in(field)
        if inner is not None and model is not Settings:
            yield from _section(f"`{name}` of {title}", inner)


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(required)"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None or isinstance(value, (BaseModel, SecretStr)):
        return ""
    return f"`{json.dumps(value, default=str, ensure_ascii=False)}`"


def main() -> None:
    """Print the page."""
    sys.stdout.write("".join(reference()))


if __name__ == "__main__":
    main()
