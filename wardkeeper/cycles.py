"""Python stops to look for cycles of objects after every 700 new ones; a batch makes thousands, and no cycle."""

import gc

_OBJECTS, _YOUNG, _OLD = 20_000, 20, 50


def look_rarely() -> None:
    """From now on look more rarely, and until the end not at what is there now: modules, routes, parts."""
    gc.freeze()
    gc.set_threshold(_OBJECTS, _YOUNG, _OLD)
