"""Pictures under a plan: PNG (W3C PNG, third edition) and JPEG (ITU-T T.81), looked through before they are kept.

They lie beside the database under their hash. Nothing here decodes a picture: it is checked that it is one, whole and
not too large, so that no browser is handed something else.
"""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asset_registry.errors import Invalid
from collector.durable import replace

LARGEST: Final = 10 << 20
MOST_SIDE: Final = 12_000
MOST_PIXELS: Final = 60_000_000
"""A browser needs four bytes for each."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class Picture:
    """Its media type and its size in pixels."""

    media_type: str
    width: int
    height: int


def picture_of(content: bytes) -> Picture:
    """What it is. Raises Invalid for what is no PNG or JPEG, is cut off, damaged or too large."""
    if len(content) > LARGEST:
        raise Invalid(f"the picture has more than {LARGEST >> 20} MB; save it smaller")
    if content.startswith(_PNG):
        found = Picture("image/png", *_png(content))
    elif content.startswith(_JPEG):
        found = Picture("image/jpeg", *_jpeg(content))
    else:
        raise Invalid("this is no PNG or JPEG picture; save the plan as one of them, or as SVG or GeoJSON")
    if not found.width or not found.height:
        raise Invalid("the picture is empty")
    if max(found.width, found.height) > MOST_SIDE or found.width * found.height > MOST_PIXELS:
        raise Invalid(
            f"the picture has {found.width} by {found.height} pixels; {MOST_SIDE:,} a side and {MOST_PIXELS:,} in all "
            "are the most: save it smaller"
        )
    return found


def _png(content: bytes) -> tuple[int, int]:
    """Width and height: every chunk is there and whole, the first is the header, the last the end."""
    at, size, seen = len(_PNG), (0, 0), False
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            break
        if at == len(_PNG):
            if kind != b"IHDR" or length != 13:
                break
            size = struct.unpack_from(">II", content, at + 8)
        seen = seen or kind == b"IDAT"
        if kind == b"IEND":
            if not seen:
                break
            return size
        at = end
    raise Invalid("the PNG picture is damaged or cut off; save it again")


def _jpeg(content: bytes) -> tuple[int, int]:
    """Width and height of the frame; a scan follows, and the end is there."""
    at, size = 2, None
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _FRAMES and length >= 8 and at + 9 <= len(content):
            height, width = struct.unpack_from(">HH", content, at + 5)
            size = (width, height)
        if marker == 0xDA:
            if size is None or not re.search(rb"\xff\xd9[\x00\xff]*\Z", content[-64:]):
                break
            return size
        if length < 2:
            break
        at += 2 + length
    raise Invalid("the JPEG picture is damaged or cut off; save it again")


def keep_picture(folder: Path, content: bytes) -> str:
    """Keep it; its hash. Raises Invalid, OSError."""
    picture_of(content)
    digest = hashlib.sha256(content).hexdigest()
    path = picture_path(folder, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content)
    return digest


def picture_path(folder: Path, digest: str) -> Path:
    """Where the picture of that hash lies."""
    return folder / "pictures" / digest
