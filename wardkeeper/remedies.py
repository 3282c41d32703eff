"""What doctor can find and what to do, made from its topics: `python -m wardkeeper.remedies > docs/doctor.md`."""

import re
import sys
from collections.abc import Iterator

from wardkeeper.checkup import STUMBLED, Trouble, topics, troubles

_HEAD = """# When something is wrong

```
wardkeeper doctor --config wardkeeper.yaml
```

looks for the usual mistakes of an installation, one line each: `✓` as it should be, `▲` something to do, with what, and
`○` not looked at, with why. It changes nothing, tells no secret, and may run beside `wardkeeper serve`; run it as the
same user. `wardkeeper doctor mqtt clock …` looks only there, `--gentle` puts no load on a broker or a disk, `--json` is
for programs (`{"well": …, "findings": [{"topic", "state", "name", "where", "what", "do"}, …]}`; the names are those
below). Exit code 0: nothing found; 1: something found; 2: the settings file has mistakes.

How each link is while Wardkeeper runs, and what to do about it, stands on the page **Inputs**.
This page is generated from the checks themselves.
"""
_FIELD = re.compile(r"\{(\w+)\}")


def remedies() -> Iterator[str]:
    """The page, in pieces."""
    yield _HEAD
    for name, topic in topics().items():
        title, _, more = (topic.__doc__ or "").strip().partition("\n\n")
        yield f"\n## {name}\n\n{_flat(title)}\n"
        if more:
            yield f"\n{_flat(more)}\n"
        yield from _table(troubles(topic))
    yield "\n## Any topic\n"
    yield from _table([STUMBLED])


def _table(found: list[Trouble]) -> Iterator[str]:
    yield "\n| name | what it means | what to do |\n|---|---|---|\n"
    for each in found:
        yield f"| `{each.name}` | {each.means} | {_FIELD.sub(lambda field: field.group(1).upper(), each.do)} |\n"


def _flat(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """Print the page."""
    sys.stdout.write("".join(remedies()))


if __name__ == "__main__":
    main()
