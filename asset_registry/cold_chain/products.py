"""What may be kept cold, and how cold: `config/cold_products.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from asset_registry.hvac.profiles import Range, range_of
from collector.errors import ConfigError

_FIELDS = {"label", "temperature", "source"}


@dataclass(frozen=True)
class Product:
    """A kind of product, between which °C it is kept, and who says so."""

    name: str
    label: str
    temperature: Range
    source: str


def load_products(path: Path) -> Mapping[str, Product]:
    """The products of a YAML file, in its order. Raises ConfigError naming the row."""
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if not isinstance(rows, dict):
        raise ConfigError(f"{path}: must map products to their temperatures")
    return {str(name): _product(path, str(name), row) for name, row in rows.items()}


def _product(path: Path, name: str, row: object) -> Product:
    if not isinstance(row, dict) or set(row) - _FIELDS:
        raise ConfigError(f"{path}: {name}: has {', '.join(sorted(_FIELDS))}, and nothing else")
    if not row.get("source"):
        raise ConfigError(f"{path}: {name}: source: say where the figures come from")
    temperature = range_of(f"{path}: {name}: temperature", row.get("temperature"))
    return Product(name, str(row.get("label") or name), temperature, str(row["source"]))
