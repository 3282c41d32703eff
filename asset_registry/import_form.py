"""What the kinds of CSV have in common: the registry as an import sees it, and how a row changes it."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from asset_registry.asset_fields import FIELDS, AssetField
from asset_registry.assets import Asset
from asset_registry.audit import Audit, ChangeSet
from asset_registry.bindings import Device
from asset_registry.change_sets import begin
from asset_registry.csv_rows import BadCell, Row
from asset_registry.custom_fields import custom_fields
from asset_registry.gudid import DeviceModel
from asset_registry.places import Place, Serves

Outcome = Literal["created", "changed", "unchanged"]

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Register:
    """The registry as an import sees it: loaded once, kept up as rows come in."""

    def __init__(
        self,
        session: Session,
        site: str,
        who: str = "",
        now: datetime = _NEVER,
        rows: Sequence[Row] | None = None,
        change_set: int | None = None,
    ) -> None:
        """`who` and `now` are for the audit log.

        With `rows`, a part of a file, only the assets and devices are loaded that they name. `change_set` is the one
        that earlier parts have made.
        """
        self.session = session
        self.site = site
        self.who = who
        self.now = now
        self.change_set = change_set
        self._rows = rows

    def _named(self, *columns: str) -> set[str] | None:
        if self._rows is None:
            return None
        return {row.cells[name].strip() for row in self._rows for name in columns if row.cells.get(name)}

    @cached_property
    def places(self) -> dict[str, Place]:
        """By path: `linden/A/4/4.12`."""
        by_id = {place.id: place for place in self.session.scalars(select(Place))}

        def path(place: Place) -> str:
            parent = by_id.get(place.parent_id) if place.parent_id is not None else None
            return f"{path(parent)}/{place.number}" if parent else place.number

        return {path(place): place for place in by_id.values()}

    @cached_property
    def paths(self) -> dict[int, str]:
        """The path of each place, by id."""
        return {place.id: path for path, place in self.places.items()}

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """By number."""
        chosen, named = select(Asset), self._named("number", "asset")
        if named is not None:
            chosen = chosen.where(Asset.number.in_(named))
        return {asset.number: asset for asset in self.session.scalars(chosen)}

    @cached_property
    def devices(self) -> dict[str, Device]:
        """By native id."""
        chosen, named = select(Device).where(Device.site == self.site), self._named("native_id", "device")
        if named is not None:
            chosen = chosen.where(Device.native_id.in_(named))
        return {device.native_id: device for device in self.session.scalars(chosen)}

    @cached_property
    def served(self) -> dict[int, set[int]]:
        """The places that each asset serves, by ids."""
        found: dict[int, set[int]] = defaultdict(set)
        pairs = select(Serves.asset_id, Serves.place_id)
        if self._rows is not None:
            pairs = pairs.where(Serves.asset_id.in_([asset.id for asset in self.assets.values() if asset.id]))
        for asset_id, place_id in self.session.execute(pairs):
            found[asset_id].add(place_id)
        return found

    @cached_property
    def fields(self) -> dict[str, AssetField]:
        """The fields of assets by column, those that the house defined too."""
        return {field.name: field for field in (*FIELDS, *custom_fields(self.session))}

    @cached_property
    def models(self) -> dict[str, DeviceModel]:
        """The models that GUDID records told of, by UDI-DI."""
        return {model.di: model for model in self.session.scalars(select(DeviceModel))}

    @cached_property
    def numbers_of_places(self) -> dict[str, list[str]]:
        """The paths of the places of each number."""
        found: dict[str, list[str]] = defaultdict(list)
        for path, place in self.places.items():
            found[place.number].append(path)
        return found

    def place(self, row: Row, field: str) -> Place | None:
        """The place that a cell names; None for an empty cell."""
        name = row.text(field)
        return self.place_called(name, field) if name else None

    def place_called(self, name: str, field: str) -> Place:
        """The place of that path, or the only one of that number."""
        if name in self.places:
            return self.places[name]
        found = self.numbers_of_places.get(name, [])
        if len(found) == 1:
            return self.places[found[0]]
        if found:
            raise BadCell(field, f'"{name}" is not the only one; write {" or ".join(sorted(found)[:3])}')
        raise BadCell(field, f'there is no place "{name}"; import the places first')


class Form(ABC):
    """One kind of CSV. `columns`: True must be there; `key_field` is blamed for what is wrong with a whole row."""

    columns: ClassVar[dict[str, bool]]
    key_field: ClassVar[str]

    def __init__(self, register: Register) -> None:
        """Works on this registry."""
        self._logged: list[tuple[str, Any, dict[str, Any] | None, dict[str, Any]]] = []
        self.register = register
        self.session = register.session

    def all_columns(self) -> dict[str, bool]:
        """`columns`, and those that only this registry has."""
        return self.columns

    def finish(self, title: str) -> int | None:
        """Write what was put off; the change set, where the kind has them. Not called when nothing is kept."""
        register = self.register
        if not self._logged:
            return register.change_set
        known = register.change_set
        made = (
            begin(self.session, "import", title, register.who, register.now)
            if known is None
            else self.session.get_one(ChangeSet, known)
        )
        made.changed += len(self._logged)
        common = {"at": register.now, "who": register.who, "action": "import", "change_set_id": made.id}
        self.session.flush()  # what is new has its id then
        lines = [
            {"object_kind": kind, "object_id": str(row.id), "before": before, "after": after}
            for kind, row, before, after in self._logged
        ]
        self.session.execute(insert(Audit), [common | line for line in lines])
        return made.id

    def rank(self, _row: Row) -> int:
        """Rows of a lower rank are taken first."""
        return 0

    def key(self, row: Row) -> tuple[str, ...]:
        """What a row must not share with another of the same file."""
        return (row.text(self.key_field, needed=True),)

    @abstractmethod
    def take(self, row: Row) -> Outcome:
        """Take a row in. Raises BadCell or another Refused before anything is changed."""

    @abstractmethod
    def rows(self) -> Iterator[dict[str, Any]]:
        """The registry as rows."""

    def _update(self, kind: str, row: Any, values: Mapping[str, Any]) -> Outcome:  # noqa: ANN401 - of any table
        """Set what differs on an existing row of a table, with a line for the log."""
        before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
        if not before:
            return "unchanged"
        for name in before:
            setattr(row, name, values[name])
        self._log(kind, row, before, {name: values[name] for name in before})
        return "changed"

    def _create(self, kind: str, row: Any, after: dict[str, Any]) -> Outcome:  # noqa: ANN401 - a row of any table
        self.session.add(row)
        self.session.flush()
        self._log(kind, row, None, after)
        return "created"

    def _log(self, kind: str, row: Any, before: dict[str, Any] | None, after: dict[str, Any]) -> None:  # noqa: ANN401 - a row of any table
        self._logged.append((kind, row, before, after))
