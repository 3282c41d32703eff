"""Assets as rows. Tens of thousands come at once: what is new is written together, at the end."""

from collections.abc import Iterator
from typing import Any, ClassVar

from asset_registry.asset_fields import FIELDS, AssetField, plain, put, said, text_of, value_of
from asset_registry.assets import CONDITION, HOLDING, HYGIENE, Asset
from asset_registry.change_sets import Change, keep
from asset_registry.csv_rows import BadCell, Row
from asset_registry.custom_fields import PREFIX
from asset_registry.errors import Invalid
from asset_registry.gudid import missing
from asset_registry.import_form import Form, Outcome, Register
from asset_registry.places import set_serves


class Assets(Form):
    """What is owned."""

    status: ClassVar = {"use": ("idle", "in_use"), "hygiene": HYGIENE, "condition": CONDITION, "holding": HOLDING}
    columns: ClassVar = {
        "number": True,
        "category": True,
        "name": False,
        **{field.name: False for field in FIELDS if not field.needed},
        "mobile": False,
        "home": False,
        "serves": False,
        **dict.fromkeys(status, False),
    }
    key_field = "number"

    def __init__(self, register: Register) -> None:
        super().__init__(register)
        self._made: list[tuple[Asset, dict[str, Any], set[int]]] = []
        self._changes: list[Change] = []

    def all_columns(self) -> dict[str, bool]:
        """With the fields that the house defined."""
        return self.columns | {name: False for name in self.register.fields if name.startswith(PREFIX)}

    def take(self, row: Row) -> Outcome:
        """Make or update an asset."""
        number = row.text("number", needed=True)
        values = self._values(row, number)
        status = {part: row.one_of(part, words, "") for part, words in self.status.items()}
        serves = self._serves(row)
        asset = self.register.assets.get(number)
        if asset is not None:
            return self._change(asset, values, serves)
        known = {part: word for part, word in status.items() if word}
        now = self.register.now
        if known.get("condition") == "sequestered":
            values["sequestered"] = now
        asset = Asset(number=number, name=number, created=now, changed=now, mobile=True, custom={}, **known)
        put(asset, values)
        self._fill(asset, values)
        after = {"number": number, **{name: plain(value) for name, value in values.items()}, **known}
        self._made.append((asset, after, serves or set()))
        self.register.assets[number] = asset
        return "created"

    def _values(self, row: Row, number: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, field in self.register.fields.items():
            if name in row:
                values[name] = self._value(row, field, number)
        if "mobile" in row and row.text("mobile"):
            values["mobile"] = row.yes("mobile")
        if "home" in row:
            home = self.register.place(row, "home")
            values["home_id"] = home.id if home else None
        return values

    def _value(self, row: Row, field: AssetField, number: str) -> Any:  # noqa: ANN401 - as the column has it
        text = row.text(field.name)
        try:
            return value_of(field, text or (number if field.name == "name" else ""))
        except Invalid as wrong:
            raise BadCell(field.name, str(wrong)) from wrong

    def _fill(self, asset: Asset, values: dict[str, Any]) -> None:
        """What a GUDID record knows of its UDI-DI and the file leaves empty."""
        model = self.register.models.get(asset.udi_di) if asset.udi_di else None
        if model is not None:
            known = missing(asset, model)
            put(asset, known)
            values |= known

    def _change(self, asset: Asset, values: dict[str, Any], serves: set[int] | None) -> Outcome:
        known = self.register.fields
        before: dict[str, Any] = {}
        for name, value in values.items():
            was = said(asset, known[name]) if name in known else getattr(asset, name)
            if plain(was) != plain(value):
                before[name] = plain(was)
        after = {name: plain(values[name]) for name in before}
        put(asset, {name: values[name] for name in before})
        served = self.register.served.get(asset.id, set())
        if serves is not None and serves != served:
            before["serves"], after["serves"] = sorted(served), sorted(serves)
        if not before:
            return "unchanged"
        asset.changed = self.register.now
        self._changes.append(Change(asset.id, before, after))
        return "changed"

    def finish(self, title: str) -> int | None:
        """Write what is new, what serves what, and the log, as one change set."""
        self.session.add_all(asset for asset, _, _ in self._made)
        self.session.flush()
        changes = [Change(asset.id, None, after) for asset, after, _ in self._made]
        for asset, after, serves in self._made:
            if serves:
                after["serves"] = sorted(serves)
                set_serves(self.session, asset.id, serves)
        for change in self._changes:
            if "serves" in change.after:
                set_serves(self.session, change.asset_id, set(change.after["serves"]))
        register = self.register
        changes += self._changes
        made = keep(self.session, "import", title, changes, register.who, register.now, register.change_set)
        return made.id if made is not None else register.change_set

    def _serves(self, row: Row) -> set[int] | None:
        if "serves" not in row:
            return None
        names = [name.strip() for name in row.text("serves").split("|") if name.strip()]
        return {self.register.place_called(name, "serves").id for name in names}

    def rows(self) -> Iterator[dict[str, Any]]:
        """By number."""
        register = self.register
        for number, asset in sorted(register.assets.items()):
            yield {
                "number": number,
                **{name: text_of(said(asset, field)) for name, field in register.fields.items()},
                "mobile": "yes" if asset.mobile else "no",
                "home": register.paths[asset.home_id] if asset.home_id is not None else "",
                "serves": "|".join(sorted(register.paths[each] for each in register.served.get(asset.id, ()))),
                **{part: getattr(asset, part) for part in self.status},
                "use": "in_use" if asset.use == "in_use" else "idle",
            }
