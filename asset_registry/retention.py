"""How long points are kept: by the family of the metric, by the category of the asset, and for ever under a hold."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import msgspec

from asset_registry.snapshot import Snapshot
from collector.metrics import family_of


class Terms(msgspec.Struct, frozen=True):
    """Days; 0 is for ever. `families` by name, `classes` by an asset's category; `hold` names devices and assets."""

    days: int = 0
    rollup_days: int = 0
    families: Mapping[str, int] = {}
    classes: Mapping[str, int] = {}
    hold: tuple[str, ...] = ()


class Policy:
    """Fulfils `collector.ports.Retention` with what the registry knows.

    The longest of what family and category say holds, else `days`. An asset counts for every device it ever had, its
    whole past included. Where the registry would be needed and is not there, or a hold names nothing that is known,
    nothing is forgotten: what is gone cannot be had back.
    """

    def __init__(self, terms: Terms, snapshot: Callable[[], Snapshot] | None = None) -> None:
        """`snapshot` gives the registry as it is now; None where there is none."""
        self._terms, self._snapshot = terms, snapshot

    def keep(self, device: str, metric: str) -> tuple[timedelta | None, timedelta | None]:
        """As `collector.ports.Retention`."""
        terms = self._terms
        now = self._snapshot() if self._snapshot is not None else None
        if self._needs_registry() and (now is None or now.revision < 0 or any(unknown_holds(terms, now))):
            return None, None
        if now is not None and self._held(now, device):
            return None, None
        said = [terms.families[family] for family in (family_of(metric),) if family in terms.families]
        if now is not None and terms.classes:
            said += [terms.classes[category] for category in _categories(now, device) if category in terms.classes]
        days = 0 if 0 in said else max(said, default=terms.days)
        rollups = 0 if not days or not terms.rollup_days else max(days, terms.rollup_days)
        return _span(days), _span(rollups)

    def _needs_registry(self) -> bool:
        return bool(self._terms.hold or self._terms.classes)

    def _held(self, now: Snapshot, device: str) -> bool:
        hold = self._terms.hold
        return bool(hold) and (device in hold or any(number in hold for number in _numbers(now, device)))


def unknown_holds(terms: Terms, now: Snapshot) -> Iterator[str]:
    """Which holds name neither a device nor an asset, in words."""
    for name in terms.hold:
        if now.device(name) is None and now.asset(name) is None:
            yield f"retention.hold: there is no device and no asset {name}; nothing is forgotten until that is mended."


def _categories(now: Snapshot, device: str) -> Iterator[str]:
    for binding in now.bindings_of(device):
        if binding.asset_id in now.assets:
            yield now.assets[binding.asset_id].category


def _numbers(now: Snapshot, device: str) -> Iterator[str]:
    for binding in now.bindings_of(device):
        if binding.asset_id in now.assets:
            yield now.assets[binding.asset_id].number


def _span(days: int) -> timedelta | None:
    return timedelta(days=days) if days else None
