"""What the demo command is given: a registry, rules, and a link that understands the hospital."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from asset_registry.db import Database
from asset_registry.places import Place
from collector.clock import SystemClock
from drivers.dialects import open_dialects
from drivers.links.mqtt import Config
from service_desk.rulebook import RuleRow, load
from wardkeeper.demo.hospital import SITE_SETTINGS, DemoHospital
from wardkeeper.demo.world import SERIAL_LINK
from wardkeeper.settings import Settings


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


def test_prepare_writes_hospital_and_rules_once(database, tmp_path):
    hospital = DemoHospital(tmp_path, SystemClock())
    assert hospital.prepare(database)
    with database.write() as session:
        _, refused = load(session)
        assert refused == {}
        session.scalars(select(RuleRow)).first().enabled = False
    assert not hospital.prepare(database)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(RuleRow).where(~RuleRow.enabled)) == 1
        assert session.scalar(select(func.count()).select_from(Place).where(Place.kind == "site")) == 1


def test_the_link_understands_the_hospital(tmp_path):
    hospital = DemoHospital(tmp_path, SystemClock())
    given = hospital.link_config(1883)
    assert given.pop("kind") == "mqtt"
    config = Config.model_validate(given)
    assert len(open_dialects(config.dialects)) == 3
    assert config.max_payload > 200_000  # the bridge's list of devices is one message


def test_settings_accept_the_site_and_both_links(tmp_path):
    hospital = DemoHospital(tmp_path, SystemClock())
    links = {"hospital": hospital.link_config(1883), SERIAL_LINK: hospital.serial_config()}
    settings = Settings.model_validate({**SITE_SETTINGS, "data": tmp_path, "links": links})
    assert settings.zone.utcoffset(SystemClock().now()) in (timedelta(hours=1), timedelta(hours=2))
