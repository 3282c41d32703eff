"""What only the memory store does."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from collector.stores.memory import Config, open_store


def test_it_touches_no_disk(tmp_path):
    open_store(Config(), tmp_path / "nothing")
    assert not Path(tmp_path / "nothing").exists()


def test_it_has_no_settings():
    with pytest.raises(ValidationError):
        Config(file="x")
