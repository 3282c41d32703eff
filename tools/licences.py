"""Every package that a user installs has a licence that lets a hospital use the product: no GPL, no AGPL.

What a package says of itself is read from its metadata, so this runs where the runtime lock is installed.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tools import tree

FREE = re.compile(
    r"\b(MIT|MIT-0|0?BSD|ISC|Apache|PSF|Python-2\.0|Zlib|CC0|MPL|Mozilla|EPL-2\.0|Unlicense)\b", re.IGNORECASE
)
FORBIDDEN = re.compile(r"\b(A?GPL|(affero )?general public)", re.IGNORECASE)
LESSER = re.compile(r"\b(LGPL|lesser general public)", re.IGNORECASE)

# Weak copyleft that we accept, each with the reason.
ACCEPTED = {
    "psycopg": "LGPL-3.0: an unchanged library that the user can replace; PostgreSQL's own driver for Python",
    "psycopg-binary": "LGPL-3.0: the same, with libpq",
}

# Packages that other systems install, read from their metadata once.
ELSEWHERE = {
    "colorama": "BSD-3-Clause",
    "pyobjc-core": "MIT",
    "pyobjc-framework-cocoa": "MIT",
    "pyobjc-framework-corebluetooth": "MIT",
    "pyobjc-framework-libdispatch": "MIT",
    "winrt-": "MIT",
}


def locked(lock: Path) -> list[Requirement]:
    """What a lock file names."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [Requirement(line.removesuffix("\\").strip()) for line in lines if re.match(r"[\w.-]+(\[.*\])?==", line)]


def declared(package: metadata.PackageMetadata) -> str:
    """What a package says of its licence: the expression, or else the classifiers and the first line of the field."""
    if "License-Expression" in package:
        return str(package["License-Expression"])
    classifiers = [line for line in package.get_all("Classifier", []) if line.startswith("License ::")]
    field = package["License"].splitlines()[:1] if "License" in package else []
    return "; ".join([*(line.rpartition(" :: ")[2] for line in classifiers), *field])


def verdict(name: str, licence: str) -> str | None:
    """What is wrong with a package's licence, if anything.

    Of alternatives (`EPL-2.0 OR BSD-3-Clause`) one that is free is enough; otherwise every part counts.
    """
    if name in ACCEPTED:
        return None
    choices = re.split(r"\bOR\b", licence)
    if any(FREE.search(choice) and not FORBIDDEN.search(choice) and not LESSER.search(choice) for choice in choices):
        return None
    if LESSER.search(licence):
        return f"{licence}: an LGPL package needs its reason in tools/licences.py"
    if FORBIDDEN.search(licence):
        return f"{licence}: not compatible with how we ship"
    return f"{licence or 'says nothing'}: not a licence we know"


def licence_of(requirement: Requirement) -> str | None:
    """The licence of one locked package; None when it should be installed here and is not."""
    try:
        return declared(metadata.metadata(requirement.name))
    except metadata.PackageNotFoundError:
        if requirement.marker is None or requirement.marker.evaluate():
            return None
    return next((licence for name, licence in ELSEWHERE.items() if requirement.name.startswith(name)), "")


def main(lock: Path = tree.ROOT / "requirements.lock") -> int:
    """Print what is wrong, one package a line."""
    packages = {str(requirement): requirement for requirement in locked(lock)}
    found = []
    for requirement in packages.values():
        licence = licence_of(requirement)
        wrong = "is not installed here" if licence is None else verdict(requirement.name, licence)
        if wrong:
            found.append(f"{requirement.name}: {wrong}")
    print("\n".join(found) or f"{len(packages)} packages, all free to use; {len(ACCEPTED)} under the LGPL")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
