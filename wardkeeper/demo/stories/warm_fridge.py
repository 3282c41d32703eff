"""The compressor of a vaccine fridge stops; the buffered probe passes 8 °C within a minute and a half.

A real fridge takes an hour. After six minutes someone puts the plug back, and it cools down again.
"""

from collections.abc import Sequence

from wardkeeper.demo.signals import Values, ramp

TITLE = "Fridge {target} stops cooling"
LENGTH = 600.0
TARGETS: Sequence[str] = ("F-07", "F-05", "F-03")

_REPAIRED = 360


def says(target: str, topic: str, second: float) -> Values:
    """0 W at the plug, and the probe's climb and return."""
    if topic == f"plug-{target.lower()}":
        return {"Power": 0 if second < _REPAIRED else 71}
    if topic == f"fridge/{target}":
        line = ramp(second, (0, 5.2), (75, 8.4), (240, 9.6), (_REPAIRED, 10.1), (540, 6.0), (600, 5.0))
        return {"probe_temperature": round(line, 1)}
    return {}
