"""What a person means who types an asset or a room: "P-117", "Pump 117", "4.12", or what a list offered."""

from asset_registry.bindings import Target
from asset_registry.snapshot import Snapshot
from dashboards.problems import Wrong


def target_of(known: Snapshot, text: str) -> Target:
    """The asset or room that a person means: by its number, or by a name that only one has. Raises Wrong."""
    wanted = " ".join(text.split()).casefold()
    named: list[tuple[str, str, Target]] = [
        *((asset.number, asset.name, Target(asset_id=asset.id)) for asset in known.assets.values()),
        *((room.number, room.name, Target(place_id=room.id)) for room in known.rooms),
    ]
    exact = [target for number, name, target in named if wanted in _spellings(number, name)]
    found = exact or [target for _, name, target in named if wanted and wanted == name.casefold()]
    if len(found) == 1:
        return found[0]
    if not wanted:
        raise Wrong("to", "Say which asset or room it belongs to.")
    why = "More than one is" if found else "No asset or room is"
    raise Wrong("to", f"{why} called {text.strip()[:80]}. Take one from the list, or make a new asset.")


def _spellings(number: str, name: str) -> tuple[str, str]:
    return number.casefold(), f"{number} {name}".strip().casefold()
