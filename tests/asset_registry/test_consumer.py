from sqlalchemy import delete, func, select

from asset_registry.bindings import Device
from asset_registry.consumer import RegistryConsumer
from collector.reading import Announcement, Reading, Sighting


def consumer(hospital, **limits):
    return RegistryConsumer(hospital.database, "linden", hospital.clock, **limits)


def reading(hospital, device, gateway=""):
    return Reading(device, "temperature", 21.0, hospital.now(), hospital.now(), gateway)


def devices(hospital):
    with hospital.database.read() as session:
        return {device.native_id: device for device in session.scalars(select(Device))}


def test_every_device_that_is_heard_gets_a_row(hospital):
    registry = consumer(hospital)
    registry.consume(
        [
            reading(hospital, "mqtt:air"),
            reading(hospital, "ble:sensor", gateway="mqtt:espresense/4-07"),
            Sighting("ble:17", "mqtt:espresense/4-12", -60.0, hospital.now()),
            Announcement("mqtt:plug", {"name": "Plug", "model": "S"}, hospital.now()),
        ],
        4,
    )
    assert set(devices(hospital)) == {
        "mqtt:air",
        "ble:sensor",
        "mqtt:espresense/4-07",
        "ble:17",
        "mqtt:espresense/4-12",
        "mqtt:plug",
    }
    assert devices(hospital)["mqtt:plug"].model == "S"
    assert {device.native_id for device in hospital.snapshot().unclaimed} == set(devices(hospital))


def test_wardkeepers_own_parts_are_no_devices(hospital):
    registry = consumer(hospital)
    registry.consume([reading(hospital, "link:mqtt"), reading(hospital, "ble:17", gateway="wardkeeper")], 1)
    assert set(devices(hospital)) == {"ble:17"}


def test_an_announcement_updates_facts_and_merges_with_earlier_ones(hospital):
    registry = consumer(hospital)
    registry.consume([Announcement("mqtt:plug", {"name": "Plug", "firmware": "1"}, hospital.now())], 1)
    registry.consume([Announcement("mqtt:plug", {"firmware": "2"}, hospital.now())], 2)
    assert (devices(hospital)["mqtt:plug"].name, devices(hospital)["mqtt:plug"].firmware) == ("Plug", "2")
    again = consumer(hospital)
    again.consume([Announcement("mqtt:plug", {"model": "S"}, hospital.now())], 3)
    assert devices(hospital)["mqtt:plug"].firmware == "2"


def test_what_an_undo_took_out_comes_in_again_when_it_is_heard(hospital):
    registry = consumer(hospital)
    registry.consume([reading(hospital, "mqtt:air")], 1)
    with hospital.database.write() as session:
        session.execute(delete(Device))
    hospital.clock.advance(60)
    registry.consume([reading(hospital, "mqtt:air")], 2)
    assert set(devices(hospital)) == {"mqtt:air"}


def test_a_flood_of_made_up_names_is_put_off_and_counted(hospital):
    registry = consumer(hospital, most_new=100)
    registry.consume([reading(hospital, f"mqtt:{number}") for number in range(250)], 1)
    assert (len(devices(hospital)), registry.made, registry.put_off) == (100, 100, 150)
    hospital.clock.advance(60)
    registry.consume([reading(hospital, f"mqtt:{number}") for number in range(150)], 2)
    assert len(devices(hospital)) == 150, "those put off came in with their next reading"
    registry.consume([reading(hospital, "x" * 60_000), reading(hospital, "")], 3)
    assert len(devices(hospital)) == 150


def test_there_is_an_end_to_how_many(hospital):
    registry = consumer(hospital, most=5)
    registry.consume([reading(hospital, f"mqtt:{number}") for number in range(9)], 1)
    hospital.clock.advance(60)
    registry.consume([reading(hospital, f"mqtt:{number}") for number in range(9)], 2)
    assert (len(devices(hospital)), registry.put_off) == (5, 8)


def test_the_cursor_survives_and_repeating_makes_nothing_twice(hospital):
    registry = consumer(hospital)
    registry.consume([reading(hospital, "mqtt:air")], 7)
    registry.consume([reading(hospital, "mqtt:air")], 8)
    assert registry.position() == 8
    restarted = consumer(hospital)
    assert restarted.position() == 7, "a batch that changed nothing is not worth a write"
    restarted.consume([reading(hospital, "mqtt:air")], 8)
    hospital.clock.advance(5)
    restarted.consume([], 9)
    assert consumer(hospital).position() == 9
    with hospital.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 1
