"""Pictures under a plan: what is one, and what is refused."""

import struct
import zlib

import pytest

from asset_registry.errors import Invalid
from asset_registry.pictures import LARGEST, Picture, keep_picture, picture_of, picture_path


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width=4, height=3, claimed=None):
    """A gray picture; `claimed` is the size that its header says."""
    head = struct.pack(">IIBBBBB", *(claimed or (width, height)), 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(width=640, height=480, end=b"\xff\xd9"):
    """The segments of a baseline picture as T.81 has them; its scan says nothing."""

    def segment(marker, content):
        return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content

    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    parts = (segment(0xE0, b"JFIF\0"), segment(0xC0, frame), segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"))
    return b"\xff\xd8" + b"".join(parts) + b"\x12\x34" + end


def test_png_and_jpeg_are_known_with_their_size():
    assert picture_of(png(4, 3)) == Picture("image/png", 4, 3)
    assert picture_of(jpeg(640, 480)) == Picture("image/jpeg", 640, 480)


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "no PNG or JPEG"),
        (b"<svg/>", "no PNG or JPEG"),
        (b"GIF89a", "no PNG or JPEG"),
        (png()[:-6], "damaged or cut off"),
        (png().replace(b"IDAT", b"IDAX"), "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\n<script>", "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0" * 13) + chunk(b"IEND", b""), "damaged or cut off"),
        (jpeg(end=b""), "damaged or cut off"),
        (b"\xff\xd8\xff\xe0\x00\x00", "damaged or cut off"),
        (png(claimed=(12_001, 3)), "save it smaller"),
        (png(claimed=(11_000, 11_000)), "save it smaller"),
        (png(claimed=(0, 3)), "empty"),
        (png() + b"\0" * LARGEST, "more than 10 MB"),
    ],
)
def test_what_is_no_whole_picture_or_too_large_is_refused(content, why):
    with pytest.raises(Invalid, match=why):
        picture_of(content)


def test_it_is_kept_once_under_its_hash(tmp_path):
    digest = keep_picture(tmp_path, png())
    assert keep_picture(tmp_path, png()) == digest
    assert picture_path(tmp_path, digest).read_bytes() == png()
    with pytest.raises(Invalid):
        keep_picture(tmp_path, b"<svg/>")
    assert len(list((tmp_path / "pictures").iterdir())) == 1
