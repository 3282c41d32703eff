"""A real mosquitto, as it comes and as it should be: what the doctor finds, and that it leaves nothing behind."""

import json
from pathlib import Path

import pytest

from drivers.links.broker import EmbeddedBroker


def link(port, **more):
    lines = "".join(f", {name}: {value}" for name, value in more.items())
    return f"links:\n  ward: {{kind: mqtt, port: {port}{lines}}}\n"


AS_IT_COMES = ("max_inflight_messages 20", "max_queued_messages 1000")


def test_a_broker_as_it_comes_lets_little_through_and_keeps_little(patient, mosquitto):
    patient.write(link(mosquitto(*AS_IT_COMES).port))
    welcome, few, kept = patient.findings("mqtt")
    assert (welcome.state, "lets us in and listen to all 43 topics" in welcome.what) == ("well", True)
    assert (few.name, few.what) == ("mqtt.max_inflight_messages", "Only 20 messages may be on the way at once")
    assert "max_inflight_messages 1000" in few.do
    assert kept.name == "mqtt.max_queued_messages"
    assert kept.what == "It kept 1,000 of 1,500 messages for a session that was away"


def test_a_broker_as_it_should_be_is_well(patient, mosquitto):
    patient.write(link(mosquitto().port))
    assert [(state, what) for state, _, _, what in patient.says("mqtt")][1:] == [
        ("well", "At least 1,000 messages may be on the way at once"),
        ("well", "At least 1,500 messages are kept for a session that is away"),
    ]


def test_the_running_link_is_not_disturbed_and_nothing_is_left_behind(patient, mosquitto, tmp_path):
    """Only what the broker says counts: it logs who comes, goes, and what it keeps."""
    broker = mosquitto("log_type all", persistent=True)
    patient.write(link(broker.port))
    patient.findings("mqtt")
    visitors = {line.split(" as ")[1].split()[0] for line in broker.log.splitlines() if " as wardkeeper" in line}
    assert visitors
    assert all(name.startswith("wardkeeper-doctor-") for name in visitors)
    sent = [line for line in broker.log.splitlines() if "Received PUBLISH from" in line]
    assert len(sent) == 1000 + 1 + 1500
    assert all("q1, r0" in line and "'wardkeeper/wardkeeper-ward/doctor/" in line for line in sent)
    broker.restart()  # what it would still keep is in its file now
    for name in visitors:
        assert name.encode() not in (broker.folder / "mosquitto.db").read_bytes()


def test_a_broker_that_threw_messages_away_is_told_of(patient, mosquitto):
    broker = mosquitto("max_queued_messages 1000", "sys_interval 1")
    patient.write(link(broker.port))
    patient.findings("mqtt")  # it tries out how much is kept: more than that
    for _ in range(10):  # it says so every second, and is listened to for half a one
        dropped = patient.findings("mqtt", gentle=True)[1]
        if dropped.name:
            break
    assert (dropped.name, dropped.what) == ("mqtt.dropped", "It has thrown away 500 messages since its start")


def test_gentle_sends_nothing(patient, mosquitto):
    broker = mosquitto("log_type all")
    patient.write(link(broker.port))
    assert [each.state for each in patient.findings("mqtt", gentle=True)] == ["well", "unseen"]
    assert "Received PUBLISH" not in broker.log


def test_a_link_that_would_hear_the_trial_is_spared_it(patient, mosquitto):
    broker = mosquitto("log_type all")
    patient.write(link(broker.port, topics='["#"]'))
    assert patient.says("mqtt")[1][3].endswith("the running link listens to # and would hear it")
    assert "Received PUBLISH" not in broker.log


def test_nobody_there(patient, free_port):
    patient.write(link(free_port()))
    [finding] = patient.findings("mqtt")
    assert (finding.name, "Nobody listens there" in finding.what) == ("mqtt.no-broker", True)


def test_a_name_that_does_not_exist(patient):
    patient.write(link(1883, host="broker.invalid"))
    assert patient.names("mqtt") == ["mqtt.no-broker"]


def test_a_wrong_password_is_told_from_no_broker(patient, mosquitto, tmp_path):
    (tmp_path / "pw").write_text("wrong\n")
    patient.write(link(mosquitto(users={"ward": "right"}).port, username="ward", password=f"!file {tmp_path}/pw"))
    [finding] = patient.findings("mqtt")
    assert finding.name == "mqtt.refused"
    assert "Not authorized" in finding.what


def test_an_authority_that_nobody_named(patient, mosquitto):
    patient.write(link(mosquitto(tls=True).port, host="localhost", tls="{}"))
    [finding] = patient.findings("mqtt")
    assert finding.name == "mqtt.tls"
    assert "certificate is not trusted" in finding.what


def test_tls_to_a_port_without_it(patient, mosquitto):
    patient.write(link(mosquitto().port, tls="{}"))
    assert patient.names("mqtt") == ["mqtt.tls"]


def test_no_tls_to_a_port_with_it(patient, mosquitto):
    patient.write(link(mosquitto(tls=True).port))
    [finding] = patient.findings("mqtt")
    assert (finding.name, "does it want TLS?" in finding.what) == ("mqtt.no-broker", True)


def test_tls_files_that_are_not_there(patient, tmp_path):
    patient.write(link(8883, tls=f"{{ca: {tmp_path}/nowhere.pem}}"))
    assert patient.names("mqtt") == ["mqtt.tls"]


def test_tls_as_it_should_be(patient, mosquitto):
    broker = mosquitto(tls=True)
    patient.write(link(broker.port, host="localhost", tls=f"{{ca: {broker.ca}}}"))
    assert patient.names("mqtt") == []


def test_an_access_list_that_lets_nothing_of_the_trial_through_is_no_trouble(patient, mosquitto, tmp_path):
    (tmp_path / "acl").write_text("topic read zigbee2mqtt/#\n")
    patient.write(link(mosquitto(f"acl_file {tmp_path}/acl").port))
    state, name, where, what = patient.says("mqtt")[1]
    assert (state, name, where) == ("unseen", "", "ward")
    assert "hands nothing on below wardkeeper/wardkeeper-ward/doctor/#" in what


def only(*topics):
    """An access list, as mosquitto's own plugin keeps it, that lets everybody listen to these."""
    allowed = [{"acltype": "subscribePattern", "topic": topic, "allow": True} for topic in topics]
    return {
        "defaultACLAccess": {"publishClientSend": True, "publishClientReceive": True, "subscribe": False},
        "roles": [{"rolename": "listener", "acls": allowed}],
        "groups": [{"groupname": "everybody", "roles": [{"rolename": "listener"}]}],
        "anonymousGroup": "everybody",
        "clients": [],
    }


def test_topics_that_the_broker_refuses_are_named(patient, mosquitto, tmp_path):
    plugins = [*Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"), *Path("/usr/lib").glob("mosquitto_dyn*.so")]
    if not plugins:
        pytest.skip("this mosquitto comes without its dynamic security plugin")
    access = tmp_path / "access.json"
    access.write_text(json.dumps(only("tele/+/#", "stat/+/#", "wardkeeper/#")))
    broker = mosquitto(f"plugin {plugins[0]}", f"plugin_opt_config_file {access}")
    patient.write(link(broker.port, dialects="[{kind: mqtt.zigbee2mqtt}]", topics='["tele/+/#"]'))
    [finding] = [each for each in patient.findings("mqtt") if each.state == "trouble"]
    assert finding.name == "mqtt.filters"
    assert finding.what.endswith("refuses zigbee2mqtt/#")


def test_a_password_that_would_go_over_the_network_in_plain_text(patient, tmp_path):
    (tmp_path / "pw").write_text("sesame\n")
    who = {"username": "ward", "password": f"!file {tmp_path}/pw"}
    patient.write(link(1883, host="broker.invalid", **who))
    assert patient.names("mqtt") == ["mqtt.plain", "mqtt.no-broker"]
    patient.write(link(1883, host="broker.invalid", tls="{}", **who))
    assert patient.names("mqtt") == ["mqtt.no-broker"]


@pytest.fixture
def embedded(tmp_path):
    broker = EmbeddedBroker(0, tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def test_a_broker_that_forgets_sessions(patient, embedded):
    patient.write(link(embedded.port))
    assert "mqtt.session" in patient.names("mqtt")
