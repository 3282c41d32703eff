"""The configuration reference is the settings' own, and its example is good."""

from pathlib import Path

from wardkeeper import catalog, settings
from wardkeeper.reference import EXAMPLE, reference

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_what_the_settings_say():
    assert PAGE.read_text() == "".join(reference()), "python -m wardkeeper.reference > docs/configuration.md"


def test_the_example_is_a_good_settings_file(tmp_path):
    path = tmp_path / "wardkeeper.yaml"
    path.write_text(EXAMPLE)
    assert settings.load(path, catalog.config_of, catalog.kinds(), {}).site == "linden"


def test_the_example_of_serial_ports_is_a_good_settings_file(tmp_path):
    path = tmp_path / "wardkeeper.yaml"
    path.write_text((PAGE.parent / "serial.md").read_text().split("```yaml\n")[1].split("```")[0])
    assert list(settings.load(path, catalog.config_of, catalog.kinds(), {}).links) == ["bed-12", "icu"]


def test_every_setting_has_a_meaning():
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            assert line.split("|")[3].strip(), line
