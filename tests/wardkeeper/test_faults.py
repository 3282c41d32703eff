"""What goes wrong under a real `wardkeeper serve`: it says so, waits, goes on by itself; nothing is lost or doubled.

The other side is a process of its own and a real mosquitto; where it is killed, it is killed at a random moment.
"""

import json
import random
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from tests.wardkeeper.conftest import until

AIR, FRIDGE = "zigbee2mqtt/OR-2/air", "zigbee2mqtt/fridge"
RULES = """
rules:
  - name: Fridge
    metric: temperature
    above: 8.0
    for: 0 s
    scope: {devices: ["mqtt:zigbee2mqtt/fridge"]}
    priority: high
    title: "The fridge is at {value}"
"""


elsewhere = pytest.mark.dialects("sqlite")
"""What goes wrong has nothing to do with the database: one of the two is enough."""


@pytest.fixture
def house(server_of, publisher, tmp_path):
    """A server that watches a fridge, not started yet."""
    server = server_of(publisher.port)
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    server.command("import", "rules", rules)
    return server


def stored(server):
    """What came of the numbers that were published, in order."""
    found = server.all("/api/v1/readings?device=mqtt%3Azigbee2mqtt%2FOR-2%2Fair&metric=temperature&limit=1000")
    return sorted(round(one["value"] * 100) for one in found)


def tickets(server):
    return server.get("/api/v1/tickets")["items"]


def ready(server):
    """What /readyz says, also when it says no."""
    try:
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as no:
        return json.load(no)


def publish(publisher, numbers):
    return [publisher(AIR, {"temperature": number / 100}) for number in numbers]


@contextmanager
def no_room(process):
    """The kernel lets no file of the process grow any more."""
    kept = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, kept)


@elsewhere
def test_a_full_disk_stops_the_acknowledgements_and_is_over_when_there_is_room(house, publisher):
    house.start()
    publish(publisher, [0])[-1].wait_for_publish(10)
    until(lambda: stored(house) == [0], 20)
    with no_room(house.process):
        publish(publisher, range(1, 301))
        publisher(FRIDGE, {"temperature": 9.5})
        until(lambda: "spool" in ready(house)["troubles"], 20)
        assert stored(house) == [0]
    until(lambda: tickets(house) and ready(house)["ready"], 60)
    until(lambda: stored(house) == list(range(301)), 20)
    assert len(tickets(house)) == 1
    assert not [line for line in house.said if line.startswith("Traceback")]


@pytest.mark.long_on("postgresql")
def test_a_stop_under_load_is_orderly(house, publisher):
    house.start()
    publish(publisher, range(3000))
    until(lambda: stored(house), 20)
    house.process.send_signal(signal.SIGTERM)
    assert house.process.wait(30) == 0
    house.start()
    until(lambda: stored(house) == list(range(3000)), 60)


@elsewhere
def test_the_broker_restarts_under_load_and_the_server_is_away_for_a_while(house, publisher):
    house.start()
    publish(publisher, range(1000))[-1].wait_for_publish(30)  # what the broker took and could not say, it is told twice
    publisher.broker.restart()
    until(publisher.connected, 20)
    publish(publisher, range(1000, 2000))[-1].wait_for_publish(30)
    house.kill()
    publish(publisher, range(2000, 3000))[-1].wait_for_publish(30)
    publisher(FRIDGE, {"temperature": 9.5}).wait_for_publish(30)
    house.start()
    until(lambda: stored(house) == list(range(3000)), 90)
    until(lambda: len(tickets(house)) == 1, 10)


def killed_again_and_again(house, publisher, rounds):
    """Killed somewhere between the wire and the ticket, each time while an alarm is on its way."""
    chance, sent = random.Random(rounds), 0
    for round_ in range(rounds):
        house.start()
        publish(publisher, range(sent, sent + 200))
        sent += 200
        publisher(FRIDGE, {"temperature": 9.0 + round_ / 10}).wait_for_publish(30)
        time.sleep(chance.uniform(0, 0.6))  # there is no event to wait for: any moment may be the one that hurts
        house.kill()
    house.start()
    until(lambda: stored(house) == list(range(sent)), 90)
    until(lambda: [one["priority"] for one in tickets(house)] == ["high"], 15)
    assert len(house.get("/api/v1/alarms")["items"]) == 1
    [ticket] = tickets(house)
    turns = house.get(f"/api/v1/tickets/{ticket['id']}")["comments"]
    assert [turn["did"] for turn in turns].count("opened this ticket") == 1


@pytest.mark.long_on("postgresql")
def test_killed_three_times_on_the_way_to_the_ticket_there_is_one_ticket(house, publisher):
    killed_again_and_again(house, publisher, 3)


@pytest.mark.long
def test_killed_twenty_times_on_the_way_to_the_ticket_there_is_one_ticket(house, publisher):
    killed_again_and_again(house, publisher, 20)


# ---------------------------------------------------------------- what is damaged, held or closed at the start


def refusal(server, config=None):
    """What `serve` says when it gives up, with exit code 1 and no traceback."""
    command = [sys.executable, "-m", "wardkeeper.cli", "serve", "--config", str(config or server.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr


@elsewhere
def test_a_damaged_store_is_named_with_what_to_do(house):
    store = house.config.parent / "data" / "store"
    store.mkdir(parents=True)
    (store / "points.duckdb").write_bytes(random.Random(1).randbytes(20_000))
    assert "move it away" in refusal(house)


@pytest.mark.dialects("sqlite")
def test_a_damaged_database_is_named_with_what_to_do(house):
    database = house.config.parent / "database-0.db"
    whole = database.read_bytes()
    database.write_bytes(b"\xff" * 100 + whole[100:])
    said = refusal(house)
    assert "file is not a database" in said
    assert "restored from a backup" in said


@elsewhere
def test_a_changed_byte_in_the_spool_costs_one_record_and_no_start(house, publisher):
    house.start()
    publish(publisher, range(500))[-1].wait_for_publish(30)
    until(lambda: len(stored(house)) == 500, 30)
    house.kill()
    segment = max((house.config.parent / "data" / "spool").glob("*.spool"))
    damaged = bytearray(segment.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    segment.write_bytes(bytes(damaged))
    house.start()
    publish(publisher, [500])
    until(lambda: stored(house) == list(range(501)), 30)


@elsewhere
def test_a_second_process_on_the_same_data_refuses(house):
    house.start()
    port = house.url.rsplit(":", 1)[1]
    other = house.config.with_name("other.yaml")
    other.write_text(house.config.read_text().replace(port, "0"))
    assert "another Wardkeeper is using it" in refusal(house, other)
    assert ready(house)["ready"]


# ---------------------------------------------------------------- a database of another machine


@pytest.fixture
def house_afar(server_of, publisher, tmp_path, postgres_of_ones_own):
    """As `house`, running, with its database in a PostgreSQL that can be stopped."""
    server = server_of(publisher.port, postgres_of_ones_own.make())
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    server.command("import", "rules", rules)
    return server.start()


@pytest.mark.dialects("postgresql")
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_postgresql_that_is_away_is_waited_for(house_afar, publisher, postgres_of_ones_own, how):
    house, postgres = house_afar, postgres_of_ones_own
    publish(publisher, range(100))[-1].wait_for_publish(10)
    until(lambda: stored(house) == list(range(100)), 20)
    postgres.stop(how)
    publish(publisher, range(100, 300))
    publisher(FRIDGE, {"temperature": 9.5}).wait_for_publish(10)  # acknowledged: it is in the spool
    until(lambda: ready(house)["troubles"].get("database") == "does not answer", 20)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        tickets(house)
    postgres.start()
    until(lambda: ready(house)["ready"], 30)
    until(lambda: len(tickets(house)) == 1, 15)
    until(lambda: stored(house) == list(range(300)), 20)
    assert len(house.get("/api/v1/alarms")["items"]) == 1
    assert not [line for line in house.said if line.startswith("Traceback")]


@pytest.mark.dialects("postgresql")
def test_a_postgresql_that_restarts_under_load_costs_nothing(house_afar, publisher, postgres_of_ones_own):
    for round_ in range(3):
        publish(publisher, range(round_ * 500, round_ * 500 + 500))
        publisher(FRIDGE, {"temperature": 9.0 + round_}).wait_for_publish(30)
        postgres_of_ones_own.stop("immediate")
        postgres_of_ones_own.start()
    until(lambda: ready(house_afar)["ready"] and stored(house_afar) == list(range(1500)), 60)
    until(lambda: len(tickets(house_afar)) == 1, 15)
    assert len(house_afar.get("/api/v1/alarms")["items"]) == 1
