"""Which assets a list, an edit or a sheet of labels is about: by id, or all that filters admit; in the address."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from starlette.datastructures import QueryParams

from asset_registry.find import words_of
from asset_registry.known import KnownAsset
from dashboards.context import Context

FILTERS = ("category", "department", "condition", "holding")


@dataclass(frozen=True)
class Selection:
    """`ids` are those ticked, none: all that the filters admit. `text` as in Find, on what the asset is called."""

    ids: tuple[int, ...]
    text: str
    category: str
    department: str
    condition: str
    holding: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As fields of a form or an address."""
        said = [("q", self.text), *((name, getattr(self, name)) for name in FILTERS)]
        return [("id", str(each)) for each in self.ids] + [(name, value) for name, value in said if value]

    @property
    def narrowed(self) -> bool:
        """Whether not simply everything is meant."""
        return bool(self.pairs)


def asked(
    id: Annotated[list[int] | None, Query()] = None,  # noqa: A002 - the word of the address
    q: Annotated[str, Query(max_length=100)] = "",
    category: Annotated[str, Query(max_length=80)] = "",
    department: Annotated[str, Query(max_length=80)] = "",
    condition: Annotated[str, Query(max_length=40)] = "",
    holding: Annotated[str, Query(max_length=40)] = "",
) -> Selection:
    """The selection of the address."""
    return Selection(tuple(dict.fromkeys(id or ())), q.strip(), category, department, condition, holding)


def of_form(form: QueryParams) -> Selection:
    """The selection that a form sends back."""
    ids = [int(each) for each in form.getlist("id") if each.isdecimal() and len(each) < 19]
    return asked(ids, *(form.get(name, "")[:100] for name in ("q", *FILTERS)))


Chosen = Annotated[Selection, Depends(asked)]


def chosen_of(here: Context, wanted: Selection) -> list[KnownAsset]:
    """The assets of a selection, by number; what is retired only when asked for."""
    now = here.snapshots.current
    if wanted.ids:
        found: Iterator[KnownAsset] = (now.assets[each] for each in wanted.ids if each in now.assets)
        return list(found)
    named = [now.vocabulary.named(word) for word in words_of(wanted.text)]
    equal = [(name, getattr(wanted, name)) for name in FILTERS if getattr(wanted, name)]

    def admitted(asset: KnownAsset) -> bool:
        if asset.holding == "retired" and wanted.holding != "retired":
            return False
        if any(getattr(asset, name) != value for name, value in equal):
            return False
        return all(asset.id in those for those in named)

    return sorted(filter(admitted, now.assets.values()), key=lambda asset: (len(asset.number), asset.number))
