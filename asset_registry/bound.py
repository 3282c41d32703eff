"""Bindings by what they bind: device, asset, place."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from asset_registry.known import KnownBinding

Groups = dict[int, tuple[KnownBinding, ...]]


def regrouped(
    groups: Groups,
    gone: Iterable[KnownBinding],
    come: Iterable[KnownBinding],
    key: Callable[[KnownBinding], int | None],
    order: Callable[[KnownBinding], Any] = lambda binding: binding.id,
) -> Groups:
    """The groups without what is gone and with what has come, each in that order; a binding without a key has none."""
    left: dict[int, dict[int, KnownBinding]] = {}
    arrived: dict[int, dict[int, KnownBinding]] = defaultdict(dict)
    for binding in gone:
        if (of := key(binding)) is not None:
            if of not in left:
                left[of] = {each.id: each for each in groups.get(of, ())}
            left[of].pop(binding.id, None)
    for binding in come:
        if (of := key(binding)) is not None:
            arrived[of][binding.id] = binding
    new = dict(groups)
    for of in left.keys() | arrived.keys():
        rest = left[of] if of in left else {each.id: each for each in groups.get(of, ())}
        whole = rest | arrived.get(of, {})
        if whole:
            new[of] = tuple(sorted(whole.values(), key=order))
        else:
            new.pop(of, None)
    return new


def newest(binding: KnownBinding) -> tuple[float, int]:
    """The newest first."""
    return -binding.since.timestamp(), binding.id


def next_turn(bindings: Iterable[KnownBinding], after: datetime) -> datetime | None:
    """When the next of them begins or ends by itself."""
    turns = (turn for each in bindings for turn in (each.since, each.until) if turn is not None and turn > after)
    return min(turns, default=None)


def of_devices(groups: Groups, devices: Mapping[int, object]) -> list[KnownBinding]:
    """All bindings of these devices."""
    return [binding for device in devices for binding in groups.get(device, ())]
