"""The fields of an asset that people and files fill in: what each is called, and how a text becomes its value.

Codes: UMDNS (ECRI) five digits, written 13-215 or 13215; GMDN (GMDN Agency) five digits. The status has rules of its
own (`asset_registry.status`) and is not among them.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from asset_registry.assets import Asset
from asset_registry.errors import Invalid

KINDS = ("text", "number", "date", "yes_no", "one_of")
"""Of the fields that a house may define."""
LONGEST = 500

_PRICE = re.compile(r"(?P<sum>\d{1,9}(?:[.,]\d{1,2})?) ?(?P<currency>[A-Z]{3})?")
_CODE = re.compile(r"\d{2}-?\d{3}")


@dataclass(frozen=True)
class AssetField:
    """One field. `kind` is one of KINDS, or "price", "code", "moment"; "" is allowed but for `needed`."""

    name: str
    label: str
    kind: str = "text"
    group: str = "identity"
    choices: tuple[str, ...] = ()
    needed: bool = False


FIELDS: Final = (
    AssetField("name", "Name", needed=True),
    AssetField("category", "Category", needed=True),
    AssetField("nomenclature", "Nomenclature", "one_of", choices=("UMDNS", "GMDN")),
    AssetField("code", "Nomenclature code", "code"),
    AssetField("maker", "Maker"),
    AssetField("model", "Model"),
    AssetField("serial", "Serial"),
    AssetField("udi_di", "UDI-DI"),
    AssetField("udi_pi", "UDI-PI"),
    AssetField("department", "Department", group="use"),
    AssetField("criticality", "Criticality", group="use"),
    AssetField("risk_class", "Risk class", group="use"),
    AssetField("custodian", "In the keeping of", group="use"),
    AssetField("custody_since", "In their keeping since", "moment", "use"),
    AssetField("maintenance_due", "Maintenance due", "date", "care"),
    AssetField("recall", "Recall", group="care"),
    AssetField("purchased", "Purchased", "date", "purchase"),
    AssetField("price", "Price", "price", "purchase"),
    AssetField("supplier", "Supplier", group="purchase"),
    AssetField("warranty_until", "Warranty until", "date", "purchase"),
    AssetField("counterparty", "Rented or lent from or to", group="holding"),
    AssetField("return_due", "To be returned by", "date", "holding"),
)
BY_NAME: Final = {field.name: field for field in FIELDS}


def value_of(field: AssetField, text: str) -> Any:  # noqa: ANN401 - as the column has it
    """What a text says: str, date, aware datetime, float or bool; "" and None for nothing. Raises Invalid."""
    text = text.strip()
    if not text:
        if field.needed:
            raise Invalid("must not be empty")
        return (
            "" if field.kind in ("text", "one_of", "price", "code") and not field.name.startswith("custom.") else None
        )
    if len(text) > LONGEST or "\0" in text:
        raise Invalid(f"is longer than {LONGEST} characters" if len(text) > LONGEST else "holds a NUL character")
    if field.kind == "one_of":
        return _one_of(field, text)
    return _READ[field.kind](text) if field.kind in _READ else text


def plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON has
    """A value as the audit log keeps it and as a file and a form say it; what `value_of` reads."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return value


def text_of(value: object) -> str:
    """A value as a cell or a form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(plain(value))


def said(asset: Asset, field: AssetField) -> Any:  # noqa: ANN401 - as the column has it
    """What the asset has in a field."""
    custom, _, name = field.name.partition(".")
    return asset.custom.get(name) if custom == "custom" else getattr(asset, field.name)


def put(asset: Asset, values: Mapping[str, Any]) -> None:
    """Set fields by name; who gets it into their keeping has it from then on, by whoever sets `custody_since`."""
    own = {name.partition(".")[2]: plain(value) for name, value in values.items() if name.startswith("custom.")}
    for name, value in values.items():
        if not name.startswith("custom."):
            setattr(asset, name, value)
    if own:
        merged = dict(asset.custom or {}) | own
        asset.custom = {name: value for name, value in merged.items() if value is not None}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.partition("T")[0].partition(" ")[0])
    except ValueError:
        raise Invalid(f'"{text}" is not a day like 2026-11-24') from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f'"{text}" is not a time like 2026-11-24T06:42:00Z') from None
    if moment.tzinfo is None:
        raise Invalid(f'"{text}" has no zone; write 2026-11-24T06:42:00Z or …+01:00')
    return moment.astimezone(UTC)


def _number(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Invalid(f'"{text}" is not a number')
    return number


def _yes(text: str) -> bool:
    word = text.casefold()
    if word not in ("yes", "true", "1", "no", "false", "0"):
        raise Invalid(f'"{text}" is neither yes nor no')
    return word in ("yes", "true", "1")


def _one_of(field: AssetField, text: str) -> str:
    found = next((choice for choice in field.choices if choice.casefold() == text.casefold()), None)
    if found is None:
        raise Invalid(f'cannot be "{text}"; it is one of {", ".join(field.choices)}')
    return found


def _price(text: str) -> str:
    found = _PRICE.fullmatch(text)
    if found is None:
        raise Invalid(f'"{text}" is not a price like 1250.00 EUR')
    return f"{float(found['sum'].replace(',', '.')):.2f} {found['currency'] or ''}".strip()


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise Invalid(f'"{text}" is no code of UMDNS or GMDN: five digits, like 13-215 or 35131')
    return text.replace("-", "")


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "date": _date,
    "moment": _moment,
    "number": _number,
    "yes_no": _yes,
    "price": _price,
    "code": _code,
}
