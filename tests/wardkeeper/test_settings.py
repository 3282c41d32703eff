"""Settings: YAML in, typed settings or every mistake by path, line and field out."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from collector.errors import ConfigError, Unreachable
from wardkeeper.settings import Settings, SettingsError, load


class _Mqtt(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    host: str
    port: int = 1883
    password: Any = None
    dialects: list[dict[str, Any]] = []


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_PARTS = {"mqtt": _Mqtt, "mqtt.tasmota": _Plain, "store.duckdb": _Plain, "sink.desk": _Plain}


def _load(tmp_path: Path, text: str, **environment: str) -> Settings:
    path = tmp_path / "w.yaml"
    path.write_text(text)
    return load(path, _PARTS.get, list(_PARTS), environment)


def _problems(tmp_path: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text, **environment)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_the_shortest_file_gives_defaults(tmp_path: Path) -> None:
    settings = _load(tmp_path, "site: linden\n")
    assert settings.web.host == "127.0.0.1"
    assert settings.store == {"kind": "store.duckdb"}
    assert settings.database_url == "sqlite:////var/lib/wardkeeper/wardkeeper.db"


def test_a_misspelt_kind_gets_a_suggestion_with_its_line(tmp_path: Path) -> None:
    text = (
        "site: linden\nlinks:\n  ward:\n    kind: mqtt\n    host: broker\n    dialects:\n      - kind: mqtt.tasmotta\n"
    )
    assert _problems(tmp_path, text) == [
        "w.yaml:7: links.ward.dialects[0].kind: there is no 'mqtt.tasmotta'; did you mean mqtt.tasmota?"
    ]


def test_every_mistake_is_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "site: Linden!\ntimezone: Europe/Berln\nweb:\n  prot: 80\nlinks:\n  ward:\n    kind: mqtt\n    port: many\n"
    text += "retention:\n  families:\n    vitals: 9\n"
    problems = _problems(tmp_path, text)
    assert [problem.split(": ")[0] for problem in problems] == [
        "w.yaml:1",
        "w.yaml:2",
        "w.yaml:4",
        "w.yaml:6",
        "w.yaml:8",
        "w.yaml:10",
    ]
    assert problems[5] == "w.yaml:10: retention.families: no family 'vitals'; did you mean vital?"
    assert problems[1] == "w.yaml:2: timezone: no such time zone; did you mean Europe/Berlin?"
    assert problems[2] == "w.yaml:4: web.prot: unknown; did you mean port?"
    assert problems[3] == "w.yaml:6: links.ward.host: is missing"


def test_secrets_come_from_the_environment_or_a_file_and_never_from_the_text(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("s3cret\n")
    link = "site: linden\nlinks:\n  ward:\n    kind: mqtt\n    host: broker\n    password: "
    assert _load(tmp_path, f"{link}!file {tmp_path}/pw\n").links["ward"]["password"].get_secret_value() == "s3cret"
    assert _load(tmp_path, f"{link}!env PW\n", PW="other").links["ward"]["password"].get_secret_value() == "other"
    assert _problems(tmp_path, f"{link}!env PW\n") == [
        "w.yaml:6: links.ward.password: the environment variable PW is not set"
    ]
    assert "!env NAME or !file PATH" in _problems(tmp_path, f"{link}plain\n")[0]
    assert "s3cret" not in repr(_load(tmp_path, f"{link}!file {tmp_path}/pw\n"))


def test_everything_under_a_word_for_secrets_is_one(tmp_path: Path) -> None:
    link = "site: linden\nlinks:\n  ward:\n    kind: mqtt\n    host: broker\n    bindkeys:\n      A4:C1:38:8D:18:B2: "
    problems = _problems(tmp_path, f"{link}231d39c1d7cc1ab1aee224cd096db932\n")
    assert any(
        problem.startswith("w.yaml:7: links.ward.bindkeys.A4:C1:38:8D:18:B2: secrets do not stand")
        for problem in problems
    )
    assert not any("231d39c1" in problem for problem in problems)


def test_an_identity_resolving_key_is_a_secret(tmp_path: Path) -> None:
    link = "site: linden\nlinks:\n  ward:\n    kind: mqtt\n    host: broker\n    identities:\n      cart-3: "
    problems = _problems(tmp_path, f"{link}ec0234a357c8ad05341010a60a397d9b\n")
    assert any(one.startswith("w.yaml:7: links.ward.identities.cart-3: secrets do not stand") for one in problems)


def test_an_address_with_a_password_in_it_is_a_secret_too(tmp_path: Path) -> None:
    url = "postgresql+psycopg://ward:s3cret@db/ward"
    [problem] = _problems(tmp_path, f"site: linden\ndatabase: {url}\n")
    assert problem.startswith("w.yaml:2: database: secrets do not stand in this file")
    settings = _load(tmp_path, "site: linden\ndatabase: !env URL\n", URL=url)
    assert settings.database_url == url
    assert "s3cret" not in repr(settings)
    _load(tmp_path, "site: linden\ndatabase: postgresql+psycopg://ward@db:5432/ward\n")


@pytest.mark.parametrize(
    "text,line",
    [("site: [\n", 2), ("site: a\nsite: b\n", 2), ("site: !!python/object:os.system x\n", 1), ("- 1\n", 1), ("", 1)],
)
def test_text_that_is_not_a_settings_file_is_refused_with_a_line(tmp_path: Path, text: str, line: int) -> None:
    assert _problems(tmp_path, text)[0].startswith(f"w.yaml:{line}: ")


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.yaml", _PARTS.get, list(_PARTS), {})


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = _load(tmp_path, f"site: linden\ndata: {tmp_path}/file/data\n")
    with pytest.raises(Unreachable, match="file/data cannot be made: Not a directory"):
        settings.make_data()
