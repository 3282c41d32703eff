"""Files at an asset: manuals, delivery notes, pictures.

They lie beside the database under their hash, and are only ever handed back: nothing opens, renders or runs them.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.assets import Asset
from asset_registry.audit import hold, record
from asset_registry.db import Base
from asset_registry.errors import Conflict, Invalid, Missing
from collector.durable import replace

LARGEST: Final = 10 << 20
MOST: Final = 40
"""Files at one asset."""

_OFFICE: Final[Mapping[str, tuple[str, str]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word/document.xml"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xl/workbook.xml"),
}
_BEGINNINGS: Final[Mapping[str, tuple[str, bytes]]] = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
_TEXTS: Final[Mapping[str, str]] = {"txt": "text/plain", "csv": "text/csv"}
TYPES: Final = (*_BEGINNINGS, *_OFFICE, *_TEXTS)


class Attachment(Base):
    """A file at an asset. `removed`: it is shown no more; the file stays for as long as another row has its hash."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    added: Mapped[datetime]
    who: Mapped[str]
    removed: Mapped[datetime | None]


def media_type_of(name: str, content: bytes) -> str:
    """By the ending of the name, which the content must bear out. Raises Invalid: what could run has no ending here."""
    ending = name.rpartition(".")[2].casefold()
    if ending in _BEGINNINGS and content.startswith(_BEGINNINGS[ending][1]):
        return _BEGINNINGS[ending][0]
    if ending in _OFFICE and _holds(content, _OFFICE[ending][1]):
        return _OFFICE[ending][0]
    if ending in _TEXTS and _is_text(content):
        return _TEXTS[ending]
    if ending in TYPES:
        raise Invalid(f"{name} is not what its name says: this is no {ending.upper()} file")
    raise Invalid(f"files of this kind are not kept; there are {', '.join(TYPES)}")


def _holds(content: bytes, member: str) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            names = parts.namelist()
    except (zipfile.BadZipFile, ValueError):
        return False
    return member in names and not any(name.casefold().endswith("vbaproject.bin") for name in names)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def attach(
    session: Session, folder: Path, asset_id: int, file: tuple[str, bytes], who: str, now: datetime
) -> Attachment:
    """Keep a file by (name, content). Raises Invalid, Missing, Conflict when there are too many, OSError."""
    name, content = _name(file[0]), file[1]
    if not content:
        raise Invalid(f"{name} is empty")
    if len(content) > LARGEST:
        raise Invalid(f"{name} has more than {LARGEST >> 20} MB")
    media_type = media_type_of(name, content)
    hold(session)
    if session.get(Asset, asset_id) is None:
        raise Missing(f"there is no asset {asset_id}")
    if len(attachments_of(session, asset_id)) >= MOST:
        raise Conflict(f"there are {MOST} files already; remove one first")
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(folder, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content)
    row = Attachment(asset_id=asset_id, name=name, media_type=media_type, size=len(content), digest=digest)
    row.added, row.who, row.removed = now, who, None
    session.add(row)
    session.flush()
    after = {"file": name, "size": len(content), "sha256": digest}
    record(session, now, who, "attach", ("asset", asset_id), after=after)
    return row


def _name(name: str) -> str:
    name = "".join(each for each in name.replace("\\", "/").rpartition("/")[2] if each.isprintable()).strip(" .")
    if not name or len(name) > 200:
        raise Invalid("a file needs a name of at most 200 characters")
    return name


def attachments_of(session: Session, asset_id: int) -> list[Attachment]:
    """The files at an asset, newest first."""
    chosen = select(Attachment).where(Attachment.asset_id == asset_id, Attachment.removed.is_(None))
    return list(session.scalars(chosen.order_by(Attachment.id.desc())))


def attachment(session: Session, asset_id: int, attachment_id: int) -> Attachment:
    """One file of an asset. Raises Missing."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.asset_id != asset_id or row.removed is not None:
        raise Missing(f"there is no file {attachment_id} at this asset")
    return row


def detach(session: Session, asset_id: int, attachment_id: int, who: str, now: datetime) -> None:
    """Show a file no more. Raises Missing."""
    row = attachment(session, asset_id, attachment_id)
    row.removed = now
    record(session, now, who, "detach", ("asset", asset_id), {"file": row.name}, {"file": ""})


def path_of(folder: Path, digest: str) -> Path:
    """Where the content of that hash lies."""
    return folder / "attachments" / digest[:2] / digest
