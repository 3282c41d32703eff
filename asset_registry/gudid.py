"""GUDID records: what the FDA's database says of a UDI-DI fills maker, model and GMDN code of the assets that have it.

Read as published: AccessGUDID's XML (namespace http://www.fda.gov/cdrh/gudid), the JSON of its device lookup, which has
the same names, and openFDA's device/udi. All identifiers of the piece itself lead to its record, those of packages do
not.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.assets import Asset
from asset_registry.audit import hold
from asset_registry.change_sets import Change, keep
from asset_registry.db import Base
from asset_registry.errors import Invalid

_PACKAGES = ("package", "previous")
_SPACE = "{http://www.fda.gov/cdrh/gudid}"


class DeviceModel(Base):
    """What a UDI-DI stands for. `code` is the GMDN's, where the record says it."""

    __tablename__ = "device_model"

    di: Mapped[str] = mapped_column(primary_key=True)
    maker: Mapped[str]
    model: Mapped[str]
    brand: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True)
class Record:
    """One record and the identifiers that lead to it."""

    dis: tuple[str, ...]
    maker: str
    model: str
    brand: str
    code: str
    description: str


@dataclass
class GudidReport:
    """What came of it: records that are known now, assets that were filled."""

    records: int = 0
    filled: int = 0
    change_set: int | None = None
    wrong: list[str] = field(default_factory=list)


def records_in(text: str) -> list[Record]:
    """The records of a file. Raises Invalid for what is none of the three forms."""
    start = text.lstrip("\ufeff \r\n\t")[:1]
    if start == "<":
        return [_record(each) for each in _xml(text)]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise Invalid("is no GUDID record: neither XML of AccessGUDID nor JSON of it or of openFDA") from broken
    return [_record(each) for each in _json(data)]


def _xml(text: str) -> Iterator[dict[str, Any]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Invalid("has a document type, which GUDID records do not")
    try:
        root = ET.fromstring(text.lstrip("\ufeff").encode())  # noqa: S314 - entities need the document type refused above
    except ET.ParseError as broken:
        raise Invalid(f"is broken XML: {broken}") from broken
    for device in root.iter(f"{_SPACE}device"):

        def said(name: str, of: ET.Element = device) -> str:
            return " ".join((of.findtext(f"{_SPACE}{name}") or "").split())

        yield {
            **{name: said(name) for name in ("companyName", "versionModelNumber", "catalogNumber", "brandName")},
            "deviceDescription": said("deviceDescription"),
            "identifiers": [
                {"deviceId": said("deviceId", each), "deviceIdType": said("deviceIdType", each)}
                for each in device.iter(f"{_SPACE}identifier")
            ],
            "gmdn": [
                {"gmdnCode": said("gmdnCode", each), "gmdnCodeStatus": said("gmdnCodeStatus", each)}
                for each in device.iter(f"{_SPACE}gmdn")
            ],
        }


def _json(data: object) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        yield from (_of_openfda(each) for each in data["results"] if isinstance(each, dict))
        return
    for each in data if isinstance(data, list) else [data]:
        device = each.get("gudid", each) if isinstance(each, dict) else None
        device = device.get("device", device) if isinstance(device, dict) else None
        if not isinstance(device, dict) or "companyName" not in device:
            raise Invalid("is no GUDID record: it has no device with a companyName")
        yield device | {
            "identifiers": _listed(device.get("identifiers"), "identifier"),
            "gmdn": _listed(device.get("gmdnTerms"), "gmdn"),
        }


def _listed(value: object, name: str) -> list[Any]:
    inner = value.get(name) if isinstance(value, dict) else value
    found = inner if isinstance(inner, list) else [inner]
    return [each for each in found if isinstance(each, dict)]


def _of_openfda(device: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "companyName": device.get("company_name", ""),
        "versionModelNumber": device.get("version_or_model_number", ""),
        "catalogNumber": device.get("catalog_number", ""),
        "brandName": device.get("brand_name", ""),
        "deviceDescription": device.get("device_description", ""),
        "identifiers": [
            {"deviceId": each.get("id"), "deviceIdType": each.get("type")}
            for each in _listed(device.get("identifiers"), "")
        ],
        "gmdn": [
            {"gmdnCode": each.get("code"), "gmdnCodeStatus": each.get("code_status")}
            for each in _listed(device.get("gmdn_terms"), "")
        ],
    }


def _record(device: Mapping[str, Any]) -> Record:
    def text(of: Mapping[str, Any], name: str) -> str:
        value = of.get(name)
        return " ".join(str(value).split())[:500] if isinstance(value, str | int) else ""

    dis = [
        text(each, "deviceId")
        for each in device["identifiers"]
        if text(each, "deviceId") and text(each, "deviceIdType").casefold() not in _PACKAGES
    ]
    if not dis:
        raise Invalid(f"a record of {text(device, 'companyName') or 'nobody'} has no identifier of the device itself")
    terms = [each for each in device["gmdn"] if text(each, "gmdnCodeStatus").casefold() in ("", "active")]
    code = text(terms[0], "gmdnCode") if len(terms) == 1 else ""
    return Record(
        tuple(dict.fromkeys(dis)),
        text(device, "companyName"),
        text(device, "versionModelNumber") or text(device, "catalogNumber"),
        text(device, "brandName"),
        code if len(code) == 5 and code.isdecimal() else "",
        text(device, "deviceDescription"),
    )


def import_gudid(session: Session, text: str, who: str, now: datetime, *, dry_run: bool = False) -> GudidReport:
    """Keep the records of a file, and fill what is empty on the assets with these UDI-DI, as one change set.

    Raises Invalid for a file that is none.
    """
    records = records_in(text)
    hold(session)
    report = GudidReport(records=len(records))
    with session.begin_nested() as attempt:
        models = [_keep(session, record, di) for record in records for di in record.dis]
        session.flush()
        changes = list(_fill(session, models, now))
        report.filled = len(changes)
        made = keep(session, "gudid", f"GUDID: {report.records} records", changes, who, now)
        report.change_set = made.id if made is not None else None
        if dry_run:
            attempt.rollback()
    return report


def _keep(session: Session, record: Record, di: str) -> DeviceModel:
    model = session.get(DeviceModel, di) or DeviceModel(di=di)
    model.maker, model.model, model.brand = record.maker, record.model, record.brand
    model.code, model.description = record.code, record.description
    session.add(model)
    return model


def _fill(session: Session, models: Iterable[DeviceModel], now: datetime) -> Iterator[Change]:
    known = {model.di: model for model in models}
    wanted = list(known)
    for start in range(0, len(wanted), 500):
        for asset in session.scalars(select(Asset).where(Asset.udi_di.in_(wanted[start : start + 500]))):
            values = missing(asset, known[asset.udi_di])
            if values:
                before = {name: getattr(asset, name) for name in values}
                for name, value in values.items():
                    setattr(asset, name, value)
                asset.changed = now
                yield Change(asset.id, before, values)


def missing(asset: Asset, model: DeviceModel) -> dict[str, str]:
    """What the record knows and the asset does not; a code only where none is."""
    values = {"maker": model.maker, "model": model.model}
    if model.code and not asset.code and asset.nomenclature in ("", "GMDN", None):
        values |= {"nomenclature": "GMDN", "code": model.code}
    return {name: value for name, value in values.items() if value and getattr(asset, name) in ("", None)}
