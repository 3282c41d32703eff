"""The live feed: one message every tick, only what changed, no vitals, nobody held up."""

import asyncio
import json
import time

import pytest
import websockets

from dashboards.live import BEHIND, Client, Live
from dashboards.live_view import LOOK_ANYWAY
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident
from service_desk.rulebook import RuleRow
from service_desk.tickets.model import Ticket

AIR = "mqtt:zigbee2mqtt/4.12/air"
PUMP_TAG = "ble:iBeacon:117"
OXIMETER = "serial:bed-12/nonin"


@pytest.fixture
def live(hospital):
    """A feed that somebody listens to, after its first look."""
    feed = Live(hospital.context)
    feed.clients.add(Client(0))
    feed.tick()
    return feed


def tick(live):
    return json.loads(live.tick()[1])


def raise_alarm(hospital, priority="high"):
    """An alarm with its incident, as the alarm book writes them."""
    now = hospital.clock.now()
    with hospital.database.write() as session:
        rule = RuleRow(name=f"rule {now.timestamp()}", kind="rule.threshold", config={}, changed=now)
        incident = Incident(key=str(now.timestamp()), title="4.12 is not isolating", priority=priority, opened=now)
        session.add_all([rule, incident])
        session.flush()
        alarm = Alarm(rule_id=rule.id, subject=AIR, title=incident.title, priority=priority, active=True, since=now)
        alarm.acknowledged, alarm.incident_id, alarm.value = False, incident.id, True
        session.add(alarm)
        session.flush()
        session.add(Transition(alarm_id=alarm.id, at=now, what="raised"))
        return alarm.id


def test_a_quiet_tick_is_a_heartbeat(live, hospital):
    hospital.clock.advance(0.5)
    assert tick(live) == {"t": "2026-11-24T06:42:00.500Z", "v": 0}


def test_a_value_is_told_once(live, hospital):
    hospital.measure(AIR, "temperature", 22.4)
    ms = 1795502520000
    message = tick(live)
    assert message["rooms"] == {str(hospital.places["4.12"]): {"temperature": [22.4, ms, "ok"]}}
    assert message["devices"] == {str(hospital.devices[AIR]): {"temperature": [22.4, ms]}}
    worst, state, sentence = message["states"][str(hospital.places["4.12"])]
    assert (worst, state, sentence) == ("", "old", "4.12: its pressure is unknown, it has not been reported yet")
    assert "rooms" not in tick(live)


def test_a_room_out_of_range_is_told_with_its_priority_and_sentence(live, hospital):
    hospital.measure(AIR, "differential_pressure", -0.4)
    message = tick(live)
    room = str(hospital.places["4.12"])
    assert message["rooms"][room]["differential_pressure"][2] == "out"
    worst, state, sentence = message["states"][room]
    assert (worst, state) == ("medium", "out"), "not lost yet"
    assert sentence.startswith("4.12 is −0.4")
    hospital.clock.advance(200)
    hospital.measure(AIR, "differential_pressure", -0.4)
    worst, _, sentence = tick(live)["states"][room]
    assert worst == "high"
    assert sentence.endswith("for 3\u00a0min")


def test_a_fix_is_told_by_asset(live, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.13"], 0.8)
    assert tick(live)["fixes"] == {str(hospital.assets["P-117"]): [hospital.places["4.13"], 0.8, 1795502520000]}
    hospital.clock.advance(10)
    hospital.locate(PUMP_TAG, None, 0.0)
    assert tick(live)["fixes"] == {str(hospital.assets["P-117"]): [None, 0.0, 1795502530000]}


def test_vitals_are_never_told(live, hospital):
    hospital.measure(OXIMETER, "spo2", 97.0)
    hospital.measure(OXIMETER, "battery", 80.0)
    message = tick(live)
    assert message["devices"] == {str(hospital.devices[OXIMETER]): {"battery": [80.0, 1795502520000]}}
    assert "spo2" not in json.dumps(message)


def test_an_unknown_device_disturbs_nobody(live, hospital):
    hospital.measure("mqtt:tasmota/from-nowhere", "temperature", 20.0)
    assert set(tick(live)) == {"t", "v"}


def test_an_alarm_is_told_at_the_next_tick_with_the_counts(live, hospital):
    alarm = raise_alarm(hospital)
    assert tick(live)["alarms"] == {"high": 1, "medium": 0, "low": 0, "changed": [alarm]}
    assert "alarms" not in tick(live)


def test_a_ticket_is_told_when_it_opens_and_when_it_changes(live, hospital):
    now = hospital.clock.now()
    with hospital.database.write() as session:
        ticket = Ticket(number="W-1001", kind="request", title="Help", priority="low", created=now, changed=now)
        session.add(ticket)
        session.flush()
        identity = ticket.id
    assert tick(live)["tickets"] == {"open": 1, "changed": [identity]}
    hospital.clock.advance(1)
    with hospital.database.write() as session:
        ticket = session.get(Ticket, identity)
        ticket.state, ticket.changed = "solved", hospital.clock.now()
    assert tick(live)["tickets"] == {"open": 0, "changed": [identity]}


def test_an_alarm_whose_shelf_ran_out_counts_again_by_itself(live, hospital):
    alarm = raise_alarm(hospital)
    with hospital.database.write() as session:
        session.get(Alarm, alarm).shelved_until = hospital.clock.advance(1)
        session.add(Transition(alarm_id=alarm, at=hospital.clock.now(), what="shelved"))
    hospital.clock.advance(-0.5)
    assert tick(live)["alarms"]["high"] == 0
    hospital.clock.advance(60)
    told = [tick(live).get("alarms", {}).get("high") for _ in range(LOOK_ANYWAY)]
    assert told.count(1) == 1


def test_a_database_that_is_away_does_not_stop_the_heartbeat(live, hospital):
    hospital.measure(AIR, "temperature", 22.4)
    with hospital.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE transition")
    assert "rooms" in tick(live)


def test_a_client_too_slow_is_caught_up_instead_of_queued_for():
    client = Client(0)
    for version in range(1, BEHIND + 5):
        client.put(version, f"message {version}")
    assert client.behind
    assert not client.waiting


def test_catching_up_tells_everything_since_and_the_counts(live, hospital):
    raise_alarm(hospital)
    tick(live)
    hospital.measure(AIR, "temperature", 22.4)
    seen = hospital.latest.version
    hospital.measure(AIR, "humidity", 41.0)
    version, text = live.caught_up(seen)
    message = json.loads(text)
    assert version == hospital.latest.version
    assert set(message["rooms"][str(hospital.places["4.12"])]) == {"humidity"}
    assert message["alarms"] == {"high": 1, "medium": 0, "low": 0, "changed": []}


def test_a_version_of_an_earlier_run_gets_everything(live, hospital):
    hospital.measure(AIR, "temperature", 22.4)
    assert "rooms" in json.loads(live.caught_up(10**9)[1])


# ---------------------------------------------------------------- over the wire


def listen(socket, part, tries=200):
    for _ in range(tries):
        message = socket.receive_json()
        if part in message:
            return message[part]
    raise AssertionError(f"{part} was never told")


def test_a_page_hears_what_happened_since_it_was_rendered(app, hospital, signed_in):
    client = signed_in("biomed")
    rendered = hospital.latest.version
    hospital.measure(AIR, "temperature", 22.4)
    with client, client.websocket_connect(f"/ws/live?since={rendered}") as socket:
        hello = socket.receive_json()
        assert hello["hello"]
        assert str(hospital.places["4.12"]) in hello["rooms"]
        hospital.measure(AIR, "temperature", 22.5)
        assert listen(socket, "rooms")[str(hospital.places["4.12"])]["temperature"][0] == 22.5
        alarm = raise_alarm(hospital)
        assert listen(socket, "alarms")["changed"] == [alarm]
    assert not app.state.live.clients


def test_a_tick_that_fails_is_followed_by_others(app, hospital, signed_in, monkeypatch):
    class Torn:
        @property
        def current(self):
            raise LookupError("a registry torn in two")

    client, feed = signed_in("biomed"), app.state.live
    with client, client.websocket_connect("/ws/live") as socket:
        socket.receive_json()
        with monkeypatch.context() as torn:
            torn.setattr(hospital.context, "snapshots", Torn())
            hospital.measure(AIR, "temperature", 22.4)
            while not feed.ticker.status.failures:
                time.sleep(0.01)
        while feed.ticker.status.state != "running":
            hospital.clock.advance(1)
            time.sleep(0.01)
        hospital.measure(AIR, "temperature", 22.5)
        assert listen(socket, "rooms")[str(hospital.places["4.12"])]["temperature"][0] == 22.5


def test_two_clients_get_the_very_same_text(app, hospital, signed_in):
    client = signed_in("biomed")
    with client, client.websocket_connect("/ws/live") as one, client.websocket_connect("/ws/live") as two:
        one.receive_json(), two.receive_json()
        hospital.measure(AIR, "temperature", 22.5)
        assert listen(one, "rooms") == listen(two, "rooms")


def test_signing_out_ends_the_socket(monkeypatch, hospital, signed_in):
    from starlette.websockets import WebSocketDisconnect

    monkeypatch.setattr("dashboards.live.ADMITTED_AGAIN_S", 0.0)
    client = signed_in("biomed")
    with client, client.websocket_connect("/ws/live") as socket:
        socket.receive_json()
        client.post("/sign-out", data={"csrf": client.csrf})
        with pytest.raises(WebSocketDisconnect) as closed:
            listen(socket, "what is never told")
        assert closed.value.code == 4401


def test_a_client_that_does_not_read_holds_up_nobody_and_is_caught_up(server, app, hospital):
    """Real sockets, one with full buffers: the other hears every message, and the deaf one the newest in the end."""
    secret = hospital.sign_in.api_token(hospital.people["biomed"], "t", (), "t")
    address = server.url.replace("http", "ws") + "/ws/live"
    more = {"additional_headers": {"Authorization": f"Bearer {secret}"}, "max_size": None, "close_timeout": 1}

    def say(number):
        hospital.clock.advance(1)
        hospital.measure(AIR, "action", f"{number} " + "x" * 300_000)

    async def hear(socket, number):
        """Read on until the value with this number comes."""
        room = str(hospital.places["4.12"])
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            if message.get("rooms", {}).get(room, {}).get("action", [""])[0].startswith(f"{number} "):
                return

    async def watch():
        async with (
            websockets.connect(address, max_queue=1, **more) as deaf,
            websockets.connect(address, **more) as quick,
        ):
            number = 0
            while not any(client.behind for client in app.state.live.clients):
                number += 1
                say(number)
                await hear(quick, number)
                assert number < 200, "the buffers never filled"
            await hear(deaf, number)

    asyncio.run(watch())
