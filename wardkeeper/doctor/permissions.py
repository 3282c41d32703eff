"""Files with secrets: whoever can read them can sign in as Wardkeeper."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wardkeeper.checkup import Case, Finding, Trouble, well
from wardkeeper.yaml_lines import secret_files

READABLE = Trouble(
    "permissions.readable",
    "Everybody on this machine can read a secret.",
    "Give it to the user that runs Wardkeeper alone: `chown wardkeeper {file}` and `chmod 600 {file}`.",
)
WRITABLE = Trouble(
    "permissions.writable",
    "Everybody on this machine can change the settings, and with them where the secrets are sent.",
    "Take that away: `chmod o-w {file}`.",
)


def look(case: Case) -> Iterator[Finding]:
    """Every file that the settings name as secret, and the settings file itself."""
    secrets = [*secret_files(case.path.read_text(encoding="utf-8")), *keys(case.settings.links)]
    for file in dict.fromkeys(secrets):
        if file.stat().st_mode & stat.S_IROTH:
            yield READABLE.at(str(file), "Everybody on this machine can read this secret", file=file)
        else:
            yield well(str(file), "Not for everybody to read")
    if case.path.stat().st_mode & stat.S_IWOTH:
        yield WRITABLE.at(str(case.path), "Everybody on this machine can change the settings", file=case.path)
    else:
        yield well(str(case.path), "Not for everybody to change")


def keys(settings: Any) -> Iterator[Path]:  # noqa: ANN401 - settings hold any plain value
    """Private keys of TLS, wherever a `tls` stands in the settings."""
    for name, value in settings.items() if isinstance(settings, dict) else ():
        key = value.get("key") if name == "tls" and isinstance(value, dict) else None
        if key and Path(key).exists():
            yield Path(key)
        yield from keys(value)
