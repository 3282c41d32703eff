"""The kinds of CSV but assets: what a row means, and how the registry is written as rows."""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select

from asset_registry.bindings import ROLES, Binding, Gateway, Target, bind
from asset_registry.csv_rows import BadCell, Row
from asset_registry.import_assets import Assets
from asset_registry.import_form import Form, Outcome
from asset_registry.places import KINDS, Place
from asset_registry.register import FACTS, LONGEST_NATIVE_ID, ensure_device, new_device, set_gateway, type_over


class Places(Form):
    """Sites to beds."""

    columns: ClassVar = {
        "kind": True,
        "number": True,
        "parent": False,
        "name": False,
        "level": False,
        "room_type": False,
        "plan": False,
    }
    key_field = "number"

    def rank(self, row: Row) -> int:
        """From the outside in."""
        kind = row.cells.get("kind", "").strip()
        return KINDS.index(kind) if kind in KINDS else 0

    def key(self, row: Row) -> tuple[str, ...]:
        """A number is unique in its parent."""
        return (row.text("parent"), row.text("number", needed=True))

    def take(self, row: Row) -> Outcome:
        """Make or update a place."""
        kind, number = row.one_of("kind", KINDS), row.text("number", needed=True)
        if "/" in number:
            raise BadCell("number", "must not hold a /; paths are made with it")
        parent = self.register.place(row, "parent")
        above = KINDS[KINDS.index(kind) - 1] if kind != "site" else None
        if (parent.kind if parent else None) != above:
            raise BadCell("parent", f"a {kind} lies in a {above}" if above else "a site lies in nothing")
        values: dict[str, Any] = {name: row.text(name) for name in ("name", "room_type") if name in row}
        if "level" in row:
            values["level"] = _level(row, kind)
        if "plan" in row:
            values["plan"] = _plan(row)
        path = f"{self.register.paths[parent.id]}/{number}" if parent else number
        place = self.register.places.get(path)
        if place is not None:
            if place.kind != kind:
                raise BadCell("kind", f"{path} is a {place.kind} already")
            return self._update("place", place, values)
        place = Place(kind=kind, number=number, parent_id=parent.id if parent else None, **values)
        outcome = self._create("place", place, {"path": path, "kind": kind})
        self.register.places[path], self.register.paths[place.id] = place, path
        return outcome

    def rows(self) -> Iterator[dict[str, Any]]:
        """Parents first."""
        paths = self.register.paths
        for place in sorted(
            self.register.places.values(), key=lambda place: (KINDS.index(place.kind), paths[place.id])
        ):
            yield {
                "kind": place.kind,
                "number": place.number,
                "parent": paths[place.parent_id] if place.parent_id is not None else "",
                "name": place.name,
                "level": "" if place.level is None else place.level,
                "room_type": place.room_type,
                "plan": json.dumps(place.plan, separators=(",", ":")) if place.plan else "",
            }


def _native_id(row: Row, field: str) -> str:
    native_id = row.text(field, needed=True)
    if len(native_id) > LONGEST_NATIVE_ID:
        raise BadCell(field, f"is longer than {LONGEST_NATIVE_ID} characters")
    return native_id


def _plan(row: Row) -> dict[str, Any]:
    """A plan whose outline, if it has one, can be drawn: at least three corners of two finite numbers."""
    plan = row.json("plan")
    corners = plan.get("polygon", [[0, 0]] * 3)
    drawable = isinstance(corners, list) and len(corners) >= 3 and all(_is_point(corner) for corner in corners)
    if not drawable:
        raise BadCell("plan", "polygon is a list of at least three corners [x, y], in metres")
    return plan


def _is_point(corner: object) -> bool:
    return (
        isinstance(corner, list)
        and len(corner) == 2
        and all(isinstance(side, int | float) and math.isfinite(side) for side in corner)
    )


def _level(row: Row, kind: str) -> int | None:
    level = row.number("level", needed=kind == "floor")
    if level is not None and level != int(level):
        raise BadCell("level", "is a whole number")
    return None if level is None else int(level)


class Devices(Form):
    """What talks. What the file says counts as typed by a person."""

    columns: ClassVar = {"native_id": True, **dict.fromkeys(FACTS, False)}
    key_field = "native_id"

    def take(self, row: Row) -> Outcome:
        """Make or describe a device."""
        native_id = _native_id(row, "native_id")
        fields: dict[str, Any] = {name: row.text(name) for name in FACTS if name in row and name != "interval_s"}
        if "interval_s" in row:
            fields["interval_s"] = row.number("interval_s")
            if fields["interval_s"] is not None and fields["interval_s"] <= 0:
                raise BadCell("interval_s", "is a number of seconds above 0")
        register = self.register
        device = register.devices.get(native_id)
        if device is None:
            register.devices[native_id] = device = new_device(register.site, native_id, register.now)
            type_over(device, fields)
            self.session.add(device)
            self._log("device", device, None, {"native_id": native_id, **fields})
            return "created"
        before = {name: getattr(device, name) for name, value in fields.items() if getattr(device, name) != value}
        if not before:
            return "unchanged"
        before["typed"] = device.typed
        type_over(device, fields)
        self._log("device", device, before, {name: getattr(device, name) for name in before})
        return "changed"

    def rows(self) -> Iterator[dict[str, Any]]:
        """By native id."""
        for native_id, device in sorted(self.register.devices.items()):
            interval = device.interval_s
            facts = {name: getattr(device, name) for name in FACTS}
            yield {"native_id": native_id, **facts, "interval_s": "" if interval is None else f"{interval:g}"}


class Gateways(Form):
    """What hears tags, and where it hangs."""

    columns: ClassVar = dict.fromkeys(("native_id", "place", "x_m", "y_m"), True)
    key_field = "native_id"

    def take(self, row: Row) -> Outcome:
        """Set a gateway up, or move it."""
        native_id, place = _native_id(row, "native_id"), self.register.place(row, "place")
        if place is None:
            raise BadCell("place", "must not be empty")
        x_m, y_m = row.number("x_m", needed=True) or 0.0, row.number("y_m", needed=True) or 0.0
        register = self.register
        device = register.devices.get(native_id)
        if device is None:
            device = ensure_device(self.session, register.site, native_id, register.now)
            register.devices[native_id] = device
        gateway = self.session.get(Gateway, device.id)
        before = (gateway.place_id, gateway.x_m, gateway.y_m) if gateway else None
        set_gateway(self.session, device.id, place.id, (x_m, y_m), register.who, register.now)
        if before is None:
            return "created"
        return "unchanged" if before == (place.id, x_m, y_m) else "changed"

    def rows(self) -> Iterator[dict[str, Any]]:
        """By native id."""
        for native_id, device in sorted(self.register.devices.items()):
            gateway = self.session.get(Gateway, device.id)
            if gateway is not None:
                place = self.register.paths[gateway.place_id]
                yield {"native_id": native_id, "place": place, "x_m": gateway.x_m, "y_m": gateway.y_m}


class Bindings(Form):
    """What was on what, when."""

    columns: ClassVar = {"device": True, "role": True, "asset": False, "place": False, "since": False, "until": False}
    key_field = "device"

    def key(self, row: Row) -> tuple[str, ...]:
        """A device may come several times, with other times."""
        return (row.text("device", needed=True), row.text("role"), row.text("since"))

    def take(self, row: Row) -> Outcome:
        """Bind."""
        register, role = self.register, row.one_of("role", ROLES)
        device = register.devices.get(row.text("device", needed=True))
        if device is None:
            raise BadCell("device", f'there is no device "{row.text("device")}"; import the devices first')
        number, place = row.text("asset"), register.place(row, "place")
        asset = register.assets.get(number)
        if number and asset is None:
            raise BadCell("asset", f'there is no asset "{number}"; import the assets first')
        target = Target(asset.id if asset else None, place.id if place else None)
        since, until = row.moment("since"), row.moment("until")
        if self._stands(device.id, target, role, since, until):
            return "unchanged"
        bind(self.session, device.id, target, role, register.who, register.now, since=since, until=until)
        return "created"

    def _stands(
        self, device_id: int, target: Target, role: str, since: datetime | None, until: datetime | None
    ) -> bool:
        """Whether it is so already: the same times, or, without a `since`, in force until the same time."""
        same = select(Binding).where(Binding.device_id == device_id, Binding.role == role)
        same = same.where(Binding.asset_id.is_not_distinct_from(target.asset_id))
        same = same.where(Binding.place_id.is_not_distinct_from(target.place_id))
        start = Binding.since <= self.register.now if since is None else Binding.since == since
        return any(binding.until == until for binding in self.session.scalars(same.where(start)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """By device and time."""
        names = {device.id: native_id for native_id, device in self.register.devices.items()}
        numbers = {asset.id: number for number, asset in self.register.assets.items()}
        for binding in self.session.scalars(select(Binding).order_by(Binding.device_id, Binding.since, Binding.id)):
            lasted = binding.until is None or binding.until > binding.since
            if binding.device_id in names and lasted:
                yield {
                    "device": names[binding.device_id],
                    "role": binding.role,
                    "asset": numbers.get(binding.asset_id or 0, ""),
                    "place": self.register.paths.get(binding.place_id or 0, ""),
                    "since": binding.since.isoformat(),
                    "until": binding.until.isoformat() if binding.until else "",
                }


FORMS: dict[str, type[Form]] = {
    "places": Places,
    "assets": Assets,
    "devices": Devices,
    "gateways": Gateways,
    "bindings": Bindings,
}
