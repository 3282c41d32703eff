"""What is right and still a mistake."""

import pytest

MQTT = "links:\n  ward: {kind: mqtt}\n"


def test_settings_that_are_good(patient):
    patient.write(MQTT)
    assert patient.names("settings") == []


def test_settings_without_a_link(patient):
    assert patient.names("settings") == ["settings.no-links"]


@pytest.mark.parametrize(
    "web,names",
    [
        ("{host: 0.0.0.0}", ["settings.no-tls"]),
        ("{host: 10.1.2.3}", ["settings.no-tls"]),
        ("{host: 0.0.0.0, https: true}", []),
        ('{host: "::1"}', []),
        ("{host: localhost}", []),
    ],
)
def test_screens_that_are_open_to_the_network(patient, web, names):
    patient.write(f"{MQTT}web: {web}\n")
    assert patient.names("settings") == names
