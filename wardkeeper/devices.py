"""The list of devices, made from the parts: `python -m wardkeeper.devices > docs/devices.md`."""

import sys
from collections.abc import Iterator
from itertools import groupby

from dashboards.connectable import WAYS, Connectable
from wardkeeper import catalog

_HEAD = """# Devices

What Wardkeeper understands, by how it is connected: {count} entries of {makers} makers. *Proven* means tested with
bytes that were captured from such a device or published; *unproven*, built from the document alone: try one before you
rely on it. What is not listed may still be understood: whatever follows one of the MQTT conventions is.
`wardkeeper kinds --devices` prints the same, `/connect` shows it with what to write into the settings file. This page
is generated from the parts themselves.
"""


def reference() -> Iterator[str]:
    """The page, in pieces."""
    devices = catalog.devices()
    yield _HEAD.format(count=len(devices), makers=len({one.maker for one in devices}))
    for family, (way, sentence) in WAYS.items():
        rows = [one for one in devices if one.family == family]
        yield f"\n## {way}\n\n{sentence}\n\n| maker | model | measures | part | proof |\n|---|---|---|---|---|\n"
        yield from (f"{_row(one)}\n" for one in rows)
    yield "\n## Documents\n\n| part | document |\n|---|---|\n"
    by_part = sorted({(one.part, one.document) for one in devices})
    yield from (f"| `{part}` | {_plain(document)} |\n" for part, document in by_part)


def listed(word: str) -> Iterator[str]:
    """A line for each device that has every word of `word`; the makers as heads."""
    found = [one for one in catalog.devices() if one.has(word)]
    for maker, devices in groupby(found, key=lambda one: one.maker):
        yield maker
        for one in devices:
            yield f"  {one.model}  {one.part}  {', '.join(one.measures)}  {one.proof}"
            if one.caution:
                yield f"    {one.caution}"


def _row(one: Connectable) -> str:
    cells = (one.maker, one.model, " ".join(filter(None, (one.measured, one.caution))), f"`{one.part}`", one.proof)
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").rstrip()


if __name__ == "__main__":
    sys.stdout.writelines(reference())
