"""The command line: what it prints, and its exit codes 0 ok, 1 failed, 2 bad usage or configuration."""

import json
import subprocess
import sys

import pytest

from wardkeeper.cli import application


def run(*words, stdin=""):
    command = [sys.executable, "-m", "wardkeeper.cli", *map(str, words)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(f"site: test\ndata: {tmp_path}/data\nlinks:\n  ward: {{kind: mqtt, host: 127.0.0.1}}\n")
    return path


def commands(typer_app, before=()):
    for group in typer_app.registered_groups:
        yield from commands(group.typer_instance, (*before, group.name))
    for command in typer_app.registered_commands:
        yield (*before, command.name or command.callback.__name__), command


@pytest.mark.parametrize(
    "words,command",
    list(commands(application())),
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_every_command_has_a_help_with_an_example(words, command):
    assert command.epilog.startswith("Example: ")
    assert f"wardkeeper {' '.join(words)}" in command.epilog


def test_check_says_what_is_good_and_what_is_wrong(config):
    done = run("check", "--config", config)
    assert (done.returncode, done.stdout.split(".")[0]) == (0, f"{config.parent}/w")
    config.write_text("site: test\nstore: {kind: store.duckbd}\n")
    done = run("check", "--config", config)
    assert (done.returncode, done.stderr) == (
        2,
        f"{config}:2: store.kind: there is no 'store.duckbd'; did you mean store.duckdb?\n",
    )


def test_check_names_every_mistake_of_a_file_of_rules_and_why_a_vital_is_never_judged(config, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - name: Fridges\n    metric: probe_temperature\n    above: 8\n")
    done = run("check", "--rules", rules, "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == f"{rules}: good. Rules: Fridges."
    rules.write_text(
        "rules:\n  - name: Saturation\n    metric: spo2\n    below: 90\n"
        "  - name: Fridges\n    metric: humidity\n    abov: 8\n"
    )
    config.write_text("sites: test\n")
    done = run("check", "--rules", rules, "--config", config)
    assert (done.returncode, done.stdout) == (2, "")
    said = done.stderr.splitlines()
    assert (
        f"{rules}:3: rules[0].metric: spo2 is a vital and never judged: Wardkeeper is not a patient monitor. "
        in done.stderr
    )
    assert f"{rules}:7: rules[1].abov: there is no such field; did you mean above?" in said
    assert f"{config}:1: sites: unknown; did you mean site?" in said
    assert run("check", "--rules", tmp_path / "none.yaml").stderr.startswith(f"{tmp_path}/none.yaml: cannot be read")
    assert run("check").returncode == 2


def test_check_knows_the_settings_of_dialects(config):
    link = "site: test\nlinks:\n  ward:\n    kind: mqtt\n    dialects:\n"
    config.write_text(f"{link}      - kind: mqtt.tasmota\n        timezone: Europe/Berlin\n        colour: red\n")
    done = run("check", "--config", config)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{config}:8: links.ward.dialects[0].colour: unknown")


def test_check_knows_ports_and_the_settings_of_their_protocols(config):
    config.write_text(
        "site: test\nlinks:\n  bed-12:\n    kind: serial\n    ports:\n"
        "      masimo: {protocol: serial.masimo_ascii1, address: 'usb:0403:6001', settings: {timezone: Europe/Rom}}\n"
        "      nonin: {protocol: mqtt.tasmota, address: /dev/ttyUSB0}\n"
        "      second: {protocol: serial.nonin_df2, address: COM3, parity: X}\n"
        "      third:\n        protocol: serial.nonin_df2\n        address: /dev/ttyUSB1\n        bauds: 9600\n"
        "      /: {protocol: serial.nonin_df2, address: /dev/ttyUSB2}\n"
    )
    where = f"{config}:{{}}: links.bed-12.ports."
    done = run("check", "--config", config)
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[0] == where.format(6) + (
        "masimo.settings.timezone: 'Europe/Rom' is not a time zone such as Europe/Vienna"
    )
    assert said[1].startswith(where.format(7) + "nonin.protocol: is no serial protocol; there are serial.")
    assert said[2].startswith(where.format(8) + "second.address: should be /dev/…")
    assert said[3].startswith(where.format(8) + "second.parity: ")
    assert said[4].startswith(where.format(12) + "third.bauds: unknown")
    assert said[5].startswith(where.format(13))
    assert len(said) == 6


def test_check_finds_two_ports_with_one_address_or_one_name(config):
    port = "{protocol: serial.nonin_df2, address: /dev/ttyUSB0}"
    head = "site: test\nlinks:\n  bed-12:\n    kind: serial\n    ports:\n"
    config.write_text(f"{head}      first: {port}\n      second: {port}\n")
    done = run("check", "--config", config)
    assert done.stderr == f"{config}:7: links.bed-12.ports.second.address: is the address of first already\n"
    config.write_text(f"{head}      first: {port}\n      first: {port}\n")
    assert run("check", "--config", config).stderr.startswith(f"{config}:7: links.bed-12.ports.first: given twice")


def test_check_finds_that_forwarding_would_throw_a_link_out_or_go_round_for_ever(config):
    config.write_text(
        "site: test\nlinks:\n"
        "  ward: {kind: mqtt, host: broker, client_id: edge, dialects: [{kind: mqtt.tasmota}]}\n"
        "  other: {kind: mqtt, host: broker, dialects: [{kind: mqtt.wardkeeper}]}\n"
        "forward:\n  host: Broker\n  client_id: edge\n"
    )
    assert run("check", "--config", config).stderr.splitlines() == [
        f"{config}:4: links.other: hears at this broker what forward says there: it would go round for ever",
        f"{config}:7: forward.client_id: is that of links.ward.client_id already: broker:1883 edge",
    ]


def test_check_finds_two_links_that_want_one_port_or_one_session_of_a_broker(config):
    port = "{protocol: serial.nonin_df2, address: %s}"
    config.write_text(
        "site: test\nlinks:\n"
        f"  bed-1: {{kind: serial, ports: {{nonin: {port % '/dev/ttyUSB0'}}}}}\n"
        f"  bed-2:\n    kind: serial\n    ports:\n      same: {port % '/dev/ttyUSB0'}\n"
        f"      own: {port % '/dev/ttyUSB1'}\n"
        "  ward: {kind: mqtt, host: broker}\n"
        "  wing:\n    kind: mqtt\n    host: Broker\n    client_id: wardkeeper-ward\n"
        "  tower: {kind: mqtt, host: broker, port: 1884, client_id: wardkeeper-ward}\n"
    )
    done = run("check", "--config", config)
    where, taken = f"{config}:{{}}: links.", "is that of links.{} already: {}"
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            where.format(7) + "bed-2.ports.same.address: " + taken.format("bed-1.ports.nonin.address", "/dev/ttyusb0"),
            where.format(13) + "wing.client_id: " + taken.format("ward.client_id", "broker:1883 wardkeeper-ward"),
        ],
    )


def test_kinds_lists_every_part_on_one_line():
    lines = run("kinds").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == sorted(names)
    assert {
        "mqtt.zigbee2mqtt",
        "mqtt.tasmota",
        "mqtt.espresense",
        "store.duckdb",
        "store.memory",
        "rule.threshold",
        "sink.desk",
    } <= set(names)
    assert all(line.endswith(("  proven", "  unproven")) for line in lines)


def test_decode_gives_one_json_reading_a_line_and_goes_on_after_a_bad_frame():
    lines = [
        '{"topic":"zigbee2mqtt/OR-2/air","payload":{"temperature":21.5}}',
        "{nonsense",
        '{"topic":"zigbee2mqtt/b","payload":{"humidity":40}}',
    ]
    done = run("decode", "mqtt", stdin="\n".join(lines))
    assert done.returncode == 1
    assert [json.loads(line)["value"] for line in done.stdout.splitlines()] == [21.5, 40]
    first = json.loads(done.stdout.splitlines()[0])
    assert first == {
        "device": "mqtt:zigbee2mqtt/OR-2/air",
        "metric": "temperature",
        "value": 21.5,
        "unit": "Cel",
        "quality": "GOOD",
        "at": None,
    }
    assert done.stderr.startswith("line 2, byte ")


def test_decode_takes_the_bytes_of_a_serial_port_and_a_capture_as_it_is(tmp_path):
    line = (
        "11/24/26 07:41:00 SN=0000012345 SPO2=098% BPM=097 PI=03.60% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+--"
        " ALARM=0000 EXC=000800\r\n"
    )
    capture = tmp_path / "capture"
    capture.write_text(f"\x1b[2JSPO2=?\r\n{line}")
    done = run("decode", "serial.masimo_ascii1", capture, "--as", "ansi", "--device", "bench")
    assert done.returncode == 1
    assert done.stderr.startswith("byte 0: The line is not as ASCII 1 has it")
    first = json.loads(done.stdout.splitlines()[0])
    assert (first["device"], first["metric"], first["at"]) == ("bench", "pulse_rate", None)
    done = run("decode", "serial.masimo_ascii1", stdin=line)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 6
    assert run("decode", "serial.masimo_ascii1", tmp_path / "none").returncode == 2
    assert run("decode", "mqtt", "--as", "hex", stdin="").returncode == 2


def test_decode_of_an_unknown_kind_is_bad_usage():
    done = run("decode", "mqtt.zigbee")
    assert done.returncode == 2
    assert "mqtt.zigbee2mqtt" in done.stderr


def test_an_import_keeps_the_good_rows_and_names_the_bad_ones(config, tmp_path):
    rows = tmp_path / "places.csv"
    run("export", "places", "--config", config)
    header = run("export", "places", "--config", config).stdout
    rows.write_text(header + "nonsense\n")
    done = run("import", "places", rows, "--config", config)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{rows}:2: ")
    assert done.stdout == "0 kept, 1 refused.\n"


def test_a_floor_that_is_not_there_takes_no_outlines(config, tmp_path):
    plan = tmp_path / "level-4.geojson"
    plan.write_text('{"type": "FeatureCollection", "features": []}')
    done = run("import", "places", plan, "--floor", "4", "--config", config)
    assert (done.returncode, "there is no floor 4" in done.stderr) == (1, True)


def test_an_import_of_assets_says_how_it_is_undone(config, tmp_path):
    rows = tmp_path / "pumps.csv"
    rows.write_text("number,category\nP-1,pump\nP-2,pump\n")
    done = run("import", "assets", rows, "--config", config)
    assert done.stdout == "2 kept, 0 refused. To undo it: wardkeeper undo 1\n"
    assert run("undo", "1", "--config", config).stdout == "2 as before, 0 left as they are.\n"
    assert run("export", "assets", "--config", config).stdout.count("\n") == 1


def test_people_and_tokens(config, tmp_path):
    secret = tmp_path / "pw"
    secret.write_text("long enough, really\n")
    assert (
        run("user", "add", "okafor", "--role", "biomed", "--password-file", secret, "--config", config).returncode == 0
    )
    assert run("user", "list", "--config", config).stdout == "okafor\tokafor\tbiomed\tactive\n"
    assert "/enter/" in run("user", "link", "okafor", "--config", config).stdout
    assert len(run("token", "create", "okafor", "grafana", "--config", config).stdout.strip()) > 30
    assert run("token", "list", "--config", config).stdout == "2\tokafor\tgrafana\tno end\n"
    assert run("token", "revoke", "2", "--config", config).stdout == "Token 2 is revoked.\n"
    refused = run("token", "create", "okafor", "x", "--role", "admin", "--config", config)
    assert (refused.returncode, refused.stderr) == (1, "okafor does not have the role admin\n")
    nobody = run("user", "disable", "nobody", "--config", config)
    assert nobody.returncode == 2


def test_a_rule_on_a_vital_is_refused_with_the_reason(config, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - name: No\n    metric: spo2\n    below: 90\n    priority: high\n    title: x\n")
    done = run("import", "rules", rules, "--config", config)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{rules}:3: rules[0].metric: spo2 is a vital and never judged")


def test_a_taken_port_is_named_with_what_to_do(config, free_port):
    import socket

    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = run("demo", "--port", port)
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in done.stderr
    assert f"--port {port + 1}" in done.stderr


def test_bad_usage_is_exit_2():
    assert run("nonsense").returncode == 2
    assert run("serve").returncode == 2


def test_what_few_use_is_not_loaded_at_every_start():
    loaded = "import sys, wardkeeper.wiring, wardkeeper.database; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert {"alembic", "biip", "openpyxl", "pandas"} & set(done.stdout.split()) == set()
