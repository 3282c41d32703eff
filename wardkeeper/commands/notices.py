"""`push-key`: what signs notices to browsers."""

from pathlib import Path
from typing import Annotated

import typer

from collector.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("push-key", epilog="Example: wardkeeper push-key /etc/wardkeeper/push.key")(push_key)


def push_key(
    file: Annotated[Path, typer.Argument(help="Where it goes; it must not exist yet.", show_default=False)],
) -> None:
    """Make the key for channel.web_push (docs/notices.md), readable by its owner alone."""
    from service_desk.notices.push_message import new_key

    try:
        file.touch(0o600, exist_ok=False)
        file.write_text(new_key(), encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{file}: the key cannot be written: {error.strerror}") from error
    print(f"{file} holds the key. Name it in the settings: secret: !file {file}")
