"""The rows of a snapshot with the indexes over them, and how they follow what changed."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Self, TypeVar

import msgspec

from asset_registry.bound import Groups, newest, next_turn, of_devices, regrouped
from asset_registry.known import (
    Changes,
    Content,
    KnownAsset,
    KnownBinding,
    KnownDevice,
    KnownGateway,
    KnownPlace,
    all_of,
    patched,
)

_Row = TypeVar("_Row")


class Indexed:
    """All rows of one site at one revision. Never changes; `after` makes another that shares what stayed the same."""

    def __init__(self, content: Content) -> None:
        """Index what was loaded."""
        self.site = content.site
        self.content = Content(content.site, -1, content.taken, [], [], [], [], [], [])
        self.places: dict[int, KnownPlace] = {}
        self.assets: dict[int, KnownAsset] = {}
        self.devices: dict[int, KnownDevice] = {}
        self.gateways: dict[int, KnownGateway] = {}
        self._all_gateways: dict[int, KnownGateway] = {}
        self._bindings: dict[int, KnownBinding] = {}
        self._by_native: dict[str, KnownDevice] = {}
        self._by_number: dict[str, KnownAsset] = {}
        self._gateway_by_native: dict[str, KnownGateway] = {}
        self._of_device: Groups = {}
        self._of_asset: Groups = {}
        self._of_place: Groups = {}
        self.next_turn: datetime | None = None
        self._change(all_of(content))

    def after(self, changes: Changes) -> Self:
        """The registry with what changed: a big house has 50,000 assets, and one of them changes every second.

        Not from `next_turn` on, when a binding begins or ends by itself: then all has to be indexed anew.
        """
        new = copy(self)
        new._change(changes)  # noqa: SLF001 - of its own kind
        return new

    def _change(self, changes: Changes) -> set[int]:
        """Set anew what changed, without touching what the snapshot before holds; the assets that others may know."""
        self.revision, self.taken = changes.revision, changes.taken
        self.places = patched(self.places, changes.places)
        self._by_number = _named(self._by_number, self.assets, changes.assets, "number")
        self.assets = patched(self.assets, changes.assets)
        touched = self._rebind(changes) if changes.devices or changes.bindings or changes.gateways else set()
        self.content = msgspec.structs.replace(self.content, **self._differing(changes))
        return touched | changes.assets.keys()

    def _rebind(self, changes: Changes) -> set[int]:
        before = self._of_device
        gone = [self._bindings[key] for key in changes.bindings if key in self._bindings]
        come = [binding for binding in changes.bindings.values() if binding is not None]
        self._by_native = _named(self._by_native, self.devices, changes.devices, "native_id")
        self.devices = patched(self.devices, changes.devices)
        self._bindings = patched(self._bindings, changes.bindings)
        self._of_device = regrouped(before, gone, come, lambda each: each.device_id, newest)
        # a device may have been of another site, or of none
        gone += of_devices(before, changes.devices)
        come = [
            each for each in (*come, *of_devices(self._of_device, changes.devices)) if each.device_id in self.devices
        ]
        self._of_asset = regrouped(self._of_asset, gone, come, lambda each: each.asset_id)
        self._of_place = regrouped(self._of_place, gone, come, lambda each: each.place_id)
        self._all_gateways = patched(self._all_gateways, changes.gateways)
        self.gateways = {key: gateway for key, gateway in self._all_gateways.items() if key in self.devices}
        self._gateway_by_native = {self.devices[key].native_id: gateway for key, gateway in self.gateways.items()}
        turns = (turn for turn in (self.next_turn, next_turn(come, changes.taken)) if turn is not None)
        self.next_turn = min(turns, default=None)
        return {each.asset_id for each in (*gone, *come) if each.asset_id is not None}

    def _differing(self, changes: Changes) -> dict[str, Any]:
        rows: dict[str, Mapping[int, Any]] = {
            "places": self.places,
            "assets": self.assets,
            "devices": self.devices,
            "gateways": self._all_gateways,
            "bindings": self._bindings,
        }
        lists = {kind: list(held.values()) for kind, held in rows.items() if getattr(changes, kind)}
        others = {name: getattr(changes, name) for name in ("revision", "taken", "serves", "air", "map")}
        return lists | {name: value for name, value in others.items() if value is not msgspec.UNSET}


def _named(
    names: dict[str, _Row], rows: Mapping[int, _Row], changed: Mapping[int, _Row | None], name: str
) -> dict[str, _Row]:
    """The rows by a name that is theirs alone, with what changed."""
    if not changed:
        return names
    new = {getattr(row, name): row for row in changed.values() if row is not None}
    old = {getattr(rows[key], name) for key in changed.keys() & rows.keys()}
    new = names | new if new else dict(names)
    for left in old - {getattr(row, name) for row in changed.values() if row is not None}:
        del new[left]
    return new
