"""Static files under one stamp: the hash of all of them, so that browsers may keep them for ever.

The stamp is part of the folder (`/static/3f9a…/floor.js`), so a module's relative `import "./live.js"` finds the
same generation of its neighbour.
"""

import hashlib
import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIRECTORY = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"


def stamp_of(directory: Path) -> str:
    """A hash of the names and contents below `directory`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(directory)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


class StampedFiles(StaticFiles):
    """Serves `/static/{stamp}/…`; a page of an older generation gets the file too, but may not keep it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self.stamp = stamp_of(directory)
        self._directory = directory

    def url(self, name: str) -> str:
        """The address of a file. Raises FileNotFoundError for one that is not there: a template is wrong."""
        if not (self._directory / name).is_file():
            raise FileNotFoundError(f"no static file {name!r} below {self._directory}")
        return f"/static/{self.stamp}/{name}"

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file with the right caching: starlette adds ETag and Last-Modified and answers 304."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        current = scope.get("path_params", {}).get("stamp") == self.stamp
        response.headers["Cache-Control"] = FOR_EVER if current else "no-cache"
        return response
